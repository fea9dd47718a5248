public import OrderedCollections
public import VolleyGraph
public import VolleyTensors

/// What a simulation of T time-steps gives.
public struct SimulationResult: Sendable {
    /// By output name: the estimates at every step, `[T, …]`: time, then the axes of the output.
    public var outputs: OrderedDictionary<String, Tensor>
    /// By output name: where the samples of the batch lie in the output; none where it is the same for all.
    public var batchAxes: [String: BatchAxis]
    /// By site name: how often each code was sent, by step, `[T][codes]`, in the order of the site's alphabet: of a ladder, positive
    /// levels before negative ones, smallest threshold first.
    public var spikes: OrderedDictionary<String, [[Int64]]>
    /// What each step cost, summed over the batch.
    public var steps: [OperationCounts]

    public init(
        outputs: OrderedDictionary<String, Tensor>, batchAxes: [String: BatchAxis],
        spikes: OrderedDictionary<String, [[Int64]]>, steps: [OperationCounts]
    ) {
        self.outputs = outputs
        self.batchAxes = batchAxes
        self.spikes = spikes
        self.steps = steps
    }

    /// Adds the spikes and costs of the next part of the same batch; outputs are joined along their batch axes.
    public mutating func append(_ next: SimulationResult) {
        self = SimulationResult(joining: [self, next])
    }

    /// The result of a batch, from those of its successive parts.
    /// - Precondition: there is at least one part, and all are of the same network and number of time-steps.
    public init(joining parts: [SimulationResult]) {
        self = parts[0]
        guard parts.count > 1 else { return }
        for (name, axis) in batchAxes { outputs[name] = axis.behind(1).joining(parts.map { $0.outputs[name]! }) }
        for part in parts.dropFirst() {
            for (site, counts) in part.spikes {
                spikes[site] = zip(spikes[site]!, counts).map { zip($0, $1).map(+) }
            }
            for step in steps.indices { steps[step] += part.steps[step] }
        }
    }
}
