import ArgumentParser
import Volley

struct Methods: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the conversion methods: their papers, what they need of a network, their settings.",
        discussion: """
            Every setting is an option of 'volley convert': --levels 6, --symmetric, --no-symmetric.
            A method 'observes' what it gathers on calibration data; one that observes nothing needs none.
            --neurons lists the families of neurons that methods put into networks, with the parameters that a .volley file holds of them.
            """)

    @Argument(help: "Only this method.") var name: String?
    @Flag(help: "List the families of neurons instead.") var neurons = false
    @Flag(help: "Print JSON instead of tables.") var json = false

    func run() throws {
        if neurons {
            guard name == nil else { throw CommandError("--neurons lists all families: leave out '\(name!)'") }
            return try write(NeuronFamilies.all.map(FamilyDescription.init), \.text)
        }
        let methods = try name.map { [try ConversionMethods.named($0)] } ?? ConversionMethods.all
        try write(methods.map(MethodDescription.init), \.text)
    }

    private func write<Description: Encodable>(_ descriptions: [Description], _ text: (Description) -> String) throws {
        let all = json ? String(decoding: try Console.json(descriptions), as: UTF8.self) : descriptions.map(text).joined(separator: "\n")
        try Console.out(all, terminator: "")
    }
}

/// What a family of neurons says of itself.
private struct FamilyDescription: Encodable {
    let family: String
    let parameters: [NeuronParameter]

    init(_ type: any NeuronModel.Type) { (family, parameters) = (type.family, type.parameters) }

    var text: String {
        let table = TextTable(
            ["parameter", "symbol", "unit", "default", "range"].map { .text($0) },
            rows: parameters.map { [$0.name, $0.symbol, $0.unit, $0.standard, $0.range] })
        return ([family] + table.lines.map { "  " + $0 }).joined(separator: "\n") + "\n"
    }
}

/// What a method says of itself.
private struct MethodDescription: Encodable {
    let name: String
    let summary: String
    let citation: String
    let standing: Standing
    let needs: [String]
    let observes: [String]
    let settings: [SettingValue]

    init(_ method: any ConversionMethod) {
        name = method.name
        summary = method.summary
        citation = method.citation
        standing = method.standing
        needs = method.requirements.map(\.statement)
        observes = method.observers.map { $0.title }
        settings = method.settingValues
    }

    var text: String {
        var lines = [
            "\(name): \(summary)", "  paper     \(citation)", "  standing  \(standing.text)", "  needs     \(Self.list(needs))",
            "  observes  \(Self.list(observes))", "",
        ]
        let table = TextTable(
            ["setting", "symbol", "default", "range", "unit", "meaning"].map { .text($0) },
            rows: settings.map {
                [$0.name, $0.symbol ?? "", $0.shortValue, $0.range, $0.unit ?? "", $0.meaning]
            })
        lines += table.lines.map { "  " + $0 }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func list(_ texts: [String]) -> String { texts.isEmpty ? "nothing" : texts.joined(separator: "; ") }
}
