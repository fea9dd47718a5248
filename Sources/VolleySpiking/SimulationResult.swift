public import OrderedCollections
public import VolleyTensors

/// What a simulation of T time-steps gives.
public struct SimulationResult: Sendable {
    /// By output name: the estimates at every step, `[T, N, …]`.
    public var outputs: OrderedDictionary<String, Tensor>
    /// By site name: spikes by step and level, `[T][2n]`; positive levels before negative, smallest threshold first.
    public var spikes: OrderedDictionary<String, [[Int64]]>
    /// What each step cost, summed over the batch.
    public var steps: [OperationCounts]

    public init(
        outputs: OrderedDictionary<String, Tensor>, spikes: OrderedDictionary<String, [[Int64]]>,
        steps: [OperationCounts]
    ) {
        self.outputs = outputs
        self.spikes = spikes
        self.steps = steps
    }

    /// Adds the spikes and costs of another part of the same batch; outputs are joined along N.
    public mutating func append(_ other: SimulationResult) {
        for (name, tensor) in other.outputs {
            outputs[name] = outputs[name].map { Tensor.concatenatingSamples($0, tensor) } ?? tensor
        }
        for (site, counts) in other.spikes {
            spikes[site] = zip(spikes[site]!, counts).map { zip($0, $1).map(+) }
        }
        for step in steps.indices { steps[step] += other.steps[step] }
    }
}

extension Tensor {
    /// Joins `[T, N, …]` and `[T, M, …]` to `[T, N + M, …]`.
    static func concatenatingSamples(_ left: Tensor, _ right: Tensor) -> Tensor {
        var dimensions = left.shape.dimensions
        dimensions[1] += right.shape[1]
        let (leftWidth, rightWidth) = (left.shape.rowCount, right.shape.rowCount)
        var values: [Float] = []
        values.reserveCapacity(left.count + right.count)
        for step in 0..<left.shape[0] {
            values += left.values[step * leftWidth..<(step + 1) * leftWidth]
            values += right.values[step * rightWidth..<(step + 1) * rightWidth]
        }
        return Tensor(Shape(dimensions), values)
    }
}
