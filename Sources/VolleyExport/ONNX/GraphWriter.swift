internal import VolleyGraph
internal import VolleyONNX
internal import VolleyTensors

/// Collects the operators and constants of an ONNX graph and keeps its names unique.
final class GraphWriter {
    typealias Attributes = [(name: String, value: ONNXDocument.Attribute)]

    private(set) var document: ONNXDocument
    private var taken: Set<String> = []
    /// By what they hold, the constants that equations bring along.
    private var numbers: [UInt32: Symbol] = [:]
    private var integerLists: [[Int]: Symbol] = [:]
    /// By name, the constants of the network and what was made of them.
    private var tensors: [String: Symbol] = [:]
    /// What is being written: operators and the values between them are named after it.
    private var subject = ""
    private var firstOfSubject = 0
    /// What values are called now that got the name of a node.
    private var renamed: [String: String] = [:]

    init(_ document: ONNXDocument) { self.document = document }

    // MARK: Names

    /// Keeps a name for something that is put later.
    /// - Returns: the name, or one like it where it is taken.
    func reserve(_ name: String) -> String {
        var (unique, count) = (name, 1)
        while !taken.insert(unique).inserted {
            count += 1
            unique = "\(name).\(count)"
        }
        return unique
    }

    func symbol(_ name: String) -> Symbol { Symbol(name: name, writer: self) }

    private func current(_ value: Symbol) -> String { renamed[value.name] ?? value.name }

    // MARK: Constants

    /// A number without axes.
    func scalar(_ value: Float) -> Symbol {
        if let symbol = numbers[value.bitPattern] { return symbol }
        let symbol = put("number/\(value)", .floats(Tensor(scalar: value)))
        numbers[value.bitPattern] = symbol
        return symbol
    }

    /// A vector of whole numbers.
    func integers(_ values: [Int]) -> Symbol {
        if let symbol = integerLists[values] { return symbol }
        let name = values.count <= 8 ? "integers/" + values.map(String.init).joined(separator: ",") : "integers/\(values.count)"
        let symbol = put(name, .integers(values, shape: [values.count]))
        integerLists[values] = symbol
        return symbol
    }

    /// A whole number without axes.
    func integer(_ value: Int) -> Symbol { constant("integer/\(value)", .integers([value], shape: [])) }

    /// A constant that is put once under its name, and found again there.
    func constant(_ name: String, _ content: @autoclosure () -> ONNXDocument.Content) -> Symbol {
        if let symbol = tensors[name] { return symbol }
        let symbol = put(name, content())
        tensors[name] = symbol
        return symbol
    }

    /// A constant of the operator that is being written; each has its own.
    func table(_ name: String, _ tensor: Tensor) -> Symbol { put(subject + "/" + name, .floats(tensor)) }

    private func put(_ name: String, _ content: ONNXDocument.Content) -> Symbol {
        let name = reserve(name)
        document.constants.append(ONNXDocument.Constant(name, content))
        return symbol(name)
    }

    // MARK: Operators

    /// Puts an operator and returns its value; a missing input is left out.
    func operation(_ type: String, _ inputs: [Symbol?], _ attributes: Attributes = []) -> Symbol {
        operations(type, inputs, attributes, outputs: 1)[0]
    }

    /// The same for operators with several values.
    func operations(_ type: String, _ inputs: [Symbol?], _ attributes: Attributes = [], outputs: Int) -> [Symbol] {
        let name = reserve(subject + "/" + type)
        let values = outputs == 1 ? [name] : [name] + (1..<outputs).map { reserve("\(name).\($0)") }
        document.operations.append(
            ONNXDocument.Operation(type, name: name, inputs: inputs.map { $0.map(current) ?? "" }, outputs: values, attributes: attributes))
        return values.map { symbol($0) }
    }

    /// Writes what belongs to a node of the network; its value gets the node's name.
    /// - Parameter name: one that was reserved.
    func write(_ name: String, _ body: () throws -> Symbol) rethrows -> Symbol {
        (subject, firstOfSubject) = (name, document.operations.count)
        let value = try body()
        rename(value, to: name)
        return symbol(name)
    }

    /// Gives the value of an operator of this subject another name; a value from elsewhere is handed on under that name.
    private func rename(_ value: Symbol, to name: String) {
        let range = firstOfSubject..<document.operations.count
        guard range.contains(where: { document.operations[$0].outputs.contains(value.name) }) else {
            document.operations.append(ONNXDocument.Operation("Identity", name: name, inputs: [current(value)], outputs: [name]))
            return
        }
        renamed[value.name] = name
        for index in range {
            document.operations[index].outputs.replace([value.name], with: [name])
            document.operations[index].inputs.replace([value.name], with: [name])
        }
    }

    // MARK: Inputs and outputs

    /// - Parameter name: one that was reserved.
    func input(_ name: String, _ shape: SymbolicShape) -> Symbol {
        document.inputs.append(ONNXDocument.Port(name, shape))
        return symbol(name)
    }

    /// - Parameter name: one that was reserved.
    func output(_ name: String, _ value: Symbol, _ shape: SymbolicShape) {
        document.operations.append(ONNXDocument.Operation("Identity", name: name, inputs: [current(value)], outputs: [name]))
        document.outputs.append(ONNXDocument.Port(name, shape))
    }

    func note(_ key: String, _ value: String) { document.metadata.append((key, value)) }

    // MARK: The batch

    /// N as a vector of one whole number, where an input tells it.
    private(set) var batch: Symbol?

    func readBatch(from input: Symbol, _ shape: SymbolicShape) {
        guard batch == nil, let axis = shape.dimensions.firstIndex(where: \.scalesWithBatch) else { return }
        batch = write(reserve("N")) {
            let length = input.applying("Shape").gathered([axis], axis: 0)
            return shape[axis].size == 1 ? length : length / integers([shape[axis].size])
        }
    }

    /// A shape as a vector of whole numbers.
    /// - Parameter infersOne: whether one open length may be left to the operator, as −1.
    func lengths(_ shape: SymbolicShape, infersOne: Bool = false) -> Symbol {
        let open = shape.dimensions.filter(\.scalesWithBatch)
        if open.isEmpty { return integers(shape.dimensions.map(\.size)) }
        if infersOne, open.count == 1, shape.dimensions.allSatisfy({ $0.size > 0 }) {
            return integers(shape.dimensions.map { $0.scalesWithBatch ? -1 : $0.size })
        }
        let parts = shape.dimensions.map { length in
            length.scalesWithBatch ? (length.size == 1 ? batch! : batch! * integers([length.size])) : integers([length.size])
        }
        return operation("Concat", parts, [("axis", .int(0))])
    }
}
