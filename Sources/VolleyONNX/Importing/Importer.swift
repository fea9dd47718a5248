import VolleyGraph
import VolleyTensors

/// The state of an import: the graph so far, and what the file's names stand for.
final class Importer {
    var builder = GraphBuilder()
    var reader: TensorReader
    /// The file's functions, by domain, name and overload.
    let functions: [FunctionKey: Onnx_FunctionProto]
    /// The batch that the file fixes, where it is read as N; this number in its shapes may then stand for N.
    let freedBatch: Int?
    private(set) var diagnostics: [Diagnostic] = []
    /// Inputs whose batch was freed.
    var freedInputs: [String] = []
    /// What every softmax is taken of.
    var softmaxRows: [NodeID: NotANumber.Rows] = [:]
    var visitedNodes = 0
    var unsupported = UnsupportedNodes()
    /// By name: the number that the next value of this name gets.
    private var names: [String: Int] = [:]
    private var noted: Set<Diagnostic> = []
    private var constants: [ObjectIdentifier: (identity: Known.Identity, node: NodeID)] = [:]
    var budget = WorkBudget()
    private var operations = 0
    /// How many nodes the file has, those of its functions included.
    let fileNodes: Int

    init(reader: TensorReader, functions: [FunctionKey: Onnx_FunctionProto], nodes: Int, freedBatch: Int?) {
        fileNodes = functions.values.reduce(nodes) { $0 + $1.node.count }
        self.reader = reader
        self.functions = functions
        self.freedBatch = freedBatch
    }

    func note(_ subject: String, _ message: String) {
        let diagnostic = Diagnostic(subject, message)
        if noted.insert(diagnostic).inserted { diagnostics.append(diagnostic) }
    }

    /// A name that no node of the graph has yet: this one, or this one with a number.
    func unique(_ name: String) -> String {
        guard var number = names.updateValue(2, forKey: name) else { return name }
        while names["\(name).\(number)"] != nil { number += 1 }
        names[name] = number + 1
        names["\(name).\(number)"] = 2
        return "\(name).\(number)"
    }

    // MARK: Values

    /// An operation: computed at once where all that it reads is known, otherwise a node of the graph.
    func add(_ operation: Operator, _ inputs: [Value], name: String, kind: ElementKind) throws -> Value {
        let known = inputs.compactMap(\.known)
        if known.count == inputs.count, !known.contains(where: \.scalesWithBatch),
            let shape = try constantShape(operation, inputs)
        {
            let work = operation.work(inputs: known.map { Shape($0.shape) }, output: shape)
            try spend(work)
            try reserve(shape.count, as: Float.self)
            var output = Tensor(shape)
            if shape.count > 0 {
                operation.operation.evaluate(try known.map { try $0.tensor() }, into: &output, on: .best)
            }
            return Value(Known(output, kind: kind))
        }
        let ids = try inputs.map { try node(of: $0, for: name) }
        operations += 1
        guard operations <= Limits.operations + Limits.operationsPerNode * fileNodes else {
            throw ONNXError(.tooLarge, "the model becomes \(operations) operations, more than its \(fileNodes) nodes can need")
        }
        try budget.keep(ids.count * MemoryLayout<NodeID>.stride)
        let id = try builder.add(unique(name), operation, ids)
        let shape = builder.shape(of: id)
        try check(shape)
        try checkSample(shape)
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
        try budget.keep(known.count * MemoryLayout<Float>.stride)
        let node = try builder.constant(name, try finite(try known.tensor(), known, name))
        constants[ObjectIdentifier(known.identity)] = (known.identity, node)
        return node
    }

    /// Masks are −∞ or the lowest float, whose sums and differences are infinite or no numbers. ±10³⁰ and half of it can be added
    /// up, still swallow every score, and give the same softmax.
    private func finite(_ tensor: Tensor, _ known: Known, _ name: String) throws -> Tensor {
        if known.kind.isInteger, known.numbers.contains(where: { Double(Float($0.value)) != $0.value }) {
            note(name, "holds integers beyond 2^24, which 32-bit floats round")
        }
        let limit = Limits.magnitude
        guard tensor.values.contains(where: { !($0.magnitude <= limit) }) else { return tensor }
        guard !tensor.values.contains(where: \.isNaN) else { throw ONNXError(.malformed, "the constant \(name.quoted) holds NaN") }
        if known.name != nil, tensor.values.contains(where: \.isInfinite) {
            note(name, "holds infinite values; ±1e30 stands in their place, which masks as well")
        }
        return Tensor(tensor.shape, tensor.values.map(Limits.bounded))
    }

    // MARK: Limits

    /// - Throws: ``ONNXError`` for shapes that no model of use has. For others no product of lengths overflows.
    func check(_ shape: SymbolicShape) throws {
        guard shape.rank <= Limits.rank else {
            throw ONNXError(.unsupported, "a value of shape \(shape) has more than \(Limits.rank) axes")
        }
        guard shape.isSupported else {
            throw ONNXError(.tooLarge, "a value of shape \(shape) is larger than any model needs")
        }
    }

    /// - Throws: ``ONNXError`` where one sample's part of a computed value is larger than any network's.
    func checkSample(_ shape: SymbolicShape) throws {
        guard shape.perSample.count <= Limits.sampleElements else {
            throw ONNXError(.tooLarge, "a value of shape \(shape) has more than 2^28 elements per sample")
        }
    }

    /// Counts elements that are about to be computed at import.
    func reserve<Element>(_ elements: Int, as type: Element.Type = KnownNumber.self) throws {
        budget.fileElements = reader.elementsRead
        try budget.make(elements, as: type)
    }

    /// Counts a copy of some elements of an array.
    func reserve(_ elements: Int, like known: Known) throws {
        switch known.content {
        case .floats: try reserve(elements, as: Float.self)
        case .numbers: try reserve(elements)
        }
    }

    /// Counts numbers that are about to be computed from arrays, those of the arrays included where they are not there yet.
    func reserve(_ elements: Int, from operands: [Known]) throws {
        for operand in operands {
            if case .floats = operand.content { try reserve(operand.count) }
        }
        try reserve(elements)
    }

    /// Counts work that leaves nothing behind.
    func spend(_ nanoseconds: Int) throws {
        budget.fileElements = reader.elementsRead
        try budget.spend(nanoseconds)
    }

    /// Counts a value that a name stands for from now on.
    /// - Returns: the memory that it takes.
    func hold(_ value: Value) throws -> Int {
        try check(value.shape)
        let bytes = value.byteCount
        try budget.hold(bytes)
        return bytes
    }
}
