public import VolleyGraph
public import VolleyTensors

/// Networks whose activations neurons can stand in for.
extension SampleGraphs {
    public enum SampleActivation: Sendable {
        case relu
        case clip(Float)
        case symmetricClip(Float)
        case steps(Int, bound: Float)

        var operation: Operator {
            switch self {
            case .relu: .activation(Activation(.relu))
            case .clip(let bound): .parametricActivation(ParametricActivation(.clip, parameters: [0, bound]))
            case .symmetricClip(let bound): .parametricActivation(ParametricActivation(.clip, parameters: [-bound, bound]))
            case .steps(let count, let bound):
                .trainedActivation(TrainedActivation(.steps(.init(count, shift: 0.5)), scales: [bound]))
            }
        }
    }

    /// Two convolutions, a pool, a hidden linear layer and a head: x `[N, 1, 8, 8]`, logits `[N, 5]`.
    /// - Parameters:
    ///   - pool: nil for none.
    ///   - biased: whether layers have biases.
    ///   - residual: whether the second convolution is added to what it reads.
    public static func rectified(
        _ activation: SampleActivation = .relu, pool: Pooling.Function? = .average, biased: Bool = false, residual: Bool = false, seed: UInt64 = 8
    ) throws -> Graph {
        var sketch = GraphSketch(seed: seed)
        func convolution(_ name: String, _ value: NodeID, outputs: Int) throws -> NodeID {
            let channels = sketch.builder.shape(of: value)[1].size
            let weight = try sketch.weight(name + ".weight", [outputs, channels, 3, 3])
            let bias = biased ? [try sketch.offset(name + ".bias", [outputs])] : []
            let same = Convolution(stride: [1, 1], padding: [[1, 1], [1, 1]])
            return try sketch.builder.add(name, .convolution(same), [value, weight] + bias)
        }
        func linear(_ name: String, _ value: NodeID, outputs: Int) throws -> NodeID {
            let weight = try sketch.weight(name + ".weight", [outputs, sketch.builder.shape(of: value)[1].size])
            let bias = biased ? [try sketch.offset(name + ".bias", [outputs])] : []
            return try sketch.builder.add(name, .linear(Linear()), [value, weight] + bias)
        }
        var value = try sketch.builder.input("x", shape: [.batch, 1, 8, 8])
        value = try sketch.builder.add("act1", activation.operation, [convolution("conv1", value, outputs: 4)])
        var second = try convolution("conv2", value, outputs: 4)
        if residual { second = try sketch.elementwise("sum", .add, second, value) }
        value = try sketch.builder.add("act2", activation.operation, [second])
        if let pool { value = try sketch.builder.add("pool", .pooling(Pooling(pool, kernel: [2, 2], stride: [2, 2])), [value]) }
        let width = sketch.builder.shape(of: value).perSample.count
        value = try sketch.reshape("flat", value, [.batch, SymbolicLength(width)])
        value = try sketch.builder.add("act3", activation.operation, [linear("fc1", value, outputs: 12)])
        sketch.builder.output("logits", try linear("fc2", value, outputs: 5))
        return try sketch.builder.build()
    }
}

extension SeededGenerator {
    /// Values uniform in 0 ..< 1.
    public static func uniform(_ count: Int, seed: UInt64) -> [Float] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in random.uniform() }
    }
}
