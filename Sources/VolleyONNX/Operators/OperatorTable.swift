/// Turns a node of the file into values. Returns nil for an output that is not computed.
typealias Handler = @Sendable (Call) throws -> [Value?]

/// All operators that can be imported. To add one: a handler in the file of its family, and its name in that family's table.
enum OperatorTable {
    static let families: [[String: Handler]] = [
        LayerOperators.handlers, ArithmeticOperators.handlers, ActivationOperators.handlers, ComparisonOperators.handlers,
        NormalizationOperators.handlers, ReductionOperators.handlers, ShapeOperators.handlers, BlockOperators.handlers,
        SelectionOperators.handlers,
        IndexOperators.handlers, ScatterOperators.handlers, PoolingOperators.handlers, ConstantOperators.handlers, ControlOperators.handlers,
        ResizeOperators.handlers, QuantizationOperators.handlers, AttentionOperators.handlers, RotaryOperator.handlers, EinsumOperator.handlers,
        NotANumber.handlers, RecurrentOperators.handlers, ResponseNormalization.handlers,
    ]

    /// By the operator's name in the standard domain.
    static let handlers: [String: Handler] = families.reduce(into: [:]) { table, family in
        table.merge(family) { _, _ in preconditionFailure("two families have the same operator") }
    }

    /// Operators that ONNX Runtime adds, and that mean the same as ours of the same name.
    private static let runtimeOperators: Set<String> = [
        "Gelu", "QuickGelu", "FastGelu", "SimplifiedLayerNormalization", "QuantizeLinear",
        "DequantizeLinear",
    ]

    static func handler(_ node: Onnx_NodeProto) -> Handler? {
        switch node.domain {
        case "", "ai.onnx": handlers[node.opType]
        case "com.microsoft" where runtimeOperators.contains(node.opType): handlers[node.opType]
        default: nil
        }
    }

    /// The operator's name, after its domain where that is not the standard one.
    static func name(_ node: Onnx_NodeProto) -> String {
        node.domain.isEmpty || node.domain == "ai.onnx" ? node.opType : "\(node.domain)::\(node.opType)"
    }
}
