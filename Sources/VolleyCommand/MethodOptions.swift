import ArgumentParser
import Volley

/// The options that choose a conversion method and change its settings: one for every setting of any method, made of what the methods
/// say of themselves. A new setting needs no line here.
struct MethodOptions: ParsableArguments {
    @Option(help: "\(ConversionMethods.all.map(\.name).joined(separator: ", ")); 'volley methods' tells them apart")
    var method = ConversionMethods.all[0].name
    /// By name, as text; nil where the option is not given.
    private var settings: [(name: String, option: SettingOption)]

    init() {
        settings = Self.described.map { ($0.name, SettingOption($0)) }
    }

    /// - Throws: ``CommandError`` for an unknown method and for a setting that it does not have; `ConversionError` for values outside
    ///   their range or against each other.
    func chosen() throws -> any ConversionMethod {
        var method = try ConversionMethods.named(self.method)
        do {
            for (name, option) in settings {
                if let text = option.text { try method.set(name, to: text) }
            }
            try method.validate()
        } catch let error as ConversionError {
            throw error.setting.map { CommandError("--\($0) \(error.message)") } ?? error
        }
        return method
    }

    /// One of the settings of all methods, with its value in each method that has it.
    private struct Description {
        var name: String
        var setting: SettingValue
        var values: [(method: String, value: SettingValue)]

        var help: ArgumentHelp {
            let texts = values.map(\.value.shortText)
            let sameForAll = Set(texts).count == 1
            let defaults = sameForAll ? texts[0] : values.map { "\($0.method) \($0.value.shortText)" }.joined(separator: ", ")
            let unit = ["", "1"].contains(setting.unit) ? "" : ", in units of the \(setting.unit)"
            let range = setting.isSwitch ? "" : ": \(setting.range)"
            let meaning = setting.meaning.prefix(1).uppercased() + setting.meaning.dropFirst()
            return ArgumentHelp("\(meaning)\(unit)\(range) (default: \(defaults)).")
        }
    }

    private static let described: [Description] = {
        var found: [Description] = []
        for method in ConversionMethods.all {
            for value in method.settingValues {
                if let index = found.firstIndex(where: { $0.name == value.name }) {
                    found[index].values.append((method.name, value))
                } else {
                    found.append(Description(name: value.name, setting: value, values: [(method.name, value)]))
                }
            }
        }
        return found
    }()

    /// An option with a value, or a switch that can be turned on and off.
    private enum SettingOption {
        case value(Option<String?>)
        case onOff(Flag<Bool?>)

        init(_ description: Description) {
            self =
                description.setting.isSwitch
                ? .onOff(Flag(name: .customLong(description.name), inversion: .prefixedNo, help: description.help))
                : .value(Option(name: .customLong(description.name), parsing: .unconditional, help: description.help))
        }

        var wrapper: Any {
            switch self {
            case .value(let option): option
            case .onOff(let flag): flag
            }
        }

        var text: String? {
            switch self {
            case .value(let option): option.wrappedValue
            case .onOff(let flag): flag.wrappedValue.map { "\($0)" }
            }
        }
    }
}

/// The parser learns of options by reflection and fills them in by decoding: both go over the list instead of over properties.
extension MethodOptions: CustomReflectable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }

    var customMirror: Mirror {
        Mirror(self, children: [("method", _method as Any)] + settings.map { ($0.name, $0.option.wrapper) })
    }

    init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: Key.self)
        _method = try container.decode(Option<String>.self, forKey: Key("method"))
        settings = try settings.map { name, option in
            switch option {
            case .value: (name, .value(try container.decode(Option<String?>.self, forKey: Key(name))))
            case .onOff: (name, .onOff(try container.decode(Flag<Bool?>.self, forKey: Key(name))))
            }
        }
    }
}
