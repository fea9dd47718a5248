/// `A(x) + B(x)·g`: an expression of sums and products of numbers, one value x and one gate g. The coefficients stand in the order of
/// the power of x.
struct GatedPolynomial {
    var plain: [Double]
    var gated: [Double] = []

    /// - Returns: nil unless the node's value is of that form, of degree 3 at most.
    init?(_ id: NodeID, of x: NodeID, gate: NodeID?, _ pattern: GraphPattern, depth: Int = 8) {
        func part(_ id: NodeID) -> Self? { Self(id, of: x, gate: gate, pattern, depth: depth - 1) }
        if pattern.isSame(id, x) {
            plain = [0, 1]
        } else if id == gate {
            (plain, gated) = ([], [1])
        } else if let number = pattern.scalar(id) {
            plain = [Double(number)]
        } else if depth == 0 {
            return nil
        } else if let argument = pattern.argument(id, of: .negate), let negated = part(argument) {
            self = negated.scaled(by: -1)
        } else if let (left, right) = pattern.operands(id, .add), let left = part(left), let right = part(right) {
            self = left.plus(right)
        } else if let (left, right) = pattern.operands(id, .subtract), let left = part(left), let right = part(right) {
            self = left.plus(right.scaled(by: -1))
        } else if let (left, right) = pattern.operands(id, .divide), let left = part(left), let divisor = pattern.scalar(right) {
            self = left.scaled(by: 1 / Double(divisor))
        } else if let (left, right) = pattern.operands(id, .multiply), let left = part(left), let right = part(right),
            let product = left.times(right)
        {
            self = product
        } else if let (base, exponent) = pattern.operands(id, .power), let base = part(base),
            let power = Self.power(base, pattern.scalar(exponent))
        {
            self = power
        } else {
            return nil
        }
    }

    private init(plain: [Double], gated: [Double]) { (self.plain, self.gated) = (plain, gated) }

    /// Whether the coefficients are these, up to the rounding of numbers in a model file.
    func isClose(plain: [Double], gated: [Double] = []) -> Bool {
        Self.isClose(self.plain, plain) && Self.isClose(self.gated, gated)
    }

    private static func isClose(_ a: [Double], _ b: [Double]) -> Bool {
        sum(a, b.map { -$0 }).enumerated().allSatisfy { power, difference in
            abs(difference) <= 1e-5 * (power < b.count ? abs(b[power]) : 0)
        }
    }

    private static func power(_ base: Self, _ exponent: Float?) -> Self? {
        switch exponent {
        case 2: base.times(base)
        case 3: base.times(base)?.times(base)
        default: nil
        }
    }

    private func plus(_ other: Self) -> Self {
        Self(plain: Self.sum(plain, other.plain), gated: Self.sum(gated, other.gated))
    }

    private func scaled(by factor: Double) -> Self {
        Self(plain: plain.map { $0 * factor }, gated: gated.map { $0 * factor })
    }

    /// - Returns: nil where the gate would be squared or the degree exceeds 3.
    private func times(_ other: Self) -> Self? {
        guard gated.isEmpty || other.gated.isEmpty else { return nil }
        let mixed = gated.isEmpty ? Self.product(plain, other.gated) : Self.product(gated, other.plain)
        let pure = Self.product(plain, other.plain)
        return max(pure.count, mixed.count) <= 4 ? Self(plain: pure, gated: mixed) : nil
    }

    private static func sum(_ a: [Double], _ b: [Double]) -> [Double] {
        (0..<max(a.count, b.count)).map { ($0 < a.count ? a[$0] : 0) + ($0 < b.count ? b[$0] : 0) }
    }

    private static func product(_ a: [Double], _ b: [Double]) -> [Double] {
        guard !a.isEmpty, !b.isEmpty else { return [] }
        var result = [Double](repeating: 0, count: a.count + b.count - 1)
        for (i, a) in a.enumerated() {
            for (j, b) in b.enumerated() { result[i + j] += a * b }
        }
        return result
    }
}
