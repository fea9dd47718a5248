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
    /// What multiplies, and does all that follows.
    enum Product: Sendable {
        case layer(LayerKernel)
        case grouped(GroupedKernel)

        var outputs: Int {
            switch self {
            case .layer(let kernel): kernel.outputs
            case .grouped(let kernel): kernel.channels
            }
        }

        var source: SpikeSource? {
            switch self {
            case .layer(let kernel): kernel.source
            case .grouped(let kernel): kernel.source
            }
        }

        var target: LayerNeurons? {
            switch self {
            case .layer(let kernel): kernel.target
            case .grouped(let kernel): kernel.target
            }
        }

        /// The number of elements that it reads at each step for so many rows.
        func inputCount(rows: Int) -> Int {
            switch self {
            case .layer(let kernel): kernel.inputCount(rows: rows)
            case .grouped(let kernel): kernel.inputCount(rows: rows)
            }
        }

        func scratchCount(steps: Int) -> Int {
            switch self {
            case .layer(let kernel): kernel.scratchCount(steps: steps)
            case .grouped(let kernel): kernel.scratchCount(steps: steps)
            }
        }

        /// How its weights are held.
        var bytesPerWeight: Int {
            if case .layer(let kernel) = self, case .integers(let integers) = kernel.weights { integers.bits / 8 } else { MemoryLayout<Float>.size }
        }
    }

    var product: Product
    /// The linear node, or the convolution.
    var linear: NodeID
    var input: NodeID
    var addend: NodeID?
    /// The neuron site at the end, if there is one.
    var site: NodeID?
    /// What each neuron's current is divided by, by output; nil for 1.
    var divisors: NodeID?
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
