import Foundation
import Testing
import Volley
import VolleyTestSupport

/// `volley verify`, and `volley adjust`, which does what it advises.
@Suite struct VerifyTests {
    private let folder: TemporaryDirectory
    private static let model = Fixture.path("digits-vit")
    private static let data = model + "/test.npz"

    init() throws { folder = try TemporaryDirectory() }

    /// A network in which one site cannot send values that are large enough.
    private func damaged(at index: Int) throws -> (path: String, site: String) {
        let path = folder.file("it's bad.volley")
        let whole = folder.file("whole.volley")
        let outcome = try CommandLineTool.run(
            ["convert", Self.model, "--calibration", Self.model + "/calibration.npz", "--limit", "64", "--method", "differential"]
                + ["--steps-per-octave", "8", "-o", whole])
        #expect(outcome.code == 0, "\(outcome.errors)")
        let site = try SpikingNetwork(contentsOf: whole).neurons.keys[index]
        #expect(try CommandLineTool.run(["adjust", whole, "--scale", "\(site)=0.03125", "-o", path]).code == 0)
        return (path, site)
    }

    private func diagnosis(_ name: String) throws -> Diagnosis {
        try JSONDecoder().decode(Diagnosis.self, from: Data(contentsOf: URL(filePath: folder.file(name))))
    }

    private func verify(_ network: String, _ extra: [String], json: String) throws -> CommandLineTool.Outcome {
        try CommandLineTool.run(["verify", network, Self.data, "--samples", "16", "--sites", "2", "--json", folder.file(json)] + extra)
    }

    /// The words of a command line, as a shell takes them; the first is the tool.
    private func words(_ command: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "for word in \(command); do printf '%s\\n' \"$word\"; done"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").map(String.init)
    }

    /// Every line that is advised runs, and the network that it writes does what was predicted.
    @Test func advisedCommandsDoWhatIsPredicted() throws {
        let (bad, site) = try damaged(at: 3)
        let outcome = try verify(
            bad, ["--steps", "2", "--model", Self.model, "--calibration", Self.model + "/calibration.npz", "--calibration-limit", "64"],
            json: "before.json")
        #expect(outcome.code == 0, "\(outcome.errors)")
        let before = try diagnosis("before.json")
        #expect(before.sites.first?.site == site && before.sites.first?.cause == .clipping && before.figures.accuracy != nil)
        for part in [DiagnosisTable.sites(before, most: 12), DiagnosisTable.leavingOut(before), DiagnosisTable.advice(before)] {
            #expect(outcome.output.contains(part), "\(outcome.output)")
        }
        let kinds: [(Advice) -> Bool] = [
            { if case .adjustment = $0.change { true } else { false } }, { if case .conversion = $0.change { true } else { false } },
            { $0.change == .steps(4) },
        ]
        for isKind in kinds {
            let advice = try #require(before.advice.first(where: isKind), "\(before.advice)")
            let command = try words(#require(advice.command))
            #expect(command.first == "volley" && !advice.isEstimate)
            let followed = try CommandLineTool.run(Array(command.dropFirst()))
            #expect(followed.code == 0, "\(advice.command!): \(followed.errors)")
            guard let option = command.firstIndex(of: "-o") else { continue }
            let after = try verify(command[option + 1], ["--steps", "2"], json: "after.json")
            #expect(after.code == 0, "\(after.errors)")
            #expect(try diagnosis("after.json").figures == advice.predicted, "\(advice)")
        }
    }

    @Test func timeStepsAreThoseOfAnEvaluation() throws {
        let network = folder.file("net.volley")
        try CommandLineTool.convertDigits(to: network)
        let outcome = try verify(network, ["--steps", "1", "--all"], json: "out.json")
        #expect(outcome.code == 0 && outcome.output.contains("if it alone were spiking"), "\(outcome.errors)")
        let diagnosis = try diagnosis("out.json")
        let advice = try #require(diagnosis.advice.first { $0.change == .steps(2) })
        #expect(advice.command == "volley evaluate \(network) \(Self.data) --steps 2")
        #expect(outcome.output.contains("Tried without success") == !diagnosis.rejected.isEmpty)
        #expect(diagnosis.advice.filter(\.isEstimate).allSatisfy { $0.command!.hasPrefix("volley convert MODEL --calibration CALIBRATION ") })
        // Where labels are missing, the same samples are looked at again.
        let (images, unlabelled) = (folder.file("images.npz"), folder.file("unlabelled.json"))
        try NpzArchive.write([("input", .float32(NpzArchive(path: Self.data).array("x").tensor))], to: images)
        #expect(
            try CommandLineTool.run(["verify", network, images, "--samples", "8", "--steps", "1", "--sites", "1", "--json", unlabelled]).code == 0)
        let step = try #require(self.diagnosis("unlabelled.json").advice.first { $0.change == .steps(2) })
        #expect(step.command == "volley verify \(network) \(images) --samples 8 --steps 2" && step.predicted.accuracy == nil)
        let again = try words(step.command!).dropFirst() + ["--sites", "1", "--json", folder.file("again.json")]
        #expect(try CommandLineTool.run(Array(again)).code == 0 && self.diagnosis("again.json").figures == step.predicted)
        let good = try CommandLineTool.run(["verify", network, Self.data, "--samples", "8", "--sites", "1", "--tolerance", "10"])
        #expect(good.code == 0 && good.output.contains("Nothing has to be changed: the output error is"))
    }

    @Test func badInputIsOneSentence() throws {
        let network = folder.file("net.volley")
        try CommandLineTool.convertDigits(to: network)
        let cases: [([String], String)] = [
            (["verify", network, folder.file("nothing")], "nothing"),
            (["verify", network, Self.data, "--model", Self.model], "--model and --calibration go together"),
            (["verify", network, Self.data, "--tolerance", "-1"], "--tolerance"),
            (["verify", network, Self.data, "--samples", "0"], "--samples must lie in"),
            (["verify", Self.model, Self.data], "volley convert"),
            (["adjust", network, "-o", folder.file("x.volley")], "something to change"),
            (["adjust", network, "--raise", "here", "-o", folder.file("x.volley")], "SITE=FACTOR"),
            (["adjust", network, "--raise", "here=2", "-o", folder.file("x.volley")], "no site 'here'"),
            (["adjust", network, "--raise", "*=2", "--raise", "*=3", "-o", folder.file("x.volley")], "twice"),
        ]
        for (arguments, text) in cases {
            let outcome = try CommandLineTool.run(arguments)
            #expect(outcome.code == 2 && outcome.errors.contains(text) && outcome.output.isEmpty, "\(arguments): \(outcome.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file("x.volley")))
    }
}
