import Foundation
import Testing
import Volley
import VolleyTestSupport

/// `evaluate --task`, as users run it.
@Suite struct TaskCommandTests {
    private let folder: TemporaryDirectory
    private let data = Fixture.path("digits-vit/test.npz")

    init() throws {
        folder = try TemporaryDirectory()
        try CommandLineTool.convertDigits(to: folder.file("net.volley"), ["--no-check"])
        let images = try NpzArchive(path: data).array("x").tensor.rows(0..<24)
        try NpzArchive.write([("input", .float32(images))], to: folder.file("images.npz"))
    }

    private func evaluate(_ data: String, _ extra: String...) throws -> CommandLineTool.Outcome {
        try CommandLineTool.run(["evaluate", "net.volley", data, "--steps", "2", "--limit", "24"] + extra, in: folder.path)
    }

    private func results(_ name: String) throws -> Results { try JSONDecoder().decode(Results.self, from: Data(folder.bytes(name))) }

    /// Labels or none, images of a data set or arrays: the agreement is that of the classification.
    @Test func agreementNeedsNoLabels() throws {
        #expect(try evaluate(data, "--json", "classes.json").code == 0)
        let classes = try results("classes.json")
        for (index, source) in [data, "images.npz"].enumerated() {
            let outcome = try evaluate(source, "--task", "agreement", "--json", "\(index).json", "--report", "\(index).html", "--detail", "1")
            #expect(outcome.code == 0 && outcome.output.contains("relative error"), "\(outcome.errors)")
            let found = try results("\(index).json")
            #expect(found.steps.map { $0.figures!["agreement"] } == classes.steps.map(\.agreement) && found.settings.task == .agreement)
            #expect(found.steps.map(\.energy) == classes.steps.map(\.energy) && found.detail?.samples == 1)
            #expect(String(decoding: try folder.bytes("\(index).html"), as: UTF8.self).contains("Agreement after t steps"))
        }
        #expect(try CommandLineTool.run(["report", "0.json", "classes.json", "-o", "both.html"], in: folder.path).errors.contains("the task"))
    }

    /// The advice that an error gives works.
    @Test func missingLabelsPointToTasks() throws {
        let failure = try evaluate("images.npz")
        #expect(failure.code == 2 && failure.errors.contains("--task agreement"), "\(failure.errors)")
        #expect(try evaluate("images.npz", "--task", "agreement").code == 0)
    }

    @Test func badTasksAreOneError() throws {
        for (extra, words) in [
            (["--task", "guessing"], ["guessing", "language-model"]), (["--task", "language-model"], ["[N, positions, vocabulary]"]),
            (["--task", "embedding", "--no-ann"], ["the ANN cannot be left out"]), (["--task", "agreement", "--early-exit", "0.5"], ["early exit"]),
            (["--task", "regression"], ["a number for every element", "--task agreement"]),
            (["--task", "agreement", "--array", "mask=none"], ["'none'"]),
        ] {
            let outcome = try CommandLineTool.run(["evaluate", "net.volley", "images.npz", "--steps", "2"] + extra, in: folder.path)
            #expect(outcome.code == 2 && outcome.output.isEmpty, "\(extra) \(outcome.errors)")
            for word in words { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
        }
        let folderOfImages = try evaluate(Fixture.path("digits-vit"), "--task", "agreement")
        #expect(folderOfImages.code == 2)
    }

    /// Arrays that were calibrated on are found among those that are measured.
    @Test func calibrationIsNotMeasuredOn() throws {
        let model = Fixture.path("digits-vit")
        let converted = try CommandLineTool.run(
            ["convert", model, "--calibration", "images.npz", "-o", "net.volley", "--no-check"], in: folder.path)
        #expect(converted.code == 0, "\(converted.errors)")
        for task in ["agreement", "embedding"] {
            let outcome = try evaluate("images.npz", "--task", task)
            #expect(
                outcome.code == 2 && outcome.errors.contains("24 of 24 samples") && outcome.errors.contains("--allow-overlap"), "\(outcome.errors)")
            #expect(try evaluate("images.npz", "--task", task, "--allow-overlap").code == 0)
        }
    }

    @Test func helpTeachesEveryTask() throws {
        let help = try CommandLineTool.run(["evaluate", "--help"]).output
        for task in Evaluation.Task.allCases where task != .classification { #expect(help.contains("--task \(task.rawValue)"), "\(task.rawValue)") }
    }
}
