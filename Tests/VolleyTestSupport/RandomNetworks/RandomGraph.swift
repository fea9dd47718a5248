public import VolleyGraph
internal import VolleyTensors

/// A graph drawn at random: 5 to 40 operations of all kinds, with patterns that simulators run in one pass, near misses of
/// them, values with several readers, several outputs, inputs of every kind, and a batch axis that moves.
///
/// Every value is finite and of moderate size on a sample of inputs, so that results can be compared.
public struct RandomGraph {
    var builder = GraphBuilder()
    var random: SeededGenerator
    /// What operations may read, in order; constants are made where they are needed.
    private(set) var values: [NodeID] = []
    /// Weights `[O, I]` that further layers may share.
    var weights: [NodeID] = []
    private var samples: [NodeID: Tensor] = [:]
    private var operations = 0
    /// Whether samples stay apart and N stays the first axis, as in most networks, which then run many time-steps at once.
    private let keepsBatchInFront: Bool

    private static let shareWithBatchInFront: Float = 0.6
    /// The batch of the sample; and the largest one that values must stay small for.
    private static let sampleBatch = 2
    private static let largestBatch = 5
    private static let mostElements = 3000
    /// Beyond this, float rounding is no longer small beside thresholds and tolerances of other values.
    private static let largestValue: Float = 1000

    /// The same graph for the same seed, on every platform.
    public static func graph(seed: UInt64) throws -> Graph {
        var drawing = RandomGraph(seed: seed)
        drawing.chooseOutputs()
        return try drawing.builder.build()
    }

    private init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        keepsBatchInFront = random.uniform() < Self.shareWithBatchInFront
        drawInputs()
        let wanted = int(in: 5...40)
        var attempts = 0
        while operations < wanted, attempts < 40 * wanted {
            attempts += 1
            if chance(0.3) { drawPattern() } else { draw(weightedFamily()) }
        }
    }

    // MARK: Values

    /// Adds an operation, if its inputs fit and its value is finite, neither empty nor huge.
    @discardableResult mutating func emit(_ operation: Operator, _ inputs: [NodeID?]) -> NodeID? {
        let inputs = inputs.compactMap { $0 }
        guard operation.operation.arity.contains(inputs.count),
            let shape = try? operation.operation.outputShape(inputs.map { builder.shape(of: $0) }), shape.isSupported,
            !keepsBatchInFront || keepsBatchInFront(operation, inputs, shape), shape.rank <= 6,
            (1...Self.mostElements).contains(shape.resolved(batch: Self.largestBatch).count)
        else { return nil }
        var value = Tensor(shape.resolved(batch: Self.sampleBatch))
        operation.operation.evaluate(inputs.map { samples[$0]! }, into: &value, on: Kernels.available[0])
        guard value.values.allSatisfy({ $0.isFinite && abs($0) <= Self.largestValue }) else { return nil }
        operations += 1
        let id = try! builder.add("\(operation.name)\(operations)", operation, inputs)
        samples[id] = value
        values.append(id)
        return id
    }

    private func keepsBatchInFront(_ operation: Operator, _ inputs: [NodeID], _ shape: SymbolicShape) -> Bool {
        guard shape.dimensions.dropFirst().allSatisfy({ !$0.scalesWithBatch }) else { return false }
        switch operation {
        case .softmax: return shape.rank > 1
        case .triangle: return shape.rank > 2
        case .linear, .convolution, .matrixProduct: return shape.scalesWithBatch || inputs.allSatisfy { builder.constant(of: $0) != nil }
        default: return true
        }
    }

    mutating func input(_ name: String, _ shape: SymbolicShape) {
        let id = try! builder.input(name, shape: shape)
        samples[id] = RandomInputs.value(named: name, shape: shape, batch: Self.sampleBatch, seed: 1)
        values.append(id)
    }

    mutating func constant(_ tensor: Tensor) -> NodeID {
        let id = try! builder.constant("constant\(samples.count)", tensor)
        samples[id] = tensor
        return id
    }

    mutating func constant(_ shape: Shape, deviation: Float = 1) -> NodeID {
        constant(random.normalTensor(shape, deviation: deviation))
    }

    mutating func scalar(_ value: Float) -> NodeID { constant(Tensor(scalar: value)) }

    /// Whole numbers below a limit, some of them counted from the end.
    mutating func indices(_ shape: Shape, below limit: Int) -> NodeID {
        constant(Tensor(shape, (0..<shape.count).map { _ in Float(int(in: 0...limit - 1) - (chance(0.2) ? limit : 0)) }))
    }

    func shape(of id: NodeID) -> SymbolicShape { builder.shape(of: id) }

    /// An earlier value that fits, most likely a late one.
    mutating func pick(where fits: (SymbolicShape) -> Bool = { _ in true }) -> NodeID? {
        let fitting = values.filter { fits(builder.shape(of: $0)) }
        guard !fitting.isEmpty else { return nil }
        let (a, b) = (int(in: 0...fitting.count - 1), int(in: 0...fitting.count - 1))
        return fitting[max(a, b)]
    }

    // MARK: Chance

    mutating func int(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(random.next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    mutating func chance(_ probability: Float) -> Bool { random.uniform() < probability }

    mutating func one<Element>(of elements: [Element]) -> Element { elements[int(in: 0...elements.count - 1)] }

    mutating func shuffled<Element>(_ elements: [Element]) -> [Element] { elements.shuffled(using: &random) }

    private mutating func weightedFamily() -> OperatorFamily {
        one(of: OperatorFamily.allCases.flatMap { Array(repeating: $0, count: $0.weight) })
    }

    // MARK: Ends

    private mutating func drawInputs() {
        let width = int(in: 2...12)
        let length = int(in: 2...5)
        var kinds = [int(in: 0...2)]
        if chance(0.35) { kinds.append(int(in: 0...8)) }
        if chance(0.2) { kinds.append(int(in: 0...8)) }
        for (number, kind) in kinds.enumerated() {
            let (d, l) = (SymbolicLength(width), SymbolicLength(length))
            switch kind {
            case 0: input("x\(number)", [.batch, l, d])
            case 1: input("x\(number)", [.batch, d])
            case 2: input("x\(number)", [.batch, SymbolicLength(int(in: 1...4)), SymbolicLength(int(in: 3...7)), SymbolicLength(int(in: 3...7))])
            case 3: input("ids7.\(number)", [.batch, l])
            case 4: input("mask\(number)", one(of: [[.batch, 1, l], [.batch, 1, 1, l], [.batch, l]]))
            case 5: input("static\(number)", one(of: [[d], [l, d], [1, l, d], [1]]))
            case 6: input("x\(number)", [SymbolicLength(2, scalesWithBatch: true), d])
            case 7 where !keepsBatchInFront: input("x\(number)", [l, .batch, d])
            case 8 where !keepsBatchInFront: input("ids3.\(number)", [l])
            default: input("x\(number)", [.batch, l, d])
            }
        }
    }

    /// What nobody reads, and now and then what others read too. Some values stay unused.
    private mutating func chooseOutputs() {
        let read = Set(values.flatMap { builder[$0].inputs })
        let possible = values.filter { !keepsBatchInFront || builder.shape(of: $0).scalesWithBatch }
        let ends = possible.filter { builder[$0].operation != nil && !read.contains($0) }
        var outputs = shuffled(ends).prefix(int(in: 1...4)).sorted()
        if let last = ends.last, !outputs.contains(last) { outputs.append(last) }
        while chance(0.3) {
            let other = one(of: possible)
            if !outputs.contains(other) { outputs.append(other) }
        }
        if outputs.isEmpty { outputs = [possible.last!] }
        for (number, value) in shuffled(outputs).enumerated() { builder.output("y\(number)", value) }
    }
}
