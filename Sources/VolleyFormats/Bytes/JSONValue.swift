/// A JSON document (RFC 8259) with the members of its objects in the order of the file.
enum JSONValue: Sendable, Equatable {
    struct Member: Sendable, Equatable {
        let name: String
        let value: JSONValue
    }

    case null
    case bool(Bool)
    /// A number without fraction and exponent that an `Int` holds.
    case integer(Int)
    /// Any other number.
    case number(Double)
    case string(String)
    case array([JSONValue])
    /// No two members have the same name.
    case object([Member])

    var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    var string: String? {
        if case .string(let string) = self { string } else { nil }
    }

    /// The elements, if this is an array of integers.
    var integers: [Int]? {
        guard case .array(let elements) = self else { return nil }
        let integers = elements.compactMap { if case .integer(let integer) = $0 { integer } else { nil } }
        return integers.count == elements.count ? integers : nil
    }

    /// The value of the member of this name, if this is an object that has it.
    subscript(name: String) -> JSONValue? { members?.first { $0.name == name }?.value }
}

extension JSONValue {
    /// The string as JSON.
    static func quote(_ string: String) -> String {
        var result = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
