internal import VolleyGraph
internal import VolleyTensors

/// A stage of a plan with the kernel that runs it.
struct LoweredStage: Sendable {
    enum Kernel: Sendable {
        /// The operator as it is.
        case operation
        case neurons(SiteNeurons)
        case layer(LayerStage)
        case attention(AttentionStage)
    }

    let plan: Plan.Stage
    let kernel: Kernel

    /// What its time is booked as: attention, or its operator's name.
    func kind(in graph: Graph) -> String {
        if case .attention = plan.pass { "attention" } else { graph[plan.booked].operation!.name }
    }
}

/// A linear layer or a convolution, an activation, a residual and neurons.
struct LayerStage: Sendable {
    var kernel: LayerKernel
    /// The linear node, or the convolution.
    var linear: NodeID
    var input: NodeID
    var addend: NodeID?
    /// The neuron site at the end, if there is one.
    var site: NodeID?
    var output: NodeID
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
    var output: NodeID
}
