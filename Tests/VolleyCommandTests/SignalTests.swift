import Foundation
import Testing
import Volley
import VolleyTestSupport

/// SIGINT and SIGTERM, sent to the tool while it works.
@Suite struct SignalTests {
    private let folder: TemporaryDirectory
    private let model = Fixture.path("digits-vit")
    private var network: String { folder.file("net.volley") }

    init() throws {
        folder = try TemporaryDirectory()
        try CommandLineTool.convertDigits(to: network)
    }

    /// An evaluation of so many steps that it takes minutes.
    private func evaluate(_ extra: [String], meanwhile: (Process) throws -> Void) throws -> CommandLineTool.Outcome {
        try CommandLineTool.run(
            ["evaluate", network, model + "/test.npz", "--steps", "3000", "--batch", "4", "--threads", "1"] + extra,
            meanwhile: meanwhile)
    }

    private func wait(until isTrue: () -> Bool) {
        let end = Date().addingTimeInterval(60)
        while !isTrue(), Date() < end { Thread.sleep(forTimeInterval: 0.01) }
    }

    private func isThere(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder.file(name)) }

    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func anEvaluationEndsAfterItsBatchAndGoesOn(signal: Int32, code: Int32) throws {
        let progress = folder.file("progress")
        let outcome = try evaluate(["--resume", progress]) { process in
            wait { isThere("progress") }
            kill(process.processIdentifier, signal)
        }
        #expect(outcome.code == code && outcome.output.isEmpty, "\(outcome.code) \(outcome.errors)")
        #expect(outcome.errors.contains("the same command goes on from there") && outcome.errors.contains(progress))
        let words = outcome.errors.split(whereSeparator: \.isWhitespace)
        let done = words.firstIndex(of: "interrupted:").flatMap { Int(words[$0 + 1]) } ?? 0
        #expect(done > 0 && done < 200 && done % 4 == 0, "\(outcome.errors)")
        #expect(try Set(FileManager.default.contentsOfDirectory(atPath: folder.path)) == ["net.volley", "progress"])
    }

    @Test func aSecondSignalEndsAtOnce() throws {
        let began = Date()
        let outcome = try CommandLineTool.run(
            ["evaluate", network, model + "/test.npz", "--steps", "10000", "--batch", "200", "--threads", "1", "--resume", folder.file("progress")]
        ) { process in
            // One batch takes minutes.
            Thread.sleep(forTimeInterval: 2)
            kill(process.processIdentifier, SIGINT)
            Thread.sleep(forTimeInterval: 0.5)
            kill(process.processIdentifier, SIGINT)
        }
        #expect(outcome.code == 130 && outcome.errors.contains("a second signal stops at once"), "\(outcome.errors)")
        #expect(Date().timeIntervalSince(began) < 30)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["net.volley"])
    }

    @Test func withoutBatchesTheFirstOneEnds() throws {
        let images = try NpzArchive(path: model + "/test.npz").array("x").tensor
        try NpzArchive.write([("input", .float32(images))], to: folder.file("in.npz"))
        let outcome = try CommandLineTool.run(
            ["run", network, "--input", folder.file("in.npz"), "--output", folder.file("out.npz"), "--steps", "10000", "--threads", "1"]
        ) { process in
            Thread.sleep(forTimeInterval: 1)
            kill(process.processIdentifier, SIGTERM)
        }
        #expect(outcome.code == 143 && outcome.output.isEmpty, "\(outcome.errors)")
        #expect(try Set(FileManager.default.contentsOfDirectory(atPath: folder.path)) == ["net.volley", "in.npz"])
    }

    /// A program that ran the tool and was killed leaves an input behind that ends.
    @Test func theEndOfInputIsATermination() throws {
        let outcome = try CommandLineTool.run(
            ["evaluate", network, model + "/test.npz", "--steps", "3000", "--batch", "4", "--threads", "1"],
            shell: #"sleep 3 | VOLLEY_ENDS_WITH_INPUT=1 VOLLEY_PROGRESS_SECONDS=0.01 "$@""#)
        #expect(outcome.code == 143 && outcome.output.isEmpty, "\(outcome.code) \(outcome.errors)")
        #expect(outcome.errors.contains("evaluating: ") && outcome.errors.contains("interrupted: "), "\(outcome.errors)")
    }
}
