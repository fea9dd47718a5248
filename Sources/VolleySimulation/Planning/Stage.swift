internal import VolleyGraph
internal import VolleyTensors

/// One step of a schedule. It makes the value of its last node; what lies between its first and last node never leaves the
/// cache.
enum Stage: Sendable {
    /// An operator as it is.
    case operation(NodeID)
    /// A layer of neurons of its own.
    case neurons(NodeID, NeuronKernel)
    case layer(LayerStage)
    case convolution(ConvolutionStage)
    case attention(AttentionStage)

    /// The node whose value it makes, and the nodes whose values it reads.
    func output() -> NodeID {
        switch self {
        case .operation(let id), .neurons(let id, _): id
        case .layer(let layer): layer.output
        case .convolution(let convolution): convolution.output
        case .attention(let attention): attention.output
        }
    }

    func inputs(_ graph: Graph) -> [NodeID] {
        switch self {
        case .operation(let id), .neurons(let id, _): graph[id].inputs
        case .layer(let layer): [layer.input] + (layer.addend.map { [$0] } ?? [])
        case .convolution(let convolution): [convolution.input]
        case .attention(let attention):
            [attention.q, attention.k, attention.v] + (attention.mask.map { [$0] } ?? [])
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
    /// The last node.
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
    /// The last node.
    var output: NodeID
}

/// From the scores' product to the context's.
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
    var output: NodeID
}
