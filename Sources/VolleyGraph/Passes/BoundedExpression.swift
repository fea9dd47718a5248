/// What a chain of operations with constants makes of one value x: `scale·core + offset`, where the core is
/// `clip(x, lowest, highest)`, or after rounding R `clip(R(slope·x + shift), lowest, highest)`.
///
/// Chains that compute the same function in another order, clipped before they are rounded or afterwards, have the same form.
struct BoundedExpression {
    enum Rounding { case down, nearest, belowNext }

    /// One step of a chain.
    enum Change {
        case affine(scale: ChannelNumbers, offset: ChannelNumbers)
        case limits(lowest: ChannelNumbers?, highest: ChannelNumbers?)
        case rounding(UnaryFunction)

        static func scaled(_ scale: Double) -> Change { .affine(scale: ChannelNumbers(scale), offset: ChannelNumbers(0)) }
        static func scaled(_ scale: ChannelNumbers) -> Change { .affine(scale: scale, offset: ChannelNumbers(0)) }
        static func shifted(_ offset: ChannelNumbers) -> Change { .affine(scale: ChannelNumbers(1), offset: offset) }
    }

    var scale = ChannelNumbers(1)
    var offset = ChannelNumbers(0)
    var lowest = ChannelNumbers(-.infinity)
    var highest = ChannelNumbers(.infinity)
    var rounded: (rounding: Rounding, slope: ChannelNumbers, shift: ChannelNumbers)?

    /// - Returns: nil for steps that lead to another form.
    init?(_ changes: some Sequence<Change>) {
        for change in changes {
            let fits =
                switch change {
                case .affine(let scale, let offset): multiply(scale, adding: offset)
                case .limits(let lowest, let highest): limit(lowest, highest)
                case .rounding(let function): round(function)
                }
            guard fits else { return nil }
        }
    }

    private mutating func multiply(_ factor: ChannelNumbers, adding addend: ChannelNumbers) -> Bool {
        guard let scale = scale.combined(factor, *), let product = offset.combined(factor, *), let offset = product.combined(addend, +),
            scale.values.allSatisfy({ $0 != 0 && $0.isFinite })
        else { return false }
        (self.scale, self.offset) = (scale, offset)
        return true
    }

    private mutating func limit(_ low: ChannelNumbers?, _ high: ChannelNumbers?) -> Bool {
        let isReversed = scale.values[0] < 0
        guard scale.values.allSatisfy({ ($0 < 0) == isReversed }) else { return false }
        for (limit, isLowest) in [(low, !isReversed), (high, isReversed)] {
            guard let limit else { continue }
            guard let own = limit.combined(offset, -)?.combined(scale, /),
                let tighter = isLowest ? lowest.combined(own, max) : highest.combined(own, min)
            else { return false }
            if isLowest { lowest = tighter } else { highest = tighter }
        }
        // Limits that cross make a constant.
        return lowest.combined(highest, { $0 < $1 ? 1 : 0 })?.values.allSatisfy { $0 == 1 } ?? false
    }

    private mutating func round(_ function: UnaryFunction) -> Bool {
        if rounded != nil { return scale.isClose(to: 1) && offset.isClose(to: offset.values[0].rounded()) }
        guard scale.values.allSatisfy({ $0 > 0 }), let low = lowest.combined(scale, *)?.combined(offset, +),
            let high = highest.combined(scale, *)?.combined(offset, +)
        else { return false }
        /// Past the limits that lie on a whole number but for rounding errors.
        func slack(_ limit: Double) -> Double { limit.isFinite ? 1e-6 * max(1, abs(limit)) : 0 }
        let rounding: Rounding
        let apply: (Double) -> Double
        switch function {
        case .truncate where !low.values.allSatisfy({ $0 >= 0 }): return false
        case .floor, .truncate: (rounding, apply) = (.down, { ($0 + slack($0)).rounded(.down) })
        case .round: (rounding, apply) = (.nearest, { $0.rounded(.toNearestOrEven) })
        case .ceil: (rounding, apply) = (.belowNext, { ($0 - slack($0)).rounded(.up) - 1 })
        default: return false
        }
        rounded = (rounding, scale, offset)
        (lowest, highest) = (low.mapped(apply), high.mapped(apply))
        (scale, offset) = (ChannelNumbers(1), ChannelNumbers(rounding == .belowNext ? 1 : 0))
        return true
    }
}

extension BoundedExpression {
    /// A node as one step of a chain: the value that it reads, and what it makes of it.
    /// - Returns: nil for every other operation.
    static func step(_ id: NodeID, _ pattern: GraphPattern) -> (value: NodeID, changes: [Change])? {
        let node = pattern.graph[id]
        func constant(_ id: NodeID) -> ChannelNumbers? { pattern.graph[id].constant.flatMap { ChannelNumbers($0) } }
        switch node.operation {
        case .activation(let activation):
            switch activation.function {
            case .relu: return (node.inputs[0], [.limits(lowest: ChannelNumbers(0), highest: nil)])
            case .negate: return (node.inputs[0], [.scaled(-1)])
            case .floor, .ceil, .round, .truncate: return (node.inputs[0], [.rounding(activation.function)])
            default: return nil
            }
        case .parametricActivation(let clip) where clip.function == .clip:
            // The largest number stands for no limit.
            let limits = clip.parameters.map { ChannelNumbers($0.magnitude < .greatestFiniteMagnitude ? Double($0) : Double($0) * .infinity) }
            return (node.inputs[0], [.limits(lowest: limits[0], highest: limits[1])])
        case .quantization(let quantization):
            guard let scale = constant(node.inputs[1]), let zero = constant(node.inputs[2]) else { return nil }
            let range = (ChannelNumbers(Double(quantization.lowest)), ChannelNumbers(Double(quantization.highest)))
            return (
                node.inputs[0],
                [.scaled(scale.mapped { 1 / $0 }), .rounding(.round), .shifted(zero), .limits(lowest: range.0, highest: range.1)]
            )
        case .elementwise(let elementwise):
            if let value = straightThrough(id, pattern) { return (value, []) }
            if let number = constant(node.inputs[1]) {
                switch elementwise.function {
                case .add: return (node.inputs[0], [.shifted(number)])
                case .subtract: return (node.inputs[0], [.shifted(number.mapped { -$0 })])
                case .multiply: return (node.inputs[0], [.scaled(number)])
                case .divide: return (node.inputs[0], [.scaled(number.mapped { 1 / $0 })])
                case .maximum: return (node.inputs[0], [.limits(lowest: number, highest: nil)])
                case .minimum: return (node.inputs[0], [.limits(lowest: nil, highest: number)])
                default: return nil
                }
            }
            guard let number = constant(node.inputs[0]) else { return nil }
            switch elementwise.function {
            case .add: return (node.inputs[1], [.shifted(number)])
            case .subtract: return (node.inputs[1], [.scaled(-1), .shifted(number)])
            case .multiply: return (node.inputs[1], [.scaled(number)])
            case .maximum: return (node.inputs[1], [.limits(lowest: number, highest: nil)])
            case .minimum: return (node.inputs[1], [.limits(lowest: nil, highest: number)])
            default: return nil
            }
        default: return nil
        }
    }

    /// r of `(r − u) + u`: how training lets gradients pass a rounding r of u.
    private static func straightThrough(_ id: NodeID, _ pattern: GraphPattern) -> NodeID? {
        for (difference, value) in pattern.commuted(id, .add) {
            if let (rounded, other) = pattern.operands(difference, .subtract), pattern.isSame(other, value) { return rounded }
        }
        return nil
    }
}
