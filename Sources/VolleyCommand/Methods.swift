import ArgumentParser
import Volley

struct Methods: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the conversion methods: their papers, what they need of a network, their settings.",
        discussion: """
            Every setting is an option of 'volley convert': --levels 6, --symmetric, --no-symmetric.
            A method 'observes' what it gathers on calibration data; one that observes nothing needs none.
            """)

    @Argument(help: "Only this method.") var name: String?
    @Flag(help: "Print JSON instead of tables.") var json = false

    func run() throws {
        let methods = try name.map { [try ConversionMethods.named($0)] } ?? ConversionMethods.all
        if json {
            try Console.out(String(decoding: try Console.json(methods.map(MethodDescription.init)), as: UTF8.self), terminator: "")
        } else {
            try Console.out(methods.map { MethodDescription($0).text }.joined(separator: "\n"), terminator: "")
        }
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
