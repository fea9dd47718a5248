import Foundation
import VolleyTensors

/// A JSON object from a file, or one nested in it, read key by key. A key whose value is `null` counts as absent.
struct Configuration {
    let path: String
    /// The keys that have a value.
    let keys: Set<String>
    /// What stands before the keys in messages: "" or the name of the section and a dot.
    private let prefix: String
    private let members: [String: ConfigurationValue]
    private let nulls: Set<String>

    private static let largestFile = 64_000_000

    /// - Throws: `ModelError` (`malformedConfiguration`) where the file is no JSON object.
    init(path: String) throws {
        func failure(_ reason: String) -> ModelError {
            ModelError(.malformedConfiguration, "The configuration cannot be read. \(reason)", path: path)
        }
        let file: InputFile
        do {
            file = try InputFile(path: path)
        } catch let error as FileError {
            throw failure(error.message)
        }
        guard file.count <= Self.largestFile else {
            throw failure("It has \(file.count) bytes; at most \(Self.largestFile) are allowed.")
        }
        do {
            let value = try JSONDecoder().decode(ConfigurationValue.self, from: Data(try file.allBytes))
            guard case .object(let members) = value else { throw failure("Expected a JSON object, found \(value).") }
            self.init(members, path: path, prefix: "")
        } catch let error as DecodingError {
            guard case .dataCorrupted(let context) = error else { throw failure("It is not valid JSON.") }
            let cause = context.underlyingError.map { " (\($0.localizedDescription))" } ?? ""
            throw failure("\(context.debugDescription)\(cause) Fetch the file again.")
        }
    }

    private init(_ members: [String: ConfigurationValue], path: String, prefix: String) {
        self.members = members.filter { $0.value != .null }
        nulls = Set(members.keys.filter { members[$0] == .null })
        self.path = path
        self.prefix = prefix
        keys = Set(self.members.keys)
    }

    subscript(key: String) -> ConfigurationValue? { members[key] }

    /// Whether a key is there with the value `null`.
    func isNull(_ key: String) -> Bool { nulls.contains(key) }

    /// The key with the section it stands in, for messages.
    func name(of key: String) -> String { prefix + key }

    func wrongValue(_ key: String, expected: String) -> ModelError {
        let message = "The value of \(name(of: key)) is \(members[key] ?? .null); expected \(expected)."
        return ModelError(.badValue, message, path: path)
    }

    /// The object under a key.
    func section(_ key: String) throws -> Configuration? {
        guard let value = members[key] else { return nil }
        guard case .object(let members) = value else { throw wrongValue(key, expected: "an object") }
        return Configuration(members, path: path, prefix: name(of: key) + ".")
    }

    /// In place of a section that is not there.
    func emptySection(_ key: String) -> Configuration { Configuration([:], path: path, prefix: name(of: key) + ".") }

    func flag(_ key: String) throws -> Bool? {
        guard let value = members[key] else { return nil }
        guard case .flag(let flag) = value else { throw wrongValue(key, expected: "true or false") }
        return flag
    }

    func text(_ key: String) throws -> String? {
        guard let value = members[key] else { return nil }
        guard case .text(let text) = value else { throw wrongValue(key, expected: "a text") }
        return text
    }

    func texts(_ key: String) throws -> [String]? {
        guard let value = members[key] else { return nil }
        guard case .list(let list) = value else { throw wrongValue(key, expected: "a list of texts") }
        return try list.map {
            guard case .text(let text) = $0 else { throw wrongValue(key, expected: "a list of texts") }
            return text
        }
    }

    func number(_ key: String, in range: ClosedRange<Double>) throws -> Double? {
        guard let value = members[key] else { return nil }
        guard let number = value.number, range.contains(number) else {
            throw wrongValue(key, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A list of numbers, or a single one.
    func numbers(_ key: String) throws -> [Double]? {
        guard let value = members[key] else { return nil }
        let list = if case .list(let list) = value { list } else { [value] }
        return try list.map {
            guard let number = $0.number, number.isFinite else { throw wrongValue(key, expected: "finite numbers") }
            return number
        }
    }

    func integer(_ key: String, from smallest: Int = 1) throws -> Int? {
        guard let value = members[key] else { return nil }
        guard let integer = value.integer, (smallest...Size.largest).contains(integer) else {
            throw wrongValue(key, expected: "a whole number from \(smallest) to \(Size.largest)")
        }
        return integer
    }

    func size(_ key: String) throws -> Size? {
        try integer(key).map { Size($0, "\(name(of: key)) is \($0)") }
    }

    /// Height and width: a list of two lengths, or one for both.
    func extent(_ key: String) throws -> (height: Size, width: Size)? {
        guard let value = members[key] else { return nil }
        let list = if case .list(let list) = value { list } else { [value, value] }
        let lengths = list.compactMap(\.integer)
        guard list.count == 2, lengths.count == 2, lengths.allSatisfy((1...Size.largest).contains) else {
            throw wrongValue(key, expected: "a length or a list of two, each from 1 to \(Size.largest)")
        }
        let origin = "\(name(of: key)) is \(value)"
        return (Size(lengths[0], origin), Size(lengths[1], origin))
    }
}

extension ConfigurationValue {
    fileprivate var integer: Int? {
        if case .integer(let integer) = self { integer } else { nil }
    }

    fileprivate var number: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
    }
}
