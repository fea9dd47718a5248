import VolleyGraph
import VolleyTensors

/// The state of an import: the graph so far, and what the file's names stand for.
final class Importer {
    var builder = GraphBuilder()
    var reader: TensorReader
    /// The file's functions, by domain, name and overload.
    let functions: [FunctionKey: Onnx_FunctionProto]
    /// Whether a batch of 1 that the file fixes is read as N; constants 1 in its shapes may then stand for N.
    let freesFixedBatch: Bool
    private(set) var diagnostics: [Diagnostic] = []
    /// Inputs whose batch of 1 was freed.
    var freedInputs: [String] = []
    var visitedNodes = 0
    private var names: Set<String> = []
    private var constants: [ObjectIdentifier: (identity: Known.Identity, node: NodeID)] = [:]
    private var computedElements = 0

    init(reader: TensorReader, functions: [FunctionKey: Onnx_FunctionProto], freesFixedBatch: Bool) {
        self.reader = reader
        self.functions = functions
        self.freesFixedBatch = freesFixedBatch
    }

    func note(_ subject: String, _ message: String) {
        let diagnostic = Diagnostic(subject, message)
        if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
    }

    /// A name that no node of the graph has yet: this one, or this one with a number.
    func unique(_ name: String) -> String {
        if names.insert(name).inserted { return name }
        var number = 2
        while !names.insert("\(name).\(number)").inserted { number += 1 }
        return "\(name).\(number)"
    }

    // MARK: Values

    /// An operation: computed at once where all that it reads is known, otherwise a node of the graph.
    func add(_ operation: Operator, _ inputs: [Value], name: String, kind: ElementKind) throws -> Value {
        let known = inputs.compactMap(\.known)
        if known.count == inputs.count, !known.contains(where: \.scalesWithBatch),
            let shape = try constantShape(operation, inputs)
        {
            try reserve(shape.count)
            var output = Tensor(shape)
            operation.operation.evaluate(try known.map { try $0.tensor() }, into: &output, on: .best)
            return Value(Known(output, kind: kind))
        }
        let ids = try inputs.map { try node(of: $0, for: name) }
        let id = try builder.add(unique(name), operation, ids)
        let shape = builder.shape(of: id)
        try check(shape)
        return Value(id, kind: kind, shape: shape)
    }

    private func constantShape(_ operation: Operator, _ inputs: [Value]) throws -> Shape? {
        guard operation.operation.arity.contains(inputs.count) else { return nil }
        let shape = try operation.operation.outputShape(inputs.map(\.shape))
        try check(shape)
        return shape.scalesWithBatch ? nil : shape.resolved(batch: 1)
    }

    /// The node that holds a value; a known one becomes a constant.
    func node(of value: Value, for reader: String) throws -> NodeID {
        switch value.content {
        case .node(let id): return id
        case .known(let known): return try constant(known, for: reader)
        case .batchIndex:
            throw ONNXError(.unsupported, "the numbers of a batch's samples are computed with in a way that is not supported")
        case .sequence: throw ONNXError(.unsupported, "a list of values stands where one value is needed")
        case .shapeOnly: throw ONNXError(.unsupported, "the numbers of a batch's samples are compared")
        }
    }

    private func constant(_ known: Known, for reader: String) throws -> NodeID {
        if let node = constants[ObjectIdentifier(known.identity)]?.node { return node }
        let name = unique(known.name ?? reader + ".constant")
        let node = try builder.constant(name, try finite(try known.tensor(), known, name))
        constants[ObjectIdentifier(known.identity)] = (known.identity, node)
        return node
    }

    /// Masks are −∞ or the lowest float, whose sums and differences are infinite or no numbers. Within ±10³⁰ they can be added
    /// up, still swallow every score, and give the same softmax.
    private func finite(_ tensor: Tensor, _ known: Known, _ name: String) throws -> Tensor {
        if known.kind.isInteger, known.numbers.contains(where: { Double(Float($0.value)) != $0.value }) {
            note(name, "holds integers beyond 2^24, which 32-bit floats round")
        }
        let limit = Limits.magnitude
        guard tensor.values.contains(where: { !($0.magnitude <= limit) }) else { return tensor }
        guard !tensor.values.contains(where: \.isNaN) else { throw ONNXError(.malformed, "the constant \(name.quoted) holds NaN") }
        if tensor.values.contains(where: \.isInfinite) {
            note(name, "holds infinite values; ±1e30 stands in their place, which masks as well")
        }
        return Tensor(tensor.shape, tensor.values.map { min(max($0, -limit), limit) })
    }

    // MARK: Limits

    /// - Throws: ``ONNXError`` for shapes that no model of use has.
    func check(_ shape: SymbolicShape) throws {
        guard shape.rank <= Limits.rank else {
            throw ONNXError(.unsupported, "a value of shape \(shape) has more than \(Limits.rank) axes")
        }
        var count = 1
        for length in shape.dimensions {
            let (product, overflow) = count.multipliedReportingOverflow(by: length.size)
            guard length.size >= 0, length.size <= Limits.length, !overflow, product <= Limits.elements else {
                throw ONNXError(.tooLarge, "a value of shape \(shape) is larger than any model needs")
            }
            count = product
        }
    }

    /// Counts what is computed at import.
    func reserve(_ elements: Int) throws {
        computedElements += elements
        guard computedElements <= Limits.computedElements else {
            throw ONNXError(.tooLarge, "the model's constants expand to more than 2^28 elements")
        }
    }
}
