import VolleyGraph

/// The names that nodes may read: those of a graph, of a function, or of a branch inside another scope.
final class Scope {
    /// The version of the standard operators that the scope's nodes mean.
    let opset: Int
    private let parent: Scope?
    private var values: [String: Value] = [:]
    /// The memory that was counted for values.
    private var heldBytes: [String: Int] = [:]
    /// Outputs of imported nodes that nothing computes, by name: what would have to be supported.
    private var unavailable: [String: String] = [:]
    private var doubtful: Set<String> = []
    /// Tensors of the file that nobody has read yet.
    var tensors: [String: Onnx_TensorProto] = [:]

    init(opset: Int, parent: Scope? = nil) {
        self.opset = opset
        self.parent = parent
    }

    /// - Parameter bytes: what to give back when the value is released.
    func set(_ name: String, _ value: Value, holding bytes: Int = 0) {
        values[name] = value
        if bytes > 0 { heldBytes[name] = bytes }
    }

    /// Says that a value stands for one that is not supported, or was made from such.
    func doubt(_ name: String) { doubtful.insert(name) }

    func isDoubtful(_ name: String) -> Bool { doubtful.contains(name) || (values[name] == nil && parent?.isDoubtful(name) == true) }

    func doubt(of node: Onnx_NodeProto) -> UnsupportedNodes.Doubt {
        if node.input.dropFirst().contains(where: isDoubtful) { return .others }
        return node.input.first.map(isDoubtful) == true ? .data : .none
    }

    func setUnavailable(_ name: String, _ reason: String) { unavailable[name] = reason }

    /// Forgets a value that no node reads any more.
    /// - Returns: the memory that was counted for it.
    func release(_ name: String) -> Int {
        values[name] = nil
        return heldBytes.removeValue(forKey: name) ?? 0
    }

    /// - Throws: ``ONNXError`` where nothing makes the value.
    func value(_ name: String, reader: inout TensorReader) throws -> Value {
        if let value = values[name] { return value }
        if let tensor = tensors.removeValue(forKey: name) {
            let value = Value(try reader.read(tensor))
            values[name] = value
            return value
        }
        if let reason = unavailable[name] { throw ONNXError(.unsupported, reason) }
        if let parent { return try parent.value(name, reader: &reader) }
        throw ONNXError(
            .missingValue, "it reads \(name.quoted), which is no input, no initialiser and no node's output; export the model again")
    }
}
