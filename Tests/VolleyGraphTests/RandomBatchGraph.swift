import VolleyGraph
import VolleyTensors

/// A random graph whose operators move the batch axis, merge it, split it, and sometimes let samples meet.
struct RandomBatchGraph {
    private(set) var builder = GraphBuilder()
    private var random: SeededGenerator
    private var values: [NodeID] = []

    init(seed: UInt64, operations: Int) throws {
        random = SeededGenerator(seed: seed)
        let shapes: [SymbolicShape] = [
            [.batch, 2, 4, 4], [.batch, 4, 3], [3, .batch, 2], [SymbolicLength(2, scalesWithBatch: true), 6], [.batch, 6],
        ]
        values.append(try builder.input("x", shape: pick(shapes)))
        if below(3) == 0 { values.append(try builder.input("z", shape: pick(shapes))) }
        if below(4) == 0 { values.append(try builder.input("shared", shape: pick([[4, 4], [3], [2, 3]]))) }
        var tries = 0
        while values.count < operations, tries < 20 * operations {
            tries += 1
            // What does not fit is not added.
            try? grow("n\(tries)")
        }
    }

    func build() throws -> Graph {
        var builder = builder
        for value in values { builder.output("o\(value)", value) }
        return try builder.build()
    }

    private mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(max(1, limit))) }
    private mutating func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }

    private mutating func constant(_ name: String, _ shape: Shape) throws -> NodeID {
        try builder.constant(name, random.normalTensor(shape))
    }

    private mutating func grow(_ name: String) throws {
        let a = pick(values)
        let shape = builder.shape(of: a)
        guard shape.rank > 0 else { return }
        let (operation, inputs) = try operation(name, a, shape)
        guard try operation.operation.outputShape(inputs.map { builder.shape(of: $0) }).perSample.count <= 2048 else { return }
        values.append(try builder.add(name, operation, inputs))
    }

    private mutating func operation(_ name: String, _ a: NodeID, _ shape: SymbolicShape) throws -> (Operator, [NodeID]) {
        let axis = below(shape.rank)
        let b = pick(values)
        switch below(22) {
        case 0, 1, 2: return (.transpose(Transpose(shuffled(shape.rank))), [a])
        case 3, 4, 5, 6: return (.reshape(Reshape(to: try reshaped(shape))), [a])
        case 7: return (.softmax(Softmax()), [a])
        case 8: return (.reduction(Reduction(pick(Reduction.Function.allCases), axes: [axis], keepsAxes: below(2) == 0)), [a])
        case 9: return (.argMaximum(ArgMaximum(axis: axis, keepsAxes: below(2) == 0)), [a])
        case 10: return (.cumulativeSum(CumulativeSum(axis: axis)), [a])
        case 11: return (.triangle(Triangle(upper: below(2) == 0)), [a])
        case 12:
            let weight = try constant(name + ".weight", [3, shape.dimensions.last?.size ?? 1])
            return (.linear(Linear()), [a, weight])
        case 13, 14: return (.elementwise(Elementwise(pick([.add, .multiply, .maximum]))), [a, b])
        case 15: return (.matrixProduct(MatrixProduct()), below(2) == 0 ? [a, b] : [b, a])
        case 16: return (.concatenation(Concatenation(axis: axis)), below(2) == 0 ? [a, b] : [a, a])
        case 17: return (.slice(Slicing(axis: axis, start: 0, length: max(1, shape[axis].size - 1))), [a])
        case 18: return try lookup(name, a, b, axis)
        case 19:
            var wider = shape
            for other in shape.dimensions.indices where shape[other] == 1 && below(2) == 0 { wider[other] = pick([.batch, 2]) }
            return (.expansion(Expansion(to: SymbolicShape([pick([1, 2, .batch])] + wider.dimensions))), [a])
        case 20:
            var amounts = [[Int]](repeating: [0, 0], count: shape.rank)
            amounts[axis] = [1, 0]
            return (.padding(Padding(pick(Padding.Mode.allCases), amounts: amounts)), [a])
        default: return try window(name, a, b, shape)
        }
    }

    private mutating func lookup(_ name: String, _ a: NodeID, _ b: NodeID, _ axis: Int) throws -> (Operator, [NodeID]) {
        switch below(4) {
        case 0: return (.gather(Gather(axis: axis)), [a, try builder.constant(name + ".index", Tensor([2], [0, 1]))])
        case 1: return (.gather(Gather(axis: axis)), [a, b])
        case 2: return (.gatherElements(GatherElements(axis: axis)), [a, b])
        default: return (.gatherND(GatherND(batchAxes: below(2))), [a, b])
        }
    }

    private mutating func window(_ name: String, _ a: NodeID, _ b: NodeID, _ shape: SymbolicShape) throws -> (Operator, [NodeID]) {
        switch below(5) {
        case 0: return (.pooling(Pooling(.maximum, kernel: [2, 2], stride: [1, 1])), [a])
        case 1:
            let channels = shape.rank > 1 ? shape[1].size : 1
            return (.convolution(Convolution(stride: [1, 1])), [a, try constant(name + ".kernel", [3, channels, 2, 2])])
        case 2: return (.selection(Selection()), [a, b, a])
        case 3:
            let width = shape.dimensions.last?.size ?? 1
            return (
                .layerNormalization(LayerNormalization(epsilon: 1e-3)),
                [a, try constant(name + ".gamma", [width]), try constant(name + ".beta", [width])]
            )
        default: return (.neuron(NeuronSite()), [a])
        }
    }

    private mutating func shuffled(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        for index in order.indices { order.swapAt(index, below(count)) }
        return order
    }

    /// Two neighbouring axes as one, or one as two; the batch goes with any part of it.
    private mutating func reshaped(_ shape: SymbolicShape) throws -> SymbolicShape {
        var lengths = shape.dimensions
        let axis = below(lengths.count)
        if below(2) == 0, axis + 1 < lengths.count {
            let (left, right) = (lengths[axis], lengths[axis + 1])
            lengths[axis...axis + 1] = [
                SymbolicLength(left.size * right.size, scalesWithBatch: left.scalesWithBatch || right.scalesWithBatch)
            ]
        } else {
            let size = lengths[axis].size
            let first = pick((1...max(1, size)).filter { size % $0 == 0 })
            let takesBatch = lengths[axis].scalesWithBatch
            let isFirst = below(2) == 0
            lengths[axis...axis] = [
                SymbolicLength(first, scalesWithBatch: takesBatch && isFirst),
                SymbolicLength(size / first, scalesWithBatch: takesBatch && !isFirst),
            ]
        }
        return SymbolicShape(lengths)
    }
}
