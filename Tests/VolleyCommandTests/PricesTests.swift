import Foundation
import Testing
import Volley
import VolleyTestSupport

/// `--prices`, and what tables and JSON say of the spikes that an energy was counted for.
@Suite struct PricesTests {
    private let folder: TemporaryDirectory
    private let data = Fixture.path("digits-vit/test.npz")

    init() throws { folder = try TemporaryDirectory() }

    private func network(_ name: String, _ extra: [String]) throws -> String {
        let model = Fixture.path("digits-vit")
        let outcome = try CommandLineTool.run(
            ["convert", model, "--calibration", model + "/calibration.npz", "--limit", "64", "-o", folder.file(name)] + extra)
        #expect(outcome.code == 0 && outcome.output.contains("energy strict"), "\(outcome.output) \(outcome.errors)")
        return folder.file(name)
    }

    private func evaluate(_ network: String, _ extra: [String]) throws -> (results: Results, text: String) {
        let json = folder.file("results.json")
        let outcome = try CommandLineTool.run(
            ["evaluate", network, data, "--steps", "2", "--limit", "30", "--no-ann", "--json", json] + extra)
        #expect(outcome.code == 0, "\(outcome.errors)")
        return (try JSONDecoder().decode(Results.self, from: Data(contentsOf: URL(filePath: json))), outcome.output)
    }

    private func write(_ text: String) throws -> String {
        try folder.write(Array(text.utf8), to: "prices.json")
        return folder.file("prices.json")
    }

    /// Where all values are powers of two, strict is exact; elsewhere events cost up to 4.6 instead of 0.9.
    @Test func finerLaddersCostMoreWhereTheyMultiply() throws {
        let plain = try evaluate(try network("plain.volley", ["--method", "differential"]), [])
        #expect(plain.results.steps.allSatisfy { $0.energy.strict == $0.energy.exact && $0.counts.gradedAccumulates == 0 })
        let finer = try evaluate(try network("finer.volley", ["--method", "differential", "--steps-per-octave", "4"]), [])
        for step in finer.results.steps {
            #expect(step.energy.strict > 1.5 * step.energy.exact && step.energy.strict < 4.6 / 0.9 * step.energy.exact)
            #expect(step.counts.gradedAccumulates > 0 && step.counts.gradedAccumulates < step.counts.accumulates)
        }
        #expect(finer.results.grades.stepsPerOctave == 4 && finer.results.grades.weightCopies == 4)
        #expect(finer.text.contains("4 steps per octave, 4 copies of the weights") && finer.text.contains("prices '45nm'"))
        #expect(plain.text.contains("1 step per octave, 1 copy of the weights") && finer.text.contains("strict"))
    }

    @Test func listsAreNamedAndRead() throws {
        let network = try network("net.volley", [])
        let standing = try evaluate(network, []).results
        #expect(standing.prices == .arithmetic)
        let memory = try evaluate(network, ["--prices", "45nm-sram"])
        #expect(memory.results.prices == .withMemory && memory.text.contains("prices '45nm-sram'"))
        #expect(memory.results.steps.map(\.counts) == standing.steps.map(\.counts) && memory.results.steps[1].energy != standing.steps[1].energy)
        let file = try write(PriceFile.form.replacing("\"ac\": 0.9", with: "\"ac\": 1"))
        let own = try evaluate(network, ["--prices", file])
        #expect(own.results.prices.name == "mine" && own.results.prices.accumulatePicojoules == 1 && own.text.contains("prices 'mine'"))
        let (counts, dense) = (own.results.steps[0].counts, own.results.dense)
        #expect(own.results.steps[0].energy == EnergyRatios(counts, dense: dense, samples: 30, prices: own.results.prices))
        let help = try CommandLineTool.run(["evaluate", "--help"]).output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(help.contains("\"graded\": 4.6"), "\(help)")
    }

    /// Kept progress holds counts, which any prices fit.
    @Test func progressGoesOnWithOtherPrices() throws {
        let (path, progress) = (try network("net.volley", []), folder.file("progress"))
        struct Interruption: Error {}
        func run(_ prices: EnergyPrices, until end: Int) throws -> Results {
            let settings = Evaluation.Settings(timeSteps: 1, batchSize: 16, limit: 48, comparesWithANN: false, prices: prices)
            return try Evaluation(SpikingNetwork(contentsOf: path), on: Dataset.open(data), settings: settings).run(resumeFile: progress) { done, _ in
                if done >= end { throw Interruption() }
            }
        }
        #expect(throws: Interruption.self) { try run(.arithmetic, until: 32) }
        let resumed = try run(.withMemory, until: .max)
        try FileManager.default.removeItem(atPath: progress)
        #expect(try resumed.steps == run(.withMemory, until: .max).steps)
    }

    @Test(arguments: [
        ("{}", "'name' is missing"), ("[1]", "no JSON object"), ("{", "no JSON object"),
        (PriceFile.form.replacing("0.9", with: "-1"), "'ac' must be a number from 0 on"),
        (PriceFile.form.replacing("0.9", with: "true"), "'ac' must be a number"),
        (PriceFile.form.replacing("0.9", with: "\"cheap\""), "'ac' must be a number"),
        (PriceFile.form.replacing("\"mac\": 4.6", with: "\"mac\": 0"), "'mac' must be above 0"),
        (PriceFile.form.replacing("mine", with: "45nm"), "name of another list"),
        (PriceFile.form.replacing("scaling", with: "scalings"), "'scaling' is missing"),
        (PriceFile.form.replacing("\"ac\"", with: "\"extra\": 1, \"ac\""), "'extra' is no price"),
    ])
    func badListsAreRefused(text: String, complaint: String) throws {
        let file = try write(text)
        let outcome = try CommandLineTool.run(["evaluate", try network("net.volley", []), data, "--steps", "1", "--prices", file])
        #expect(outcome.code == 2 && outcome.errors.contains(complaint) && outcome.errors.contains(file), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }

    @Test func unknownNamesAreRefused() throws {
        let outcome = try CommandLineTool.run(["evaluate", try network("net.volley", []), data, "--steps", "1", "--prices", "28nm"])
        #expect(outcome.code == 2 && outcome.errors.contains("45nm, 45nm-sram") && outcome.errors.contains("28nm"), "\(outcome.errors)")
    }
}
