import Foundation
import Testing
import Volley
import VolleyTestSupport

/// `volley methods`, and the options of `volley convert` that follow from the same list.
@Suite struct MethodsTests {
    private struct Listed: Decodable {
        var name: String
        var citation: String
        var needs: [String]
        var observes: [String]
        var settings: [SettingValue]
    }

    @Test func everyMethodIsListedWithPaperNeedsAndSettings() throws {
        let table = try CommandLineTool.run(["methods"])
        let json = try CommandLineTool.run(["methods", "--json"])
        #expect(table.code == 0 && json.code == 0)
        let listed = try JSONDecoder().decode([Listed].self, from: Data(json.output.utf8))
        #expect(listed.map(\.name) == ConversionMethods.all.map(\.name))
        for (method, entry) in zip(ConversionMethods.all, listed) {
            #expect(entry.citation == method.citation && entry.needs == method.requirements.map(\.statement))
            #expect(entry.observes.count == method.observers.count && entry.settings == method.settingValues)
            for text in [method.name, method.citation] + entry.needs + entry.observes + entry.settings.flatMap({ [$0.name, $0.range, $0.meaning] }) {
                #expect(table.output.contains(text), "\(text)")
            }
        }
        let one = try CommandLineTool.run(["methods", "differential"])
        #expect(one.code == 0 && one.output.hasPrefix("differential") && !one.output.contains("ecmt"))
        let unknown = try CommandLineTool.run(["methods", "magic"])
        #expect(unknown.code == 2 && unknown.errors.contains("known: \(listed.map(\.name).joined(separator: ", "))"))
    }

    /// Every setting of every method is an option that reaches the network, and one outside its range is refused by its name.
    @Test func neuronsAreListedWithTheirParameters() throws {
        let outcome = try CommandLineTool.run(["methods", "--neurons"])
        #expect(outcome.code == 0)
        for family in NeuronFamilies.all {
            #expect(outcome.output.contains("\(family.family)\n") && !family.parameters.isEmpty)
            for parameter in family.parameters { #expect(outcome.output.contains("  \(parameter.name) "), "\(family.family)") }
        }
        let json = try CommandLineTool.run(["methods", "--neurons", "--json"])
        #expect(try (JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [Any])?.count == NeuronFamilies.all.count)
        #expect(try CommandLineTool.run(["methods", "ecmt", "--neurons"]).code == 2)
    }

    @Test func everySettingIsAnOption() throws {
        let folder = try TemporaryDirectory()
        let help = try CommandLineTool.run(["convert", "--help"]).output
        for method in ConversionMethods.all {
            let (model, data) = Self.sample(for: method)
            var options: [String] = []
            for setting in method.settingValues {
                #expect(help.contains("--\(setting.name)"))
                options += setting.isSwitch ? [(setting.value == "true" ? "--" : "--no-") + setting.name] : ["--" + setting.name, setting.value]
                guard !setting.isSwitch else { continue }
                let wrong = try CommandLineTool.run(
                    [
                        "convert", model, "--calibration", data, "--method", method.name, "--\(setting.name)", "-nothing",
                        "-o", folder.file("no.volley"),
                    ])
                #expect(
                    wrong.code == 2 && wrong.errors.contains("--\(setting.name) ") && wrong.errors.contains("found '-nothing'"), "\(wrong.errors)")
            }
            let path = folder.file(method.name + ".volley")
            let outcome = try CommandLineTool.run(
                ["convert", model, "--calibration", data, "--limit", "4", "--no-check", "--method", method.name, "-o", path]
                    + options)
            #expect(outcome.code == 0, "\(outcome.errors)")
            let settings = try SpikingNetwork(contentsOf: path).provenance.settings
            for setting in method.settingValues where method is MultiThreshold || settings[setting.name] != nil {
                #expect(settings[setting.name] == setting.value, "\(setting.name)")
            }
        }
    }

    /// A model that a method takes, and samples for it.
    private static func sample(for method: any ConversionMethod) -> (model: String, data: String) {
        switch method.name {
        case "ecmt", "differential", "sta": (Fixture.path("digits-vit"), Fixture.path("digits-vit/calibration.npz"))
        case "strelu": (Fixture.path("methods/symmetric.onnx"), Fixture.path("methods/calibration.npz"))
        default: (Fixture.path("methods/diehl-data-conv.onnx"), Fixture.path("methods/calibration.npz"))
        }
    }

    @Test func negativeNumbersAreValues() throws {
        let folder = try TemporaryDirectory()
        let model = Fixture.path("digits-vit")
        let path = folder.file("net.volley")
        let outcome = try CommandLineTool.run(
            ["convert", model, "--thresholds", model + "/thresholds.json", "--initial-potential", "-0.25", "-o", path])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try SpikingNetwork(contentsOf: path).provenance.settings["initial-potential"] == "-0.25")
    }
}
