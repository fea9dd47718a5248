/// Reads strict JSON from a file that may be hostile: repeated names, lone surrogates and deep nesting are refused.
struct JSONParser {
    private let bytes: [UInt8]
    private let path: String
    /// Where the document starts in its file, for the messages.
    private let start: Int
    private var position = 0

    private static let deepestNesting = 32

    /// - Throws: `FormatError` (`malformed`) with the offset in the file.
    static func parse(_ bytes: [UInt8], path: String, startingAt start: Int = 0) throws -> JSONValue {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw FormatError(.malformed, "The JSON text is not valid UTF-8.", path: path, offset: start)
        }
        var parser = JSONParser(bytes: bytes, path: path, start: start)
        let value = try parser.value(depth: 0)
        parser.skipWhitespace()
        if parser.position < bytes.count { throw parser.failure("the end") }
        return value
    }

    private init(bytes: [UInt8], path: String, start: Int) {
        self.bytes = bytes
        self.path = path
        self.start = start
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func failure(_ expected: String) -> FormatError {
        let found = next.map { String(UnicodeScalar($0)).quoted } ?? "the end"
        let message = "The JSON text is damaged: expected \(expected), found \(found)."
        return FormatError(.malformed, message, path: path, offset: start + position)
    }

    private mutating func skipWhitespace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    /// Moves over `text` if it comes next.
    private mutating func take(_ text: String) -> Bool {
        guard bytes[position...].starts(with: text.utf8) else { return false }
        position += text.utf8.count
        return true
    }

    private mutating func value(depth: Int) throws -> JSONValue {
        guard depth < JSONParser.deepestNesting else { throw failure("no deeper nesting") }
        skipWhitespace()
        switch next {
        case UInt8(ascii: "{"): return .object(try members(depth: depth))
        case UInt8(ascii: "["): return .array(try elements(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t") where take("true"): return .bool(true)
        case UInt8(ascii: "f") where take("false"): return .bool(false)
        case UInt8(ascii: "n") where take("null"): return .null
        default: return try number()
        }
    }

    /// After an item of a list: whether another one follows.
    private mutating func another(before end: UInt8) throws -> Bool {
        skipWhitespace()
        guard let byte = next, byte == end || byte == UInt8(ascii: ",") else {
            throw failure("a comma or \(String(UnicodeScalar(end)).quoted)")
        }
        position += 1
        return byte != end
    }

    /// At the start of a list: whether it ends at once.
    private mutating func isEmpty(_ end: UInt8) -> Bool {
        position += 1
        skipWhitespace()
        guard next == end else { return false }
        position += 1
        return true
    }

    private mutating func elements(depth: Int) throws -> [JSONValue] {
        let end = UInt8(ascii: "]")
        if isEmpty(end) { return [] }
        var elements: [JSONValue] = []
        repeat { elements.append(try value(depth: depth + 1)) } while try another(before: end)
        return elements
    }

    private mutating func members(depth: Int) throws -> [JSONValue.Member] {
        let end = UInt8(ascii: "}")
        if isEmpty(end) { return [] }
        var members: [JSONValue.Member] = []
        var names: Set<String> = []
        repeat {
            skipWhitespace()
            guard next == UInt8(ascii: "\"") else { throw failure("a name in quotes") }
            let nameStart = start + position
            let name = try string()
            guard names.insert(name).inserted else {
                let message = "The JSON text has the name \(name.quoted) twice in one object."
                throw FormatError(.malformed, message, path: path, offset: nameStart)
            }
            skipWhitespace()
            guard take(":") else { throw failure("a colon") }
            members.append(JSONValue.Member(name: name, value: try value(depth: depth + 1)))
        } while try another(before: end)
        return members
    }

    private mutating func number() throws -> JSONValue {
        let start = position
        _ = take("-")
        let hasLeadingZero = next == UInt8(ascii: "0")
        guard let digits = digits(), !hasLeadingZero || digits == 1 else { throw failure("a value") }
        var isInteger = true
        if take(".") {
            isInteger = false
            guard self.digits() != nil else { throw failure("a digit") }
        }
        if take("e") || take("E") {
            isInteger = false
            if !take("+") { _ = take("-") }
            guard self.digits() != nil else { throw failure("a digit") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let integer = Int(text) { return .integer(integer) }
        guard let number = Double(text) else { throw failure("a number") }
        return .number(number)
    }

    /// Moves over digits and counts them; nil where there is none.
    private mutating func digits() -> Int? {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position > start ? position - start : nil
    }
}

extension JSONParser {
    private mutating func string() throws -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                position += 1
                text += Array(String(try escapedCharacter()).utf8)
            case 0..<0x20: throw failure("no control character inside a string")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw failure("a closing quote")
    }

    private mutating func escapedCharacter() throws -> UnicodeScalar {
        guard let byte = next else { throw failure("an escaped character") }
        let simple: [UInt8: UnicodeScalar] = [
            UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/", UInt8(ascii: "b"): "\u{8}",
            UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "n"): "\n", UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
        ]
        if let scalar = simple[byte] {
            position += 1
            return scalar
        }
        guard take("u") else { throw failure("an escaped character") }
        let unit = try hexadecimalUnit()
        if let scalar = UnicodeScalar(unit) { return scalar }
        // Characters beyond 16 bits are written as two units, the first in D800–DBFF and the second in DC00–DFFF.
        guard unit < 0xDC00, take("\\u") else { throw failure("a pair of surrogates") }
        let second = try hexadecimalUnit()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = UnicodeScalar(0x10000 + (unit - 0xD800) << 10 + (second - 0xDC00))
        else { throw failure("a pair of surrogates") }
        return scalar
    }

    private mutating func hexadecimalUnit() throws -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw failure("a hexadecimal digit")
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }
}
