import Foundation
import Testing
import Volley
import VolleyTestSupport

/// What `evaluate --resume` keeps, goes on from and refuses.
@Suite struct ProgressTests {
    private let folder: TemporaryDirectory
    private let data = Fixture.path("digits-vit/test.npz")
    private let network: String
    private var progress: String { folder.file("progress") }

    private static let steps = 2, batch = 64

    init() throws {
        folder = try TemporaryDirectory()
        network = folder.file("net.volley")
        try CommandLineTool.convertDigits(to: network)
    }

    private func evaluate(_ extra: [String]) throws -> CommandLineTool.Outcome {
        try CommandLineTool.run(["evaluate", network, data, "--steps", "\(Self.steps)", "--batch", "\(Self.batch)"] + extra)
    }

    /// Leaves the progress of the first two batches, as an interrupted run does.
    private func interrupt() throws {
        let dataset = try Dataset.open(data)
        struct Interruption: Error {}
        let evaluation = try Evaluation(
            try SpikingNetwork(contentsOf: network), on: dataset,
            settings: .init(timeSteps: Self.steps, batchSize: Self.batch, data: dataset.name))
        #expect(throws: Interruption.self) {
            try evaluation.run(networkDigest: try SHA256.digest(ofFile: network).hexadecimal, resumeFile: progress) { done, _ in
                if done == 2 * Self.batch { throw Interruption() }
            }
        }
    }

    @Test func anInterruptedEvaluationGoesOn() throws {
        let (whole, resumed) = (folder.file("whole.json"), folder.file("resumed.json"))
        #expect(try evaluate(["--json", whole]).code == 0)
        try interrupt()
        #expect(try evaluate(["--json", resumed, "--resume", progress]).code == 0)
        #expect(!FileManager.default.fileExists(atPath: progress))
        #expect(try Data(contentsOf: URL(filePath: whole)) == Data(contentsOf: URL(filePath: resumed)))
    }

    /// Results that cannot be written, to a file or to standard output, leave the progress where it is.
    @Test(arguments: [("ulimit -f 8; exec \"$@\"", ["--json", "results.json"]), ("exec \"$@\" > /dev/full", [])])
    func progressOutlivesResultsThatCannotBeWritten(shell: String, options: [String]) throws {
        guard FileManager.default.fileExists(atPath: "/dev/full") || !options.isEmpty else { return }
        try interrupt()
        // The progress itself is small enough; the results with all thresholds are not.
        let kept = progress.split(separator: "/").last.map(String.init)!
        let arguments = ["evaluate", network, data, "--steps", "\(Self.steps)", "--batch", "\(Self.batch)", "--resume", kept]
        let outcome = try CommandLineTool.run(arguments + options, in: folder.path, shell: shell)
        #expect(outcome.code == 2 && outcome.errors.contains("disk has room"), "\(outcome.code) \(outcome.errors)")
        #expect(FileManager.default.fileExists(atPath: progress))
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!names.contains { $0.contains("partial") || $0 == "results.json" }, "\(names)")
        #expect(try evaluate(["--resume", progress]).code == 0)
    }

    @Test(arguments: try FileManager.default.contentsOfDirectory(atPath: Fixture.path("progress")).filter { $0.hasSuffix(".resume") })
    func editedFilesFromTheFieldAreRefused(name: String) throws {
        try folder.copy("progress/" + name, to: "progress")
        let outcome = try evaluate(["--resume", progress])
        #expect(outcome.code == 2 && outcome.errors.contains(progress) && outcome.output.isEmpty, "\(outcome.errors)")
        #expect(try folder.bytes("progress") == Fixture.bytes("progress/" + name), "left as it was")
    }

    @Test func whatWasAlteredAnywhereIsRefused() throws {
        try interrupt()
        let kept = try folder.bytes("progress")
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<25 {
            var bytes = kept
            bytes[Int(generator.next() % UInt64(kept.count))] ^= UInt8(1 << (generator.next() % 8))
            try folder.write(bytes, to: "progress")
            let outcome = try evaluate(["--resume", progress])
            #expect(outcome.code == 2 && outcome.errors.contains(progress), "\(outcome.errors)")
        }
        for count in [0, 10, 80, 100, kept.count - 1] {
            try folder.write(Array(kept[..<count]), to: "progress")
            #expect(try evaluate(["--resume", progress]).code == 2)
        }
    }

    @Test func progressOfOtherSettingsOrVersionsIsRefused() throws {
        try interrupt()
        let other = try evaluate(["--resume", progress, "--limit", "100"])
        #expect(other.code == 2 && other.errors.contains("other settings"))
        let text = String(decoding: try folder.bytes("progress"), as: UTF8.self)
        try folder.write(Array(text.replacing("progress \(volleyVersion) ", with: "progress 0.0.1 ").utf8), to: "progress")
        let version = try evaluate(["--resume", progress])
        #expect(version.code == 2 && version.errors.contains("0.0.1"), "\(version.errors)")
    }

    /// Sums that are impossible are refused even if somebody has put the right digest before them.
    @Test func impossibleSumsAreRefused() throws {
        try interrupt()
        let bytes = try folder.bytes("progress")
        let content = Data(bytes[(bytes.firstIndex(of: UInt8(ascii: "\n"))! + 1)...])
        /// Changes what was answered.
        func answers(_ change: @escaping (inout [String: Any]) -> Void) -> (inout [String: Any]) -> Void {
            { tally in
                var task = tally["answers"] as! [String: [String: [String: Any]]]
                change(&task["classification"]!["_0"]!)
                tally["answers"] = task
            }
        }
        let changes: [(inout [String: Any]) -> Void] = [
            { $0["position"] = 1 << 62 }, { $0["position"] = -1 }, { $0["position"] = 201 }, { $0["samples"] = Int.max },
            answers { $0["ann"] = ["top1": Int.max, "top5": Int.max] }, answers { $0["ann"] = ["top1": 2, "top5": 1] },
            answers { $0["steps"] = $0["steps"] as! [Any] + [["top1": 1, "top5": 1]] }, answers { $0["steps"] = [Any]() },
            answers { $0["agreements"] = [Any]() }, answers { $0["agreements"] = [0, Int.max] }, answers { $0["counted"] = 127 },
            answers { $0["most"] = 2 },
            { $0["counts"] = $0["counts"] as! [Any] + ($0["counts"] as! [Any]) }, { $0["spikes"] = [String: Any]() },
            { tally in
                var counts = tally["counts"] as! [[String: Any]]
                counts[1]["spikes"] = Int.max
                tally["counts"] = counts
            },
            { tally in
                var spikes = tally["spikes"] as! [String: [[Int]]]
                spikes["blocks.0.attn.q"]![1][3] = Int.max
                tally["spikes"] = spikes
            },
            answers { task in
                var answers = task["answers"] as! [String: Any]
                answers["spiking"] = ["0": 127, "1": 1]
                task["answers"] = answers
            },
            answers { task in
                var answers = task["answers"] as! [String: Any]
                answers["classes"] = 1 << 40
                task["answers"] = answers
            },
            { tally in
                var spikes = tally["spikes"] as! [String: [[Int]]]
                spikes["blocks.0.attn.q"]![1].append(0)
                tally["spikes"] = spikes
            },
        ]
        for (number, change) in changes.enumerated() {
            var document = try #require(try JSONSerialization.jsonObject(with: content) as? [String: Any])
            var tally = try #require(document["tally"] as? [String: Any])
            change(&tally)
            document["tally"] = tally
            let changed = [UInt8](try JSONSerialization.data(withJSONObject: document, options: .sortedKeys))
            let title = "volley progress \(volleyVersion) \(SHA256.digest(of: changed).hexadecimal)\n"
            try folder.write(Array(title.utf8) + changed, to: "progress")
            let outcome = try evaluate(["--resume", progress])
            #expect(outcome.code == 2 && outcome.errors.contains("sums that no evaluation"), "\(number): \(outcome.errors)")
        }
    }
}
