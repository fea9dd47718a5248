import VolleyGraph
import VolleyTensors

/// One node of the file while it is imported: its inputs, its attributes, and where its operations go.
struct Call {
    let importer: Importer
    let node: Onnx_NodeProto
    /// The name of the operation that makes the node's value.
    let name: String
    /// nil where an optional input is left out.
    let inputs: [Value?]
    let scope: Scope
    let depth: Int

    var opset: Int { scope.opset }

    // MARK: Inputs

    func input(_ index: Int) throws -> Value {
        guard let value = optional(index) else {
            throw ONNXError(.malformed, "\(node.opType) needs at least \(index + 1) inputs")
        }
        return value
    }

    func optional(_ index: Int) -> Value? { index < inputs.count ? inputs[index] : nil }

    /// An input whose elements must be known at import.
    func known(_ index: Int, _ what: String) throws -> Known {
        guard let known = try input(index).known else {
            var error = unsupported("\(what) must be known at import, but is computed from the network's inputs")
            error.isUnknownValue = true
            throw error
        }
        return known
    }

    func knownIntegers(_ index: Int, _ what: String) throws -> [Int] {
        let known = try known(index, what)
        try importer.reserve(known.count, from: [known])
        return try known.integers()
    }

    // MARK: Attributes

    func attribute(_ name: String) -> Onnx_AttributeProto? { node.attribute.first { $0.name == name } }

    /// - Throws: ``ONNXError`` beyond ±2^31: no attribute of an operator is larger.
    func int(_ name: String, _ standard: Int) throws -> Int {
        try attribute(name).map { try bounded($0.i, name) } ?? standard
    }

    func ints(_ name: String) throws -> [Int]? { try attribute(name)?.ints.map { try bounded($0, name) } }

    func flag(_ name: String, _ standard: Bool = false) throws -> Bool { try int(name, standard ? 1 : 0) != 0 }

    func float(_ name: String, _ standard: Float) -> Float { attribute(name)?.f ?? standard }

    func string(_ name: String, _ standard: String) -> String {
        attribute(name).map { String(decoding: $0.s, as: UTF8.self) } ?? standard
    }

    private func bounded(_ value: Int64, _ name: String) throws -> Int {
        guard value.magnitude <= Limits.length else {
            throw ONNXError(.malformed, "the attribute \(name.quoted) of \(node.opType) is \(value)")
        }
        return Int(value)
    }

    /// An axis counted from 0.
    func axis(_ axis: Int, rank: Int) throws -> Int {
        let counted = axis < 0 ? axis + rank : axis
        guard (0..<rank).contains(counted) else {
            throw ONNXError(.shapeMismatch, "\(node.opType): there is no axis \(axis) in a value of \(rank) axes")
        }
        return counted
    }

    /// Axes that an attribute names in older versions of an operator and an input in newer ones; nil where none are named.
    func axes(input index: Int) throws -> [Int]? {
        if optional(index) != nil { return try knownIntegers(index, "the axes") }
        return try ints("axes")
    }

    // MARK: Results

    func unsupported(_ what: String) -> ONNXError { ONNXError(.unsupported, "\(node.opType): \(what)") }

    func mismatch(_ what: String) -> ONNXError { ONNXError(.shapeMismatch, "\(node.opType): \(what)") }

    /// Adds an operation. The one that makes the node's value has no `part`; others are called after their part.
    func emit(_ operation: Operator, _ inputs: [Value], kind: ElementKind? = nil, _ part: String? = nil) throws -> Value {
        try importer.add(
            operation, inputs, name: part.map { "\(name).\($0)" } ?? name, kind: kind ?? inputs[0].kind)
    }
}
