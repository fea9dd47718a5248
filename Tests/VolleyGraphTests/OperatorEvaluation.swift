import VolleyGraph
import VolleyTensors
import VolleyTestSupport

/// The value of one operator on these inputs, through a graph that holds nothing else.
func evaluate(_ operation: Operator, _ inputs: [Tensor], kernels: Kernels = .best) throws -> Tensor {
    var builder = GraphBuilder()
    var arrays: [String: Tensor] = [:]
    var ids: [NodeID] = []
    for (index, input) in inputs.enumerated() {
        ids.append(try builder.input("input\(index)", shape: SymbolicShape(input.shape)))
        arrays["input\(index)"] = input
    }
    builder.output("output", try builder.add("operation", operation, ids))
    let evaluator = Evaluator(try builder.build(), kernels: kernels)
    return try evaluator.run(arrays)["output"]!
}

func randomTensor(_ shape: Shape, seed: UInt64) -> Tensor {
    var random = SeededGenerator(seed: seed)
    return random.normalTensor(shape)
}

/// All positions of a shape in row-major order.
func positions(_ shape: Shape) -> [[Int]] {
    shape.dimensions.reduce([[]]) { positions, length in positions.flatMap { position in (0..<length).map { position + [$0] } } }
}

extension Tensor {
    /// The element at a position; positions of axes of length 1 are taken as 0 and missing leading axes left out.
    func broadcastElement(_ position: [Int]) -> Float {
        var offset = 0
        let own = Array(position.suffix(shape.rank))
        for (axis, length) in shape.dimensions.enumerated() { offset = offset * length + (length == 1 ? 0 : own[axis]) }
        return values[offset]
    }

    /// Made element by element.
    static func make(_ shape: Shape, _ element: ([Int]) -> Float) -> Tensor { Tensor(shape, positions(shape).map(element)) }

    /// The largest difference between two tensors of one shape; infinite where the shapes differ or one value is NaN.
    func distance(to other: Tensor) -> Float { Difference(self, other).absolute }
}
