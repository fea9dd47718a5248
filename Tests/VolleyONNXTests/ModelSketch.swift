import VolleyTensors
import VolleyTestSupport

/// A protocol buffers message under construction, field by field: the format's own field numbers stand where it is used.
struct Message {
    private(set) var bytes: [UInt8] = []

    mutating func put(_ field: Int, _ value: Int) {
        put(varint: UInt64(field << 3))
        put(varint: UInt64(bitPattern: Int64(value)))
    }

    mutating func put(_ field: Int, _ value: Float) {
        put(varint: UInt64(field << 3 | 5))
        bytes += value.littleEndianBytes
    }

    mutating func put(_ field: Int, _ value: [UInt8]) {
        put(varint: UInt64(field << 3 | 2))
        put(varint: UInt64(value.count))
        bytes += value
    }

    mutating func put(_ field: Int, _ text: String) { put(field, Array(text.utf8)) }
    mutating func put(_ field: Int, _ message: Message) { put(field, message.bytes) }

    private mutating func put(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

extension Float {
    var littleEndianBytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: bitPattern >> (8 * $0)) } }
}

/// A small ONNX model, sound or not.
struct ModelSketch {
    /// A length of an input: a number, a name, or nothing.
    enum Length: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
        case size(Int)
        case named(String)
        case open

        init(integerLiteral value: Int) { self = .size(value) }
        init(stringLiteral value: String) { self = .named(value) }
    }

    enum Attribute {
        case int(Int)
        case ints([Int])
        case float(Float)
        case text(String)
        case tensor(Message)
        case graph(Message)
        /// The function's attribute of that name.
        case reference(String)
    }

    var opset = 17
    private(set) var graph = Message()
    private var functions: [Message] = []

    mutating func input(_ name: String, _ shape: [Length]?, type: Int = 1) { graph.put(11, Self.valueInfo(name, shape, type)) }

    mutating func output(_ name: String) { graph.put(12, Self.valueInfo(name, nil, 1)) }

    mutating func node(
        _ type: String, _ inputs: [String], _ outputs: [String], name: String = "", domain: String = "",
        _ attributes: [(String, Attribute)] = []
    ) {
        graph.put(1, Self.node(type, inputs, outputs, name: name, domain: domain, attributes))
    }

    mutating func initializer(_ tensor: Message) { graph.put(5, tensor) }
    mutating func floats(_ name: String, _ shape: [Int], _ values: [Float]) { initializer(Self.tensor(name, shape, values)) }
    mutating func integers(_ name: String, _ values: [Int]) { initializer(Self.integerTensor(name, [values.count], values)) }

    mutating func function(_ name: String, domain: String, inputs: [String], outputs: [String], attributes: [String] = [], nodes: [Message]) {
        var message = Message()
        message.put(1, name)
        for input in inputs { message.put(4, input) }
        for output in outputs { message.put(5, output) }
        for attribute in attributes { message.put(6, attribute) }
        for node in nodes { message.put(7, node) }
        message.put(10, domain)
        functions.append(message)
    }

    var bytes: [UInt8] {
        var version = Message()
        version.put(1, "")
        version.put(2, opset)
        var model = Message()
        model.put(1, 8)
        model.put(2, "sketch")
        model.put(7, graph)
        model.put(8, version)
        for function in functions { model.put(25, function) }
        return model.bytes
    }

    // MARK: Parts

    static func node(
        _ type: String, _ inputs: [String], _ outputs: [String], name: String = "", domain: String = "",
        _ attributes: [(String, Attribute)] = []
    ) -> Message {
        var message = Message()
        for input in inputs { message.put(1, input) }
        for output in outputs { message.put(2, output) }
        message.put(3, name)
        message.put(4, type)
        for (name, value) in attributes { message.put(5, attribute(name, value)) }
        message.put(7, domain)
        return message
    }

    private static func attribute(_ name: String, _ value: Attribute) -> Message {
        var message = Message()
        message.put(1, name)
        switch value {
        case .float(let number): message.put(2, number)
        case .int(let number): message.put(3, number)
        case .text(let text): message.put(4, text)
        case .tensor(let tensor): message.put(5, tensor)
        case .graph(let graph): message.put(6, graph)
        case .ints(let numbers): for number in numbers { message.put(8, number) }
        case .reference(let other): message.put(21, other)
        }
        return message
    }

    static func tensor(_ name: String, _ shape: [Int], _ values: [Float]) -> Message {
        var message = header(name, shape, type: 1)
        message.put(9, values.flatMap(\.littleEndianBytes))
        return message
    }

    static func integerTensor(_ name: String, _ shape: [Int], _ values: [Int]) -> Message {
        var message = header(name, shape, type: 7)
        for value in values { message.put(7, value) }
        return message
    }

    /// A tensor whose data lies in another file.
    static func externalTensor(_ name: String, _ shape: [Int], _ entries: [(String, String)]) -> Message {
        var message = header(name, shape, type: 1)
        for (key, value) in entries {
            var entry = Message()
            entry.put(1, key)
            entry.put(2, value)
            message.put(13, entry)
        }
        message.put(14, 1)
        return message
    }

    static func header(_ name: String, _ shape: [Int], type: Int) -> Message {
        var message = Message()
        for length in shape { message.put(1, length) }
        message.put(2, type)
        message.put(8, name)
        return message
    }

    private static func valueInfo(_ name: String, _ shape: [Length]?, _ type: Int) -> Message {
        var tensor = Message()
        tensor.put(1, type)
        if let shape {
            var lengths = Message()
            for length in shape {
                var dimension = Message()
                switch length {
                case .size(let size): dimension.put(1, size)
                case .named(let name): dimension.put(2, name)
                case .open: break
                }
                lengths.put(1, dimension)
            }
            tensor.put(2, lengths)
        }
        var value = Message()
        value.put(1, tensor)
        var message = Message()
        message.put(1, name)
        message.put(2, value)
        return message
    }
}
