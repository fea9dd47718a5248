internal import VolleyTensors

/// Puts one trained activation in the place of its parts, in whichever order they are: bounded by a trained λ, rounded to levels
/// before or after, a blend of both, or with graded steps.
///
/// Exporters know none of them and write `Div`, `Mul`, `Add`, `Floor`, `Clip`, `Relu`, `Sub`, `Min`, `Max`, `Round`, or
/// `QuantizeLinear` and `DequantizeLinear`. Methods that train their networks put neurons in the place of the whole, and read λ, L
/// and the shifts from it. A bound that is one number and nothing else is a clip, ``ParametricActivation``; see
/// ``Operator/trainedActivation``. What follows the bound as a factor, as the `1/λ` of rate norm layers, stays an operation behind it.
public enum LiftTrainedActivations {
    /// - Throws: ``GraphError`` never for a graph that was verified.
    public static func apply(to graph: Graph) throws -> Graph {
        let pattern = GraphPattern(graph: graph)
        let lifted = try graph.rebuilt { builder, node, id, inputs in
            guard let found = match(id, pattern) else { return try builder.copy(node, inputs: inputs) }
            let value = try builder.moved(found.value, of: graph)
            guard let divisor = found.divisor else { return try builder.add(node.name, found.operation, [value]) }
            let bounded = try builder.addOperation(node.name + ".clip", found.operation, [value])
            let constant = try builder.addConstant(node.name + ".divisor", divisor)
            return try builder.add(node.name, .elementwise(Elementwise(.divide)), [bounded, constant])
        }
        return try RemoveUnusedNodes.apply(to: lifted)
    }

    private struct Found {
        var operation: Operator
        var value: NodeID
        /// What the bounded value is divided by.
        var divisor: Tensor?
    }

    private static func match(_ id: NodeID, _ pattern: GraphPattern) -> Found? {
        guard let operation = pattern.graph[id].operation else { return nil }
        switch operation {
        case .selection: return graded(id, pattern)
        case .elementwise, .activation, .parametricActivation: break
        default: return nil
        }
        return blended(id, pattern) ?? chained(id, pattern)
    }

    // MARK: One chain

    /// The values that a chain of steps leads through, nearest first, and the changes up to the node.
    private static func chain(_ id: NodeID, _ pattern: GraphPattern) -> [(value: NodeID, changes: [BoundedExpression.Change])] {
        var found: [(value: NodeID, changes: [BoundedExpression.Change])] = []
        var end = id
        while found.count < 16, let step = BoundedExpression.step(end, pattern) {
            found.append((step.value, step.changes + (found.last?.changes ?? [])))
            end = step.value
        }
        return found.filter { pattern.graph[$0.value].shape == pattern.graph[id].shape && pattern.graph[$0.value].constant == nil }
    }

    /// The longest part of a chain that is a trained activation; what goes before is a layer's scale. What changes nothing behind one,
    /// as another rectifier, is no part of it.
    private static func chained(_ id: NodeID, _ pattern: GraphPattern) -> Found? {
        let parts = chain(id, pattern)
        let inner = parts.first.map { first in first.changes.isEmpty ? [] : chain(first.value, pattern) } ?? []
        for part in parts.reversed() {
            guard let expression = BoundedExpression(part.changes), let activation = expression.activation(of: pattern.graph[id].shape),
                case let operation = canonical(activation), operation != pattern.graph[id].operation || part.value != parts[0].value
            else { continue }
            let before = inner.first { $0.value == part.value }.flatMap { BoundedExpression($0.changes)?.activation(of: pattern.graph[id].shape) }
            return before == activation ? nil : Found(operation: operation, value: part.value)
        }
        return normalized(id, parts, pattern)
    }

    /// `clip(x, 0, λ)/λ` from more than one bound, as rate norm layers have it.
    private static func normalized(
        _ id: NodeID, _ parts: [(value: NodeID, changes: [BoundedExpression.Change])], _ pattern: GraphPattern
    ) -> Found? {
        func bounds(_ changes: [BoundedExpression.Change]) -> Int { changes.count { if case .limits = $0 { true } else { false } } }
        guard let all = parts.last.map({ bounds($0.changes) }), all >= 2,
            let part = parts.first(where: { bounds($0.changes) == all }), var expression = BoundedExpression(part.changes),
            expression.rounded == nil, let divisor = expression.scale.mapped({ 1 / $0 }).tensor, expression.offset.isClose(to: 0),
            expression.highest.combined(expression.scale, *)?.isClose(to: 1) == true
        else { return nil }
        expression.scale = ChannelNumbers(1)
        guard let activation = expression.activation(of: pattern.graph[id].shape) else { return nil }
        return Found(operation: canonical(activation), value: part.value, divisor: divisor)
    }

    private static func canonical(_ activation: TrainedActivation) -> Operator {
        guard activation.scales.count == 1, activation.channelAxis == nil else { return .trainedActivation(activation) }
        let bound = activation.scales[0]
        return switch activation.function {
        case .clip: .parametricActivation(ParametricActivation(.clip, parameters: [0, bound]))
        case .symmetricClip: .parametricActivation(ParametricActivation(.clip, parameters: [-bound, bound]))
        default: .trainedActivation(activation)
        }
    }

    // MARK: Two chains

    /// `c·ramp + (1 − c)·steps` of the same value.
    private static func blended(_ id: NodeID, _ pattern: GraphPattern) -> Found? {
        for (ramp, steps) in pattern.commuted(id, .add) {
            let ramps = chain(ramp, pattern)
            for part in chain(steps, pattern).reversed() {
                guard let changes = ramps.first(where: { $0.value == part.value })?.changes, let ramp = BoundedExpression(changes),
                    let steps = BoundedExpression(part.changes),
                    let activation = TrainedActivation(ramp: ramp, steps: steps, shape: pattern.graph[id].shape)
                else { continue }
                return Found(operation: .trainedActivation(activation), value: part.value)
            }
        }
        return nil
    }

    /// x where it lies above a bound, steps below.
    private static func graded(_ id: NodeID, _ pattern: GraphPattern) -> Found? {
        let inputs = pattern.graph[id].inputs
        guard case .elementwise(let comparison)? = pattern.graph[inputs[0]].operation else { return nil }
        let (left, right) = (pattern.graph[inputs[0]].inputs[0], pattern.graph[inputs[0]].inputs[1])
        let (isAbove, compared, bound): (Bool, NodeID, Float?) =
            switch comparison.function {
            case .greater: (true, left, pattern.scalar(right))
            case .less where pattern.scalar(left) != nil: (true, right, pattern.scalar(left))
            case .lessOrEqual: (false, left, pattern.scalar(right))
            case .greaterOrEqual where pattern.scalar(left) != nil: (false, right, pattern.scalar(left))
            default: (true, left, nil)
            }
        let (above, below) = isAbove ? (inputs[1], inputs[2]) : (inputs[2], inputs[1])
        guard let bound else { return nil }
        /// Whether a value is x, or x without what is negative, which lies below the bound either way.
        func isPlain(_ value: NodeID, _ x: NodeID) -> Bool {
            if value == x { return true }
            guard let changes = chain(value, pattern).first(where: { $0.value == x })?.changes, let plain = BoundedExpression(changes)
            else { return false }
            return plain.rounded == nil && plain.scale.isClose(to: 1) && plain.offset.isClose(to: 0)
                && plain.lowest.values.allSatisfy { $0 <= 0 } && plain.highest.values.allSatisfy { $0 == .infinity }
        }
        for part in chain(below, pattern).reversed() where isPlain(above, part.value) && isPlain(compared, part.value) {
            guard let steps = BoundedExpression(part.changes), let step = steps.gradedStep, bound > 0 else { continue }
            let count = (Double(bound) / step).rounded()
            guard count >= 1, count <= Double(TrainedActivation.mostLevels), abs(count * step - Double(bound)) <= 1e-5 * Double(bound) else {
                continue
            }
            return Found(
                operation: .trainedActivation(TrainedActivation(.gradedSteps(Int(count)), scales: [Float(step)], unit: .step)),
                value: part.value)
        }
        return nil
    }
}

extension ChannelNumbers {
    /// As a constant that stretches to a value.
    var tensor: Tensor? {
        let floats = exactFloats ?? values.map { Float($0) }
        guard floats.allSatisfy({ $0.isNormal }) else { return nil }
        return Tensor(axisFromEnd.map { Shape([floats.count] + Array(repeating: 1, count: $0 - 1)) } ?? [], floats)
    }
}
