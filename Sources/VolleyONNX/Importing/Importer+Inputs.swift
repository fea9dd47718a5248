import VolleyGraph
import VolleyTensors

extension Importer {
    /// Makes the graph's inputs. What is given as a constant becomes known at import instead.
    /// - Throws: ``ONNXError`` where a length stays open, or something given does not fit.
    func makeInputs(
        _ declared: [Onnx_ValueInfoProto], shapes: [String: [Int]], constants: [String: Tensor], in scope: Scope
    ) throws {
        let names = declared.map(\.name)
        for name in (Array(shapes.keys) + constants.keys).sorted() where !names.contains(name) {
            throw ONNXError(
                .badInput, "the model has no input \(name.quoted); its inputs are \(names.map(\.quoted).joined(separator: ", "))")
        }
        guard Set(names).count == names.count else { throw ONNXError(.malformed, "two inputs have the same name") }
        let lengths = try InputLengths(declared, given: shapes, freedBatch: freedBatch)
        freedInputs = lengths.freed.filter { constants[$0] == nil }
        var open: [Remedy] = []
        for input in declared {
            let kind = try Self.kind(of: input)
            if let tensor = constants[input.name] {
                var known = Known(tensor, kind: kind)
                if !kind.isFloating { known.content = .numbers(known.numbers) }
                scope.set(input.name, Value(known))
                continue
            }
            guard let shape = lengths.shapes[input.name] else {
                open.append(Remedy(.inputShapes, "\(input.name)=\(lengths.sketches[input.name] ?? "…")"))
                continue
            }
            try check(shape)
            try checkSample(shape)
            let node = try builder.input(unique(input.name), shape: shape)
            scope.set(input.name, Value(node, kind: kind, shape: shape))
        }
        guard open.isEmpty else {
            let listed = open.map(\.description).joined(separator: " ")
            throw ONNXError(
                .openShape, "the file leaves lengths of its inputs open; say them, the batch first: \(listed)", remedies: open)
        }
    }

    private static func kind(of input: Onnx_ValueInfoProto) throws -> ElementKind {
        guard case .tensorType(let tensor) = input.type.value else {
            throw ONNXError(.unsupported, "the input \(input.name.quoted) is not an array")
        }
        return try ElementKind(Int(tensor.elemType))
    }
}

/// The shapes of a model's inputs: what the file says, completed by what the user says. The first length of an input is
/// the batch size N unless the file fixes it and it cannot be freed.
struct InputLengths {
    /// By input; those with an open length are missing.
    private(set) var shapes: [String: SymbolicShape] = [:]
    /// By input: its shape as far as it is known, as the user would write it.
    private(set) var sketches: [String: String] = [:]
    /// The inputs whose batch the file fixes and that are read as N.
    private(set) var freed: [String] = []

    private typealias Length = Onnx_TensorShapeProto.Dimension.OneOf_Value

    init(_ inputs: [Onnx_ValueInfoProto], given: [String: [Int]], freedBatch: Int?) throws {
        var named: [String: SymbolicLength] = [:]
        var declared: [String: [Length?]] = [:]
        for input in inputs {
            let lengths = try Self.declared(input, given[input.name])
            declared[input.name] = lengths
            for (axis, length) in lengths.enumerated() {
                guard case .dimParam(let name) = length, !name.isEmpty else { continue }
                if axis == 0, Self.multiple(name) == nil {
                    named[name] = .batch
                } else if let size = given[input.name]?[axis], named[name] == nil {
                    named[name] = SymbolicLength(size)
                }
            }
        }
        for input in inputs {
            let name = input.name
            guard let lengths = declared[name] else { continue }
            if lengths.isEmpty, !input.type.tensorType.hasShape { continue }
            let resolved = lengths.enumerated().map { axis, length in
                Self.resolve(length, axis, given[name]?[axis], named, freedBatch)
            }
            if case .dimValue = lengths.first ?? nil, resolved.first == .batch { freed.append(name) }
            sketches[name] = resolved.map { $0.map { $0 == .batch ? "1" : String($0.size) } ?? "?" }.joined(separator: ",")
            let known = resolved.compactMap(\.self)
            if known.count == lengths.count { shapes[name] = SymbolicShape(known) }
        }
    }

    private static func declared(_ input: Onnx_ValueInfoProto, _ given: [Int]?) throws -> [Length?] {
        let tensor = input.type.tensorType
        if let given {
            guard given.allSatisfy({ (1...Limits.length).contains($0) }), given.count <= Limits.rank else {
                throw ONNXError(.badInput, "the shape \(given) given for the input \(input.name.quoted) makes no sense")
            }
        }
        guard tensor.hasShape else { return given.map { $0.map { _ in nil } } ?? [] }
        let lengths = tensor.shape.dim.map(\.value)
        guard lengths.count <= Limits.rank else {
            throw ONNXError(.unsupported, "the input \(input.name.quoted) has more than \(Limits.rank) axes")
        }
        for case .dimValue(let size) in lengths where size > Int64(Limits.length) {
            throw ONNXError(.malformed, "the input \(input.name.quoted) has a length of \(size)")
        }
        guard let given else { return lengths.map(meaning) }
        guard given.count == lengths.count else {
            throw ONNXError(
                .badInput, "the shape \(given) is given for the input \(input.name.quoted), which has \(lengths.count) axes")
        }
        for (axis, length) in lengths.enumerated() {
            if case .dimValue(let size) = length, size >= 0, given[axis] != Int(size), axis > 0 || size != 1 {
                throw ONNXError(
                    .badInput, "the shape \(given) is given for the input \(input.name.quoted), but the file fixes axis \(axis) at \(size)")
            }
        }
        return lengths.map(meaning)
    }

    /// Negative lengths are open, and so are names that name nothing: programs write "?" for several lengths that differ.
    private static func meaning(_ length: Length?) -> Length? {
        switch length {
        case .dimValue(let size): size < 0 ? nil : length
        case .dimParam(let name):
            name.contains(where: \.isLetter) && !["none", "null", "unknown"].contains(name.lowercased()) ? length : nil
        case nil: nil
        }
    }

    /// k of a length that is called kN, as models that are exported here have it; nil for other names.
    private static func multiple(_ name: String) -> Int? {
        guard name.hasSuffix("N"), let factor = Int(name.dropLast()), (2...Limits.length).contains(factor) else { return nil }
        return factor
    }

    private static func resolve(
        _ length: Length?, _ axis: Int, _ given: Int?, _ named: [String: SymbolicLength], _ freedBatch: Int?
    ) -> SymbolicLength? {
        switch length {
        case .dimValue(let size): axis == 0 && freedBatch == Int(size) ? .batch : SymbolicLength(Int(size))
        case .dimParam(let name) where multiple(name) != nil: SymbolicLength(multiple(name)!, scalesWithBatch: true)
        case .dimParam(let name):
            // What is said of this input counts before what the name means elsewhere; only N stays free.
            axis == 0 ? .batch : named[name] == .batch ? .batch : given.map { SymbolicLength($0) } ?? named[name]
        case nil: axis == 0 ? .batch : given.map { SymbolicLength($0) }
        }
    }
}
