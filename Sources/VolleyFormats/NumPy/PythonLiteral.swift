/// The few kinds of Python literals that an `.npy` header consists of. They are read, never evaluated.
enum PythonLiteral {
    case string(String)
    case bool(Bool)
    case integer(Int)
    case tuple([PythonLiteral])
    case list([PythonLiteral])

    /// Reads a dictionary whose keys are strings.
    /// - Throws: `FormatError` (`malformed`) with the offset in the file.
    static func parseDictionary(
        _ bytes: [UInt8], path: String, startingAt start: Int
    ) throws -> [String: PythonLiteral] {
        var parser = PythonLiteralParser(bytes: bytes, path: path, start: start)
        return try parser.dictionary()
    }
}

private struct PythonLiteralParser {
    let bytes: [UInt8]
    let path: String
    let start: Int
    var position = 0

    private static let deepestNesting = 16

    init(bytes: [UInt8], path: String, start: Int) {
        self.bytes = bytes
        self.path = path
        self.start = start
    }

    private var next: Character? { position < bytes.count ? Character(UnicodeScalar(bytes[position])) : nil }

    private func failure(_ expected: String) -> FormatError {
        let found = next.map { String($0).quoted } ?? "the end"
        let message = "The header is damaged: expected \(expected), found \(found)."
        return FormatError(.malformed, message, path: path, offset: start + position)
    }

    private mutating func skipSpaces() {
        while let character = next, character.isWhitespace { position += 1 }
    }

    /// Moves over `character` if it comes next, after spaces.
    private mutating func take(_ character: Character) -> Bool {
        skipSpaces()
        guard next == character else { return false }
        position += 1
        return true
    }

    mutating func dictionary() throws -> [String: PythonLiteral] {
        guard take("{") else { throw failure("{") }
        var members: [String: PythonLiteral] = [:]
        while !take("}") {
            skipSpaces()
            let name = try string()
            guard take(":") else { throw failure("a colon") }
            guard members.updateValue(try value(depth: 0), forKey: name) == nil else {
                throw failure("each key once, but \(name.quoted) comes twice")
            }
            guard take(",") || next == "}" else { throw failure("a comma or }") }
        }
        skipSpaces()
        guard next == nil else { throw failure("the end") }
        return members
    }

    private mutating func value(depth: Int) throws -> PythonLiteral {
        guard depth < PythonLiteralParser.deepestNesting else { throw failure("no deeper nesting") }
        skipSpaces()
        switch next {
        case "'", "\"": return .string(try string())
        case "(": return .tuple(try elements(until: ")", depth: depth))
        case "[": return .list(try elements(until: "]", depth: depth))
        default: return try word()
        }
    }

    private mutating func elements(until end: Character, depth: Int) throws -> [PythonLiteral] {
        position += 1
        var elements: [PythonLiteral] = []
        while !take(end) {
            elements.append(try value(depth: depth + 1))
            guard take(",") || next == end else { throw failure("a comma or \(end)") }
        }
        return elements
    }

    private mutating func string() throws -> String {
        guard let quote = next, quote == "'" || quote == "\"" else { throw failure("a string") }
        let textStart = position + 1
        repeat {
            position += 1
            guard let character = next, character != "\\" else { throw failure("a closing quote") }
        } while next != quote
        position += 1
        guard let text = String(validating: bytes[textStart..<position - 1], as: UTF8.self) else {
            throw failure("UTF-8 before it")
        }
        return text
    }

    /// A number, which Python 2 may have ended with an L, or a truth value.
    private mutating func word() throws -> PythonLiteral {
        let wordStart = position
        while let character = next, character.isASCII, character.isLetter || character.isNumber || character == "-" {
            position += 1
        }
        let text = String(decoding: bytes[wordStart..<position], as: UTF8.self)
        if text == "True" || text == "False" { return .bool(text == "True") }
        guard let integer = Int(text.hasSuffix("L") ? String(text.dropLast()) : text) else {
            position = wordStart
            throw failure("a value")
        }
        return .integer(integer)
    }
}
