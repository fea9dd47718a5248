internal import VolleyGraph
internal import VolleyTensors

/// One step of a schedule. It makes the value of one node; what lies between the first and the last of its nodes never leaves
/// the cache.
enum Stage: Sendable {
    /// An operator as it is.
    case operation(NodeID)
    /// A layer of neurons of its own.
    case neurons(NodeID, SiteNeurons)
    case layer(LayerStage)
    case convolution(ConvolutionStage)
    case attention(AttentionStage)

    /// How a stage reads a value.
    enum Reading: Sendable {
        /// As numbers.
        case values
        /// As the spikes of the neurons that make it.
        case spikes
        /// As spikes, and the stage counts where they are.
        case countedSpikes
    }

    /// The nodes that it computes, and no other stage does; ascending.
    var nodes: [NodeID] {
        switch self {
        case .operation(let id), .neurons(let id, _): [id]
        case .layer(let layer): layer.nodes
        case .convolution(let convolution): convolution.nodes
        case .attention(let attention): attention.nodes
        }
    }

    /// The node whose value it makes: of its nodes the only one that others may read.
    var output: NodeID {
        switch self {
        case .operation(let id), .neurons(let id, _): id
        case .layer(let layer): layer.output
        case .convolution(let convolution): convolution.output
        case .attention(let attention): attention.output
        }
    }

    /// The values that it reads, once per reading.
    func readings(_ graph: Graph) -> [(value: NodeID, as: Reading)] {
        switch self {
        case .operation(let id), .neurons(let id, _): graph[id].inputs.map { ($0, .values) }
        case .layer(let layer):
            [(layer.input, layer.kernel.source == nil ? .values : .spikes)] + (layer.addend.map { [($0, .values)] } ?? [])
        case .convolution(let convolution): [(convolution.input, .spikes)]
        case .attention(let attention):
            [attention.q, attention.k, attention.v].map { ($0, attention.kernel.sources == nil ? .values : .countedSpikes) }
                + (attention.mask.map { [($0, .values)] } ?? [])
        }
    }
}

/// A linear layer, an activation, a residual and neurons.
struct LayerStage: Sendable {
    var kernel: LayerKernel
    /// The linear node: what its time is booked on.
    var linear: NodeID
    var input: NodeID
    var addend: NodeID?
    /// The neuron site at the end, if there is one.
    var site: NodeID?
    /// From the linear node on; with how attention wants its heads, which is then not carried out, behind them.
    var nodes: [NodeID]
    var output: NodeID
}

/// A convolution of spikes and an activation: a layer whose rows are the windows of images.
struct ConvolutionStage: Sendable {
    var kernel: LayerKernel
    var windows: ImageWindows
    /// The convolution's node: what its time is booked on.
    var convolution: NodeID
    /// A neuron site.
    var input: NodeID
    var nodes: [NodeID]

    var output: NodeID { nodes.last! }
}

/// From the scores' product to the context's, or on to where its heads lie side by side again.
struct AttentionStage: Sendable {
    var kernel: AttentionKernel
    var q: NodeID
    var k: NodeID
    var v: NodeID
    /// The axes of the scores before queries and keys: `[N, heads …]`.
    var heads: SymbolicShape
    var mask: NodeID?
    /// The neuron site behind the softmax, if there is one.
    var site: NodeID?
    var nodes: [NodeID]

    var output: NodeID { nodes.last! }
}
