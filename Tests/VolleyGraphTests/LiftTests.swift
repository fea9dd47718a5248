import Testing
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

/// Values of size 1, computed in another order.
private let tolerance: Float = 2e-5

/// What exporters take apart, written in the ways they do.
@Suite struct LiftTests {
    /// A graph around one expression of its input `[N, 3, 8]`.
    private struct Sketch {
        var builder = GraphBuilder()
        var count = 0

        mutating func node(_ operation: Operator, _ inputs: [NodeID]) throws -> NodeID {
            count += 1
            return try builder.add("node\(count)", operation, inputs)
        }

        mutating func number(_ value: Float) throws -> NodeID { try constant(Tensor(scalar: value)) }

        mutating func constant(_ tensor: Tensor) throws -> NodeID {
            count += 1
            return try builder.constant("constant\(count)", tensor)
        }

        mutating func unary(_ function: UnaryFunction, _ x: NodeID) throws -> NodeID {
            try node(.activation(Activation(function)), [x])
        }

        mutating func binary(_ function: BinaryFunction, _ a: NodeID, _ b: NodeID) throws -> NodeID {
            try node(.elementwise(Elementwise(function)), [a, b])
        }

        mutating func scaled(_ x: NodeID, _ factor: Float) throws -> NodeID { try binary(.multiply, x, number(factor)) }

        mutating func mean(_ x: NodeID) throws -> NodeID {
            try node(.reduction(Reduction(.mean, axes: [2], keepsAxes: true)), [x])
        }
    }

    private func graph(_ expression: (inout Sketch, NodeID) throws -> NodeID) throws -> Graph {
        var sketch = Sketch()
        let input = try sketch.builder.input("x", shape: [.batch, 3, 8])
        // So that x is a computed value, as in a network.
        let x = try sketch.scaled(input, 1.5)
        sketch.builder.output("y", try expression(&sketch, x))
        return try sketch.builder.build()
    }

    /// The operators that are left of an expression; its value is compared on the way.
    private func lifted(_ graph: Graph, _ pass: (Graph) throws -> Graph) throws -> [String] {
        let changed = try pass(graph)
        try GraphVerifier.verify(changed)
        #expect(try pass(changed) == changed)
        let inputs = ["x": randomTensor([2, 3, 8], seed: 100)]
        let (before, after) = (try Evaluator(graph).run(inputs), try Evaluator(changed).run(inputs))
        #expect(before["y"]!.distance(to: after["y"]!) <= tolerance)
        return changed.nodes.compactMap { node in
            if case .activation(let activation)? = node.operation { return activation.function.rawValue }
            return node.operation?.name
        }
    }

    @Test(arguments: 0..<7) func gelu(variant: Int) throws {
        let graph = try graph { sketch, x in
            func gate(_ argument: NodeID, in sketch: inout Sketch) throws -> NodeID {
                try sketch.binary(.add, sketch.unary(.erf, argument), sketch.number(1))
            }
            let halfRoot: Float = 0.70710678
            switch variant {
            case 0:
                let open = try gate(sketch.binary(.divide, x, sketch.number(1.4142135)), in: &sketch)
                return try sketch.scaled(sketch.binary(.multiply, x, open), 0.5)
            case 1:
                let open = try gate(sketch.scaled(x, halfRoot), in: &sketch)
                return try sketch.binary(.multiply, sketch.scaled(x, 0.5), open)
            case 2:
                let open = try gate(sketch.scaled(x, halfRoot), in: &sketch)
                return try sketch.binary(.multiply, sketch.scaled(open, 0.5), x)
            case 3:
                let half = try sketch.scaled(x, 0.5)
                let error = try sketch.unary(.erf, sketch.scaled(x, halfRoot))
                return try sketch.binary(.add, sketch.binary(.multiply, half, error), half)
            case 4:
                let one = try sketch.number(1)
                let open = try sketch.binary(.add, one, sketch.unary(.erf, sketch.binary(.divide, x, sketch.number(1.41421354))))
                return try sketch.binary(.divide, sketch.binary(.multiply, open, x), sketch.number(2))
            case 5:
                let error = try sketch.unary(.erf, sketch.scaled(x, halfRoot))
                let open = try sketch.binary(.subtract, sketch.number(-1), error)
                return try sketch.binary(.multiply, x, sketch.scaled(open, -0.5))
            default:
                // The scale before the function is not part of it.
                let wide = try sketch.scaled(x, 3)
                let open = try gate(sketch.scaled(wide, halfRoot), in: &sketch)
                return try sketch.binary(.multiply, sketch.scaled(wide, 0.5), open)
            }
        }
        let left = try lifted(graph, LiftGatedActivations.apply)
        #expect(left == (variant == 6 ? ["elementwise", "elementwise", "gelu"] : ["elementwise", "gelu"]))
    }

    @Test(arguments: 0..<3) func geluFromTanh(variant: Int) throws {
        let graph = try graph { sketch, x in
            let root: Float = 0.7978845608
            let argument: NodeID
            switch variant {
            case 0:
                let cube = try sketch.binary(.power, x, sketch.number(3))
                argument = try sketch.scaled(sketch.binary(.add, x, sketch.scaled(cube, 0.044715)), root)
            case 1:
                let square = try sketch.binary(.multiply, x, x)
                let inner = try sketch.binary(.add, sketch.scaled(square, 0.044715), sketch.number(1))
                argument = try sketch.binary(.multiply, sketch.scaled(x, root), inner)
            default:
                let cube = try sketch.binary(.multiply, sketch.binary(.multiply, x, x), x)
                argument = try sketch.scaled(sketch.binary(.add, sketch.scaled(cube, 0.044715), x), root)
            }
            let open = try sketch.binary(.add, sketch.unary(.tanh, argument), sketch.number(1))
            return try sketch.binary(.multiply, sketch.scaled(x, 0.5), open)
        }
        #expect(try lifted(graph, LiftGatedActivations.apply) == ["elementwise", "geluTanh"])
    }

    @Test func siluAndQuickGELU() throws {
        let silu = try graph { sketch, x in try sketch.binary(.multiply, sketch.unary(.sigmoid, x), x) }
        #expect(try lifted(silu, LiftGatedActivations.apply) == ["elementwise", "silu"])
        let quick = try graph { sketch, x in
            try sketch.binary(.multiply, x, sketch.unary(.sigmoid, sketch.scaled(x, 1.702)))
        }
        #expect(try lifted(quick, LiftGatedActivations.apply) == ["elementwise", "quickGELU"])
    }

    /// Nearly the functions, but not quite.
    @Test(arguments: 0..<4) func whatOnlyLooksLikeAnActivationStays(variant: Int) throws {
        let graph = try graph { sketch, x in
            switch variant {
            case 0: return try sketch.binary(.multiply, x, sketch.unary(.sigmoid, sketch.scaled(x, 1.6)))
            case 1: return try sketch.binary(.multiply, x, sketch.unary(.erf, sketch.scaled(x, 0.70710678)))
            case 2:
                let open = try sketch.binary(.add, sketch.unary(.erf, sketch.scaled(x, 0.70710678)), sketch.number(1))
                return try sketch.binary(.multiply, x, open)
            default: return try sketch.binary(.multiply, sketch.unary(.tanh, x), sketch.unary(.sigmoid, x))
            }
        }
        let left = try lifted(graph, LiftGatedActivations.apply)
        #expect(
            left
                == graph.nodes.compactMap { node in
                    if case .activation(let activation)? = node.operation { return activation.function.rawValue }
                    return node.operation?.name
                })
    }

    @Test(arguments: 0..<4, [true, false]) func layerNormalization(variant: Int, isAffine: Bool) throws {
        let graph = try graph { sketch, x in
            let centred = try sketch.binary(.subtract, x, sketch.mean(x))
            // Some exporters write the difference twice.
            let again = variant == 1 ? try sketch.binary(.subtract, x, sketch.mean(x)) : centred
            let square =
                variant == 2
                ? try sketch.binary(.multiply, again, again) : try sketch.binary(.power, again, sketch.number(2))
            let raised = try sketch.binary(.add, sketch.mean(square), sketch.number(1e-5))
            let normal: NodeID
            if variant == 3 {
                let inverse = try sketch.unary(.reciprocal, sketch.unary(.sqrt, raised))
                normal = try sketch.binary(.multiply, inverse, centred)
            } else {
                normal = try sketch.binary(.divide, centred, sketch.unary(.sqrt, raised))
            }
            guard isAffine else { return normal }
            let scaled = try sketch.binary(.multiply, normal, sketch.constant(randomTensor([8], seed: 101)))
            return try sketch.binary(.add, sketch.constant(randomTensor([1, 1, 8], seed: 102)), scaled)
        }
        #expect(try lifted(graph, LiftLayerNormalization.apply) == ["elementwise", "layerNormalization"])
    }

    @Test(arguments: 0..<5) func rmsNormalization(variant: Int) throws {
        let graph = try graph { sketch, x in
            let square = variant == 0 ? try sketch.binary(.multiply, x, x) : try sketch.binary(.power, x, sketch.number(2))
            let raised = try sketch.binary(.add, sketch.mean(square), sketch.number(1e-6))
            let normal: NodeID
            switch variant {
            case 0: normal = try sketch.binary(.divide, x, sketch.unary(.sqrt, raised))
            case 1: normal = try sketch.binary(.multiply, x, sketch.unary(.reciprocal, sketch.unary(.sqrt, raised)))
            case 2: normal = try sketch.binary(.multiply, x, sketch.unary(.sqrt, sketch.unary(.reciprocal, raised)))
            case 3: normal = try sketch.binary(.multiply, sketch.binary(.power, raised, sketch.number(-0.5)), x)
            default:
                let inverse = try sketch.binary(.divide, sketch.number(1), sketch.unary(.sqrt, raised))
                normal = try sketch.binary(.multiply, x, inverse)
            }
            return try sketch.binary(.multiply, sketch.constant(randomTensor([8], seed: 103)), normal)
        }
        #expect(try lifted(graph, LiftRMSNormalization.apply) == ["elementwise", "rmsNormalization"])
    }

    /// Means over another axis, or of another value, are no normalisations of rows.
    @Test(arguments: [true, false]) func otherMeansStay(isOtherAxis: Bool) throws {
        let graph = try graph { sketch, x in
            let squared = try sketch.binary(.multiply, x, x)
            let mean =
                isOtherAxis
                ? try sketch.node(.reduction(Reduction(.mean, axes: [1], keepsAxes: true)), [squared]) : try sketch.mean(squared)
            let root = try sketch.unary(.sqrt, sketch.binary(.add, mean, sketch.number(1e-5)))
            return try sketch.binary(.divide, isOtherAxis ? x : sketch.scaled(x, 2), root)
        }
        for pass in [LiftRMSNormalization.apply, LiftLayerNormalization.apply] {
            #expect(try lifted(graph, pass) == graph.nodes.compactMap { $0.operation.map { $0.name == "activation" ? "sqrt" : $0.name } })
        }
    }

    @Test func productsWithConstantMatricesBecomeLinearLayers() throws {
        let graph = try graph { sketch, x in
            let product = try sketch.node(.matrixProduct(MatrixProduct()), [x, sketch.constant(randomTensor([8, 5], seed: 104))])
            return try sketch.binary(.add, sketch.constant(randomTensor([5], seed: 105)), product)
        }
        #expect(try lifted(graph, LiftLinear.apply) == ["elementwise", "linear", "elementwise"])
        #expect(try lifted(graph) { try FoldScaleAndShift.apply(to: LiftLinear.apply(to: $0)) } == ["elementwise", "linear"])
    }
}
