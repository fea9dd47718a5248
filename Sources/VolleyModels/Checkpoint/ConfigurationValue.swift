/// A value from a JSON file.
enum ConfigurationValue: Hashable, Sendable, Decodable, CustomStringConvertible {
    case null
    case flag(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([ConfigurationValue])
    case object([String: ConfigurationValue])

    private static let deepestNesting = 16

    init(from decoder: any Decoder) throws {
        guard decoder.codingPath.count <= Self.deepestNesting else {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "It is nested too deeply."))
        }
        let value = try decoder.singleValueContainer()
        if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let integer = try? value.decode(Int.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let flag = try? value.decode(Bool.self) {
            self = .flag(flag)
        } else if value.decodeNil() {
            self = .null
        } else if let list = try? decoder.unkeyedContainer() {
            var list = list
            var elements: [ConfigurationValue] = []
            while !list.isAtEnd { elements.append(try list.decode(ConfigurationValue.self)) }
            self = .list(elements)
        } else {
            self = .object(try value.decode([String: ConfigurationValue].self))
        }
    }

    /// As Python would print it, near enough for a message.
    var description: String {
        switch self {
        case .null: "null"
        case .flag(let flag): String(flag)
        case .integer(let integer): String(integer)
        case .number(let number): String(number)
        case .text(let text): text.quoted
        case .list(let list):
            "[" + list.prefix(8).map(\.description).joined(separator: ", ") + (list.count > 8 ? ", …]" : "]")
        case .object(let members): "{" + members.keys.sorted().listed + "}"
        }
    }
}
