import VolleyGraph
import VolleyTensors

/// One reading of a model's messages.
struct ModelImport {
    /// The newest version of the standard operators whose meaning is known here.
    static let newestOpset = 26
    static let oldestOpset = 7
    /// What to export with: every exporter knows it.
    private static let usualOpset = 17

    /// What a file says of itself.
    struct Header {
        /// Who wrote it, the version of its operators, how many nodes it has.
        var architecture: String
        var metadata: [String: String]
    }

    let header: Header
    private let path: String
    private let opset: Int
    private let functions: [FunctionKey: Onnx_FunctionProto]
    private let nodes: [Onnx_NodeProto]
    private let inputs: [Onnx_ValueInfoProto]
    private let outputs: [String]
    private var tensors: [String: Onnx_TensorProto]
    private let shapes: [String: [Int]]
    private let constants: [String: Tensor]

    init(_ path: String, shapes: [String: [Int]], constants: [String: Tensor]) throws {
        let model = try ONNXFile.read(path)
        self.path = path
        self.shapes = shapes
        self.constants = constants
        guard let standard = model.opsetImport.first(where: { $0.domain.isEmpty || $0.domain == "ai.onnx" }) else {
            throw ONNXError(.malformed, "the file does not say which version of the standard operators it uses")
        }
        guard standard.version >= Int64(Self.oldestOpset), standard.version < 1 << 20 else {
            throw ONNXError(
                .unsupported,
                "the file uses version \(standard.version) of the standard operators; export it with "
                    + "opset_version=\(Self.usualOpset)")
        }
        opset = Int(standard.version)
        var tensors: [String: Onnx_TensorProto] = [:]
        for tensor in model.graph.initializer {
            guard !tensor.name.isEmpty, tensors.updateValue(tensor, forKey: tensor.name) == nil else {
                throw ONNXError(.malformed, "two initialisers are called \(tensor.name.quoted)")
            }
        }
        guard model.graph.sparseInitializer.isEmpty else { throw ONNXError(.unsupported, "the file holds sparse tensors") }
        self.tensors = tensors
        nodes = model.graph.node
        inputs = model.graph.input.filter { tensors[$0.name] == nil }
        outputs = model.graph.output.map(\.name)
        functions = Dictionary(model.functions.map { (FunctionKey($0), $0) }) { first, _ in first }
        let producer = [model.producerName, model.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
        header = Header(
            architecture: "ONNX model\(producer.isEmpty ? "" : " of \(producer)"), opset \(opset), \(model.graph.node.count) nodes",
            metadata: Dictionary(model.metadataProps.map { ($0.key, $0.value) }) { first, _ in first })
    }

    /// The batch size that the file fixes, if it does: the first length of inputs, beside lengths of 1.
    var fixedBatch: Int? {
        let fixed = inputs.filter { constants[$0.name] == nil }.compactMap { input -> Int? in
            if case .dimValue(let size) = input.type.tensorType.shape.dim.first?.value, size > 0 { Int(size) } else { nil }
        }
        return fixed.first { $0 > 1 } ?? fixed.first
    }

    /// Imports the model. It can be done once: each tensor is let go when it has been converted.
    /// - Parameter freedBatch: the batch size that the file fixes, if it shall be read as N.
    mutating func run(freedBatch: Int?) throws -> (Importer, Graph) {
        guard !outputs.isEmpty else { throw ONNXError(.malformed, "the graph has no output") }
        guard Set(outputs).count == outputs.count else { throw ONNXError(.malformed, "two outputs have the same name") }
        try checkNames()
        let unknown = try unknownOperators()
        let importer = Importer(
            reader: TensorReader(modelPath: path), functions: functions, nodes: nodes.count, freedBatch: freedBatch)
        if opset > Self.newestOpset {
            importer.note("opset \(opset)", "is newer than \(Self.newestOpset), the newest one known here; operators may have changed")
        }
        let scope = Scope(opset: opset)
        scope.tensors = tensors
        tensors = [:]
        do {
            try importer.makeInputs(inputs, shapes: shapes, constants: constants, in: scope)
            try importer.run(nodes, outputs: outputs, in: scope, prefix: "", depth: 0)
        } catch {
            // What no shape and no value changes comes first.
            throw importer.unsupported.error ?? (unknown.isEmpty ? error : ONNXError.unsupported(unknown))
        }
        if let error = importer.unsupported.error { throw error }
        for name in outputs {
            let value = try scope.value(name, reader: &importer.reader)
            importer.builder.output(name, try importer.node(of: value, for: name))
        }
        return (importer, try importer.builder.build())
    }

    private func checkNames() throws {
        let taken = Set(inputs.map(\.name)).union(tensors.keys)
        for node in nodes {
            for name in node.output where taken.contains(name) {
                throw ONNXError(.malformed, "it makes \(name.quoted), which is an input or initialiser as well", node: node.name)
            }
        }
    }

    /// Every operator that is not known, those inside functions included.
    /// - Throws: ``ONNXError`` where the nodes have no order.
    private func unknownOperators() throws -> [ONNXError.UnsupportedOperator] {
        var found: [String: [String]] = [:]
        var seen: Set<FunctionKey> = []
        func visit(_ nodes: [Onnx_NodeProto], outputs: [String], prefix: String, depth: Int) throws {
            guard depth <= Limits.depth else { throw ONNXError(.malformed, "functions are nested too deeply") }
            for node in try NodeOrder.sorted(nodes, outputs: outputs) {
                let key = FunctionKey(node)
                if let function = functions[key] {
                    if seen.insert(key).inserted {
                        try visit(function.node, outputs: function.output, prefix: prefix + function.name + "/", depth: depth + 1)
                    }
                } else if OperatorTable.handler(node) == nil {
                    found[OperatorTable.name(node), default: []].append(prefix + (node.name.isEmpty ? node.output.first ?? "" : node.name))
                }
            }
        }
        try visit(nodes, outputs: outputs, prefix: "", depth: 0)
        return found.keys.sorted().map { .init(name: $0, nodes: found[$0] ?? []) }
    }
}
