import VolleyGraph

/// What a model-local function is called by.
struct FunctionKey: Hashable {
    var domain: String
    var name: String
    var overload: String

    init(_ node: Onnx_NodeProto) {
        (domain, name, overload) = (Self.plain(node.domain), node.opType, node.overload)
    }

    init(_ function: Onnx_FunctionProto) {
        (domain, name, overload) = (Self.plain(function.domain), function.name, function.overload)
    }

    /// The standard domain has two names.
    private static func plain(_ domain: String) -> String { domain == "ai.onnx" ? "" : domain }
}

extension Importer {
    /// Imports nodes into a scope: those that `outputs` depend on.
    func run(_ nodes: [Onnx_NodeProto], outputs: [String], in scope: Scope, prefix: String, depth: Int) throws {
        guard depth <= Limits.depth else { throw ONNXError(.malformed, "functions or branches are nested too deeply") }
        visitedNodes += nodes.count
        guard visitedNodes <= Limits.nodes + Limits.nodesPerNode * fileNodes else {
            throw ONNXError(.tooLarge, "the model's functions multiply its \(fileNodes) nodes to \(visitedNodes)")
        }
        let order = try NodeOrder.sorted(nodes, outputs: outputs)
        var lastReader: [String: Int] = [:]
        for (index, node) in order.enumerated() {
            for name in NodeOrder.reads(node) { lastReader[name] = index }
        }
        for name in outputs { lastReader[name] = nil }
        for (index, node) in order.enumerated() {
            let name = shortened(prefix + (node.name.isEmpty ? "\(node.opType)_\(index + 1)" : node.name))
            let doubt = scope.doubt(of: node)
            do {
                try put(node, name: name, in: scope, depth: depth)
            } catch {
                let error = located(error, node, name)
                guard
                    unsupported.add(error, operator: OperatorTable.name(node), node: name, doubt)
                else { throw error }
                try putPlaceholders(node, name: name, in: scope)
            }
            if doubt != .none { node.output.forEach(scope.doubt) }
            for input in NodeOrder.reads(node) where lastReader[input] == index { budget.release(scope.release(input)) }
        }
    }

    private func put(_ node: Onnx_NodeProto, name: String, in scope: Scope, depth: Int) throws {
        let inputs = try node.input.map { $0.isEmpty ? nil : try scope.value($0, reader: &reader) }
        let held = budget.living
        let read = inputs.compactMap { $0?.known }
        if read.count == inputs.count(where: { $0 != nil }) {
            try spend(read.reduce(0) { $0 + $1.byteCount / MemoryLayout<Float>.stride })
        }
        let call = Call(importer: self, node: node, name: name, inputs: inputs, scope: scope, depth: depth)
        let outputs: [Value?]
        if let function = functions[FunctionKey(node)] {
            outputs = try inline(function, call)
        } else if let handler = OperatorTable.handler(node) {
            outputs = try handler(call)
        } else {
            throw ONNXError(.unsupportedOperators, "\(OperatorTable.name(node)) is not supported")
        }
        budget.settle(held)
        for (index, output) in node.output.enumerated() where !output.isEmpty {
            if index < outputs.count, let value = outputs[index] {
                scope.set(output, value, holding: try hold(value))
            } else {
                scope.setUnavailable(output, "output \(index + 1) of the \(node.opType) node \(name.quoted) is not supported")
            }
        }
    }

    /// The error of a node, with its name.
    private func located(_ error: any Error, _ node: Onnx_NodeProto, _ name: String) -> ONNXError {
        var result =
            switch error {
            case let error as ONNXError: error
            case let error as GraphError: ONNXError(.shapeMismatch, "\(node.opType): \(error.message)")
            default: ONNXError(.malformed, "\(error)")
            }
        if result.node == nil { result.node = name }
        result.message = shortened(result.message, to: Limits.message)
        return result
    }

    /// Something of a likely shape in the place of what cannot be computed, so that the nodes behind it are looked at as well.
    /// The import fails in the end.
    private func putPlaceholders(_ node: Onnx_NodeProto, name: String, in scope: Scope) throws {
        let like = node.input.lazy.compactMap { try? scope.value($0, reader: &self.reader) }.first
        for output in node.output where !output.isEmpty {
            let shape = like?.shape ?? []
            let placeholder = try builder.input(unique(name + "." + output), shape: shape)
            scope.set(output, Value(placeholder, kind: like?.kind ?? .float, shape: shape))
            scope.doubt(output)
        }
    }

    /// A name that stays of use in messages, however deep it is nested.
    private func shortened(_ text: String, to limit: Int = Limits.name) -> String {
        text.utf8.count <= limit ? text : String(text.prefix(limit / 2)) + "…"
    }

    /// Puts a function's nodes in the place of a call.
    private func inline(_ function: Onnx_FunctionProto, _ call: Call) throws -> [Value?] {
        let opset = function.opsetImport.first { $0.domain.isEmpty || $0.domain == "ai.onnx" }?.version
        let inner = Scope(opset: opset.map { Int($0) } ?? call.scope.opset)
        for (name, given) in zip(function.input, call.node.input) where call.scope.isDoubtful(given) { inner.doubt(name) }
        guard call.inputs.count <= function.input.count else {
            throw ONNXError(.malformed, "\(function.name) takes \(function.input.count) inputs, found \(call.inputs.count)")
        }
        for (name, value) in zip(function.input, call.inputs) {
            if let value { inner.set(name, value) }
        }
        let omitted = Set(function.input.dropFirst(call.inputs.count)).union(
            zip(function.input, call.inputs).filter { $0.1 == nil }.map(\.0))
        let given = Dictionary(call.node.attribute.map { ($0.name, $0) }) { first, _ in first }
        let defaults = Dictionary(function.attributeProto.map { ($0.name, $0) }) { first, _ in first }
        let nodes = function.node.map { node in
            var node = node
            for index in node.input.indices where omitted.contains(node.input[index]) { node.input[index] = "" }
            node.attribute = node.attribute.compactMap { attribute in
                guard attribute.hasRefAttrName, !attribute.refAttrName.isEmpty else { return attribute }
                guard var value = given[attribute.refAttrName] ?? defaults[attribute.refAttrName] else { return nil }
                value.name = attribute.name
                return value
            }
            return node
        }
        try run(nodes, outputs: function.output, in: inner, prefix: call.name + "/", depth: call.depth + 1)
        return try function.output.map { try inner.value($0, reader: &reader) }
    }
}
