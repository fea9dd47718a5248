/// Puts one activation function in the place of its parts, however they are arranged: GELU from erf or from tanh, SiLU and
/// QuickGELU from sigmoid.
///
/// `gelu(x) = x/2·(1 + erf(x/√2))`, `geluTanh(x) = x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))`, `silu(x) = x·sigmoid(x)`,
/// `quickGELU(x) = x·sigmoid(1.702·x)`.
///
/// The parts are products of values that change over time, before which neurons would stand (<doc:Semantics>, section 6); the whole
/// is one nonlinear operator (<doc:Semantics>, section 4.1). GELU: Hendrycks and Gimpel, 2016 (arXiv 1606.08415), section 2; SiLU:
/// Elfwing, Uchibe and Doya, 2017 (arXiv 1702.03118), eq. 4.
public enum LiftGatedActivations {
    /// `A(x) + B(x)·gate(Q(x))`.
    private struct Form {
        var function: UnaryFunction
        var gate: UnaryFunction
        var argument: [Double]
        var plain: [Double]
        var gated: [Double]
    }

    private static let rootOfTwoOverPi = (2 / Double.pi).squareRoot()

    private static let forms = [
        Form(function: .gelu, gate: .erf, argument: [0, 0.5.squareRoot()], plain: [0, 0.5], gated: [0, 0.5]),
        Form(
            function: .geluTanh, gate: .tanh, argument: [0, rootOfTwoOverPi, 0, 0.044715 * rootOfTwoOverPi],
            plain: [0, 0.5], gated: [0, 0.5]),
        Form(function: .silu, gate: .sigmoid, argument: [0, 1], plain: [], gated: [0, 1]),
        Form(function: .quickGELU, gate: .sigmoid, argument: [0, 1.702], plain: [], gated: [0, 1]),
    ]

    /// - Throws: ``GraphError`` never for a graph that was verified.
    public static func apply(to graph: Graph) throws -> Graph {
        let pattern = GraphPattern(graph: graph)
        let lifted = try graph.rebuilt { builder, node, id, inputs in
            guard let (function, x) = match(id, pattern) else { return try builder.copy(node, inputs: inputs) }
            return try builder.add(node.name, .activation(Activation(function)), [try builder.moved(x, of: graph)])
        }
        return try RemoveUnusedNodes.apply(to: lifted)
    }

    private static func match(_ id: NodeID, _ pattern: GraphPattern) -> (UnaryFunction, x: NodeID)? {
        guard case .elementwise? = pattern.graph[id].operation else { return nil }
        let above = arithmeticAbove(id, pattern)
        for form in forms {
            for gate in above {
                guard let argument = pattern.argument(gate, of: form.gate) else { continue }
                for x in [argument] + arithmeticAbove(argument, pattern) where pattern.graph[x].shape == pattern.graph[id].shape {
                    guard GatedPolynomial(argument, of: x, gate: nil, pattern)?.isClose(plain: form.argument) == true,
                        GatedPolynomial(id, of: x, gate: gate, pattern)?.isClose(plain: form.plain, gated: form.gated) == true
                    else { continue }
                    return (form.function, x)
                }
            }
        }
        return nil
    }

    /// The computed values that a value is put together from by arithmetic, nearest first; at most a few steps away.
    private static func arithmeticAbove(_ id: NodeID, _ pattern: GraphPattern) -> [NodeID] {
        var found: [NodeID] = []
        var level = [id]
        for _ in 0..<6 {
            level = level.flatMap { id -> [NodeID] in
                switch pattern.graph[id].operation {
                case .elementwise?, .activation(Activation(.negate))?: pattern.graph[id].inputs
                default: []
                }
            }.filter { pattern.graph[$0].constant == nil && !found.contains($0) }
            found += level
        }
        return found
    }
}
