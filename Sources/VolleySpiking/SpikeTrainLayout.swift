public import VolleyGraph
public import VolleyTensors

/// How the spike train of a site lies as one array `[T, …]`: a code for every time-step, sample and neuron, in the order of the model's axes.
public struct SpikeTrainLayout: Sendable, Hashable {
    /// T, then the axes of the site's value.
    public let shape: Shape
    /// How many samples the run has.
    public let samples: Int
    /// Each step is `[outer, samples, inner]`.
    private let outer: Int
    private let inner: Int
    /// Whether a step's spikes belong to all samples together.
    private let isWhole: Bool

    /// The layouts of several sites of a run, by name.
    /// - Throws: ``SpikingError`` where the spikes of several runs cannot be joined, since the file of the network fixes its batch and a
    ///   site's value has no axis of samples.
    public static func of(
        _ sites: [String], in network: SpikingNetwork, _ inputs: BoundInputs, timeSteps: Int
    ) throws -> [String: SpikeTrainLayout] {
        let (analysis, batching) = (BatchAnalysis(network.graph), Batching(network.graph))
        return try Dictionary(
            uniqueKeysWithValues: sites.map { site in
                let id = network.graph.node(named: site)!
                return (
                    site, try SpikeTrainLayout(network.graph[id], analysis.layouts[id].axis, batching.rule, inputs, timeSteps: timeSteps)
                )
            })
    }

    private init(_ node: Node, _ batchAxis: BatchAxis?, _ rule: Batching.Rule, _ inputs: BoundInputs, timeSteps: Int) throws {
        var value = node.shape.resolved(batch: inputs.batch)
        var axis = batchAxis
        switch rule {
        case .fixed(let fixed) where inputs.count > fixed:
            guard value.dimensions.first == fixed else {
                throw SpikingError(
                    .badSettings, "the spikes of the site '\(node.name)' belong to \(fixed) samples together: trace \(fixed) samples at a time")
            }
            value[0] = inputs.count
            axis = BatchAxis(0)
        case .fixed, .together: axis = nil
        case .separate: break
        }
        shape = Shape([timeSteps] + value.dimensions)
        samples = inputs.count
        outer = axis?.outer(value.dimensions) ?? 1
        inner = axis == nil ? value.count : value.count / max(1, outer * samples)
        isWhole = axis == nil
    }

    /// Where the codes of some steps and samples belong.
    /// - Parameter body: is called with where a stretch begins in the array, and with its places among the codes.
    public func place(_ sent: SentSpikes, _ body: (_ start: Int, _ codes: Range<Int>) throws -> Void) rethrows {
        let step = outer * (isWhole ? 1 : samples) * inner
        let width = isWhole ? inner : sent.samples.count * inner
        var next = 0
        for number in sent.steps {
            for block in 0..<outer {
                let first = isWhole ? 0 : (block * samples + sent.samples.lowerBound) * inner
                try body((number - 1) * step + first, next..<next + width)
                next += width
            }
        }
    }

    /// The places of one sample's neurons at a step, counted from 1, in the array: several stretches where samples do not lie one behind the
    /// other. Without an axis of samples all belong to the first.
    public func neurons(of sample: Int, at step: Int) -> [Range<Int>] {
        if isWhole { return sample == 0 ? [(step - 1) * inner..<step * inner] : [] }
        return (0..<outer).map { block in
            let start = (((step - 1) * outer + block) * samples + sample) * inner
            return start..<start + inner
        }
    }
}
