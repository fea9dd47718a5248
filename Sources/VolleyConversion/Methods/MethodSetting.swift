/// Something about a method that can be set: what it is called and what it may be, said once. The command's options, `volley methods`,
/// the checks and what a network records of its origin all follow from it.
public struct MethodSetting<Method>: Sendable {
    /// Where a method keeps a setting.
    public typealias Path<Value> = any WritableKeyPath<Method, Value> & Sendable

    /// As the command's option has it, without the dashes.
    public let name: String
    private let symbol: String?
    private let unit: String?
    private let range: String
    private let rule: String
    private let meaning: String
    private let isSwitch: Bool
    private let read: @Sendable (Method) -> String
    private let write: @Sendable (inout Method, String) -> Bool
    private let isAllowed: @Sendable (Method) -> Bool
    /// Whether it has a say, as the other settings are.
    let isEffective: @Sendable (Method) -> Bool

    /// A setting of any type that can be written as text.
    /// - Parameters:
    ///   - path: where the method keeps it.
    ///   - symbol: as equations have it, where it has one.
    ///   - unit: "1" for a number without a unit; nil for what is no quantity.
    ///   - range: what it may be, for lists.
    ///   - rule: the same as the middle of a sentence: "must lie in 1…24".
    ///   - meaning: what it is, for lists.
    ///   - isEffective: whether it has a say, as the other settings are.
    ///   - text: writes a value.
    ///   - parse: reads a text; nil where it is none of the type.
    ///   - isAllowed: whether a value is in the range.
    public init<Value>(
        _ name: String, _ path: Path<Value>, symbol: String? = nil, unit: String? = nil, range: String, rule: String,
        meaning: String, isSwitch: Bool = false, when isEffective: @escaping @Sendable (Method) -> Bool = { _ in true },
        text: @escaping @Sendable (Value) -> String = { "\($0)" }, parse: @escaping @Sendable (String) -> Value?,
        isAllowed: @escaping @Sendable (Value) -> Bool
    ) {
        self.name = name
        self.symbol = symbol
        self.unit = unit
        self.range = range
        self.rule = rule
        self.meaning = meaning
        self.isSwitch = isSwitch
        self.isEffective = isEffective
        read = { text($0[keyPath: path]) }
        write = { method, text in
            guard let value = parse(text), isAllowed(value) else { return false }
            method[keyPath: path] = value
            return true
        }
        self.isAllowed = { isAllowed($0[keyPath: path]) }
    }

    /// A number in a range.
    public init<Value: LosslessStringConvertible & Comparable & Sendable>(
        _ name: String, _ path: Path<Value>, in range: ClosedRange<Value>, symbol: String? = nil,
        unit: String? = "1", when isEffective: @escaping @Sendable (Method) -> Bool = { _ in true }, _ meaning: String
    ) {
        let text = "\(SettingValue.short("\(range.lowerBound)"))…\(SettingValue.short("\(range.upperBound)"))"
        self.init(
            name, path, symbol: symbol, unit: unit, range: text, rule: "must lie in \(text)", meaning: meaning, when: isEffective,
            parse: { Value($0) }, isAllowed: { range.contains($0) })
    }

    /// A finite number above 0.
    public init<Value: LosslessStringConvertible & FloatingPoint & Sendable>(
        positive name: String, _ path: Path<Value>, symbol: String? = nil, unit: String? = "1",
        when isEffective: @escaping @Sendable (Method) -> Bool = { _ in true }, _ meaning: String
    ) {
        self.init(
            name, path, symbol: symbol, unit: unit, range: "> 0", rule: "must be a finite number above 0", meaning: meaning, when: isEffective,
            parse: { Value($0) }, isAllowed: { $0 > 0 && $0.isFinite })
    }

    /// One of several words.
    public init<Value: RawRepresentable<String> & CaseIterable & Sendable>(
        choice name: String, _ path: Path<Value>,
        when isEffective: @escaping @Sendable (Method) -> Bool = { _ in true }, _ meaning: String
    ) {
        let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
        self.init(
            name, path, range: words, rule: "is one of \(words)", meaning: meaning, when: isEffective, text: \.rawValue,
            parse: { Value(rawValue: $0) }, isAllowed: { _ in true })
    }

    /// A switch.
    public init(
        switch name: String, _ path: Path<Bool>,
        when isEffective: @escaping @Sendable (Method) -> Bool = { _ in true }, _ meaning: String
    ) {
        self.init(
            name, path, range: "yes, no", rule: "is yes or no", meaning: meaning, isSwitch: true, when: isEffective,
            parse: { ["yes": true, "no": false][$0] ?? Bool($0) }, isAllowed: { _ in true })
    }

    /// What lists say of it.
    public func value(in method: Method) -> SettingValue {
        SettingValue(name: name, symbol: symbol, unit: unit, value: read(method), range: range, meaning: meaning, isSwitch: isSwitch)
    }

    /// - Throws: ``ConversionError`` for a text that is no value in the range.
    func set(_ text: String, in method: inout Method) throws {
        guard write(&method, text) else { throw ConversionError(.badSettings, "\(rule), found '\(text)'", setting: name) }
    }

    /// - Throws: ``ConversionError`` for a value outside the range.
    func check(_ method: Method) throws {
        guard isAllowed(method) else { throw ConversionError(.badSettings, "\(rule), found \(read(method))", setting: name) }
    }
}

/// A setting and its value, for lists and options.
public struct SettingValue: Sendable, Hashable, Codable {
    public let name: String
    /// As equations have it, where it has one.
    public let symbol: String?
    /// "1" for a number without a unit; nil for what is no quantity.
    public let unit: String?
    /// The value as text: of a method as it is listed, the default.
    public let value: String
    /// What it may be.
    public let range: String
    /// What it is.
    public let meaning: String
    /// Whether it is true or false.
    public let isSwitch: Bool

    /// The value as people write it: `1` for `1.0`, `yes` for `true`.
    public var shortValue: String { isSwitch ? (value == "true" ? "yes" : "no") : Self.short(value) }

    static func short(_ number: String) -> String {
        let text = number.hasSuffix(".0") ? String(number.dropLast(2)) : number
        return text.hasPrefix("-") ? "−" + text.dropFirst() : text
    }
}
