internal import VolleyTensors

/// A value that is divided by the root of its rows' mean square, then scaled and shifted: `v / √(mean of v² + ε) · γ + β`.
struct RootMeanSquare {
    var value: NodeID
    var epsilon: Float
    /// 1 and 0 where the graph has none.
    var gamma: Tensor
    var beta: Tensor
    var isShifted = false

    /// Wider rows are left as they are: γ and β are written out for them.
    private static let largestWidth = 1 << 24

    /// - Returns: nil unless the node's value is of that form.
    init?(_ id: NodeID, _ pattern: GraphPattern) {
        let shape = pattern.graph[id].shape
        guard let width = shape.dimensions.last, !width.scalesWithBatch, width.size <= Self.largestWidth else { return nil }
        self.init(shifted: id, width.size, pattern)
        guard pattern.graph[value].shape == shape else { return nil }
    }

    private init?(shifted id: NodeID, _ width: Int, _ pattern: GraphPattern) {
        for (inner, constant) in pattern.commuted(id, .add) {
            guard let found = Self(scaled: inner, width, pattern), let row = pattern.row(constant, width: width) else { continue }
            self = found
            beta = row
            isShifted = true
            return
        }
        self.init(scaled: id, width, pattern)
    }

    private init?(scaled id: NodeID, _ width: Int, _ pattern: GraphPattern) {
        for (inner, constant) in pattern.commuted(id, .multiply) {
            guard let found = Self(plain: inner, width, pattern), let row = pattern.row(constant, width: width) else { continue }
            self = found
            gamma = row
            return
        }
        self.init(plain: id, width, pattern)
    }

    private init?(plain id: NodeID, _ width: Int, _ pattern: GraphPattern) {
        var candidates = pattern.commuted(id, .multiply).compactMap { value, factor in
            Self.meanSquare(inverseRoot: factor, pattern).map { (value, $0) }
        }
        if let (value, root) = pattern.operands(id, .divide), let mean = Self.meanSquare(root: root, pattern) {
            candidates.append((value, mean))
        }
        for (value, mean) in candidates where pattern.isSame(value, mean.value) {
            (self.value, epsilon) = (value, mean.epsilon)
            gamma = Tensor([width], repeating: 1)
            beta = Tensor([width])
            return
        }
        return nil
    }

    private typealias Mean = (value: NodeID, epsilon: Float)

    /// Reads `1/√(mean of v² + ε)`.
    private static func meanSquare(inverseRoot id: NodeID, _ pattern: GraphPattern) -> Mean? {
        if let root = pattern.reciprocal(id) { return meanSquare(root: root, pattern) }
        if let inverse = pattern.argument(id, of: .sqrt), let sum = pattern.reciprocal(inverse) {
            return meanSquare(raised: sum, pattern)
        }
        guard let (sum, exponent) = pattern.operands(id, .power), pattern.scalar(exponent) == -0.5 else { return nil }
        return meanSquare(raised: sum, pattern)
    }

    /// Reads `√(mean of v² + ε)`.
    private static func meanSquare(root id: NodeID, _ pattern: GraphPattern) -> Mean? {
        if let sum = pattern.argument(id, of: .sqrt) { return meanSquare(raised: sum, pattern) }
        guard let (sum, exponent) = pattern.operands(id, .power), pattern.scalar(exponent) == 0.5 else { return nil }
        return meanSquare(raised: sum, pattern)
    }

    /// Reads `mean of v² + ε`.
    private static func meanSquare(raised id: NodeID, _ pattern: GraphPattern) -> Mean? {
        for (mean, epsilon) in pattern.commuted(id, .add) {
            guard let epsilon = pattern.scalar(epsilon), let square = pattern.meanOfRows(mean),
                let value = pattern.squared(square)
            else { continue }
            return (value, epsilon)
        }
        return nil
    }
}
