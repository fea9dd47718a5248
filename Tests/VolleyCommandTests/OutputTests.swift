import Foundation
import Testing
import Volley
import VolleyTestSupport

/// Where results may go: nowhere that anything would be lost, and that is known before the work begins.
@Suite struct OutputTests {
    private let folder: TemporaryDirectory

    /// A folder with a model, data and a converted network.
    init() throws {
        folder = try TemporaryDirectory()
        for name in ["model.safetensors", "config.json", "calibration.npz", "test.npz", "thresholds.json"] {
            try folder.copy("digits-vit/" + name, to: name)
        }
        #expect(try volley("convert", ".", "--thresholds", "thresholds.json", "-o", "net.volley").code == 0)
    }

    private func volley(_ arguments: String...) throws -> CommandLineTool.Outcome {
        try CommandLineTool.run(arguments, in: folder.path)
    }

    /// Every command that writes, writing to a path.
    private func commands(to path: String) -> [[String]] {
        [
            ["convert", ".", "--calibration", "calibration.npz", "-o", path],
            ["evaluate", "net.volley", "test.npz", "--steps", "1", "--json", path],
            ["evaluate", "net.volley", "test.npz", "--steps", "1", "--resume", path],
            ["run", "net.volley", "--input", "test.npz", "--steps", "1", "--output", path],
            ["run", "net.volley", "--input", "test.npz", "--ann-only", "--output", path],
            ["bench", "net.volley", "--input", "test.npz", "--steps", "1", "--json", path],
            ["bench", "kernels", "--json", path], ["bench", "kernels", "--plot", path], ["demo", "--output", path + "/demo"],
        ]
    }

    /// - Parameter first: how many of ``commands(to:)`` are tried.
    private func refuseAll(_ path: String, first: Int = 9, mentioning word: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let files = names.filter { $0.contains(".") }.map { try? folder.bytes($0) }
        for arguments in commands(to: path).prefix(first) {
            let outcome = try CommandLineTool.run(arguments, in: folder.path)
            #expect(outcome.code == 2 && outcome.output.isEmpty, "\(arguments): \(outcome.code) \(outcome.errors)")
            #expect(outcome.errors.contains(word) && outcome.errors.contains(path), "\(arguments): \(outcome.errors)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == names.sorted())
        #expect(names.filter { $0.contains(".") }.map { try? folder.bytes($0) } == files)
    }

    @Test func devicesPipesFoldersAndLinksToThem() throws {
        let pipe = Process()
        pipe.executableURL = URL(filePath: "/usr/bin/env")
        pipe.arguments = ["mkfifo", folder.file("pipe")]
        try pipe.run()
        pipe.waitUntilExit()
        try folder.makeFolder("folder")
        for (link, target) in [("to-device", "/dev/null"), ("to-pipe", "pipe"), ("to-nothing", "absent")] {
            try FileManager.default.createSymbolicLink(atPath: folder.file(link), withDestinationPath: target)
        }
        for path in ["/dev/null", "pipe", "to-device", "to-pipe"] { try refuseAll(path, first: 8, mentioning: "pipe or a device") }
        try refuseAll("folder", first: 8, mentioning: "folder of this name")
        try refuseAll("to-nothing", first: 8, mentioning: "not there")
        try refuseAll("absent/results", first: 8, mentioning: "does not exist")
        try refuseAll("/dev/null", mentioning: "/dev/null")
    }

    @Test func filesThatAreRead() throws {
        let manager = FileManager.default
        try manager.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: "model.safetensors")
        try manager.linkItem(atPath: folder.file("model.safetensors"), toPath: folder.file("second name"))
        let elsewhere = "../" + URL(filePath: folder.path).lastPathComponent + "/config.json"
        for path in ["model.safetensors", "config.json", "calibration.npz", "link", "second name", elsewhere, folder.file("config.json")] {
            try refuseAll(path, first: 1, mentioning: "is an input too")
        }
        for (path, command) in [("net.volley", 1...3), ("test.npz", 1...5)] {
            for arguments in commands(to: path)[command] {
                let outcome = try CommandLineTool.run(arguments, in: folder.path)
                #expect(outcome.code == 2 && outcome.errors.contains("is an input too"), "\(arguments): \(outcome.errors)")
            }
        }
        let explicit = try volley("convert", ".", "--thresholds", "thresholds.json", "-o", "thresholds.json")
        #expect(explicit.code == 2 && explicit.errors.contains("is an input too"))
    }

    @Test func imagesThatWillBeRead() throws {
        try folder.copy("images/gray.jpg", to: "data/a/1.jpg")
        try folder.copy("images/gray.png", to: "data/b/1.png")
        for path in ["data/a/1.jpg", "data/b/../b/1.png"] {
            let converted = try volley("convert", ".", "--calibration", "data", "-o", path)
            let evaluated = try volley("evaluate", "net.volley", "data", "--steps", "1", "--json", path)
            for outcome in [converted, evaluated] { #expect(outcome.code == 2 && outcome.errors.contains("is an input too"), "\(outcome.errors)") }
        }
    }

    @Test func twoOutputsInOne() throws {
        let outcome = try volley("evaluate", "net.volley", "test.npz", "--steps", "1", "--json", "out", "--resume", "./out")
        #expect(outcome.code == 2 && outcome.errors.contains("one file"), "\(outcome.errors)")
        #expect(try volley("bench", "kernels", "--json", "out", "--plot", "OUT").code == 2)
    }

    @Test func throughALinkToAFileTheFileIsReplaced() throws {
        try folder.write([1], to: "results.json")
        try FileManager.default.createSymbolicLink(atPath: folder.file("latest"), withDestinationPath: "results.json")
        #expect(try volley("evaluate", "net.volley", "test.npz", "--steps", "1", "--json", "latest").code == 0)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.file("latest")) == "results.json")
        #expect(try folder.bytes("results.json").count > 1000)
    }

    @Test func aFullDiskLeavesWhatWasThere() throws {
        let old: [UInt8] = Array("what was there".utf8)
        try folder.write(old, to: "out")
        for arguments in commands(to: "out").prefix(5) where !arguments.contains("--resume") {
            let isEvaluation = arguments.contains("evaluate")
            let limited = try CommandLineTool.run(
                arguments, in: folder.path, shell: "ulimit -f 1; exec \"$@\"")
            #expect(limited.code == 2 && limited.errors.contains("out"), "\(arguments): \(limited.code) \(limited.errors)")
            #expect(try folder.bytes("out") == old)
            #expect(limited.output.contains("t = 1") == isEvaluation, "what was measured is shown all the same")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!names.contains { $0.contains("partial") }, "\(names)")
    }

    /// Standard output and error may be closed, or full: that is no reason to crash, and lost results are an error.
    @Test func whereNothingCanBeSaid() throws {
        func run(_ redirection: String, _ arguments: [String]) throws -> Int32 {
            try CommandLineTool.run(arguments, in: folder.path, shell: "exec \"$@\" " + redirection).code
        }
        #expect(try run("2>&-", ["inspect", "absent"]) == 2)
        #expect(try run(">&-", ["evaluate", "net.volley", "test.npz", "--steps", "1", "--json", "closed.json"]) == 0)
        #expect(throws: Never.self) {
            try JSONSerialization.jsonObject(with: Data(try folder.bytes("closed.json")))
        }
        guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
        #expect(try run(">/dev/full", ["evaluate", "net.volley", "test.npz", "--steps", "1", "--json", "full.json"]) == 2)
        #expect(try folder.bytes("full.json") == folder.bytes("closed.json"))
        #expect(try run("2>/dev/full", ["inspect", "absent"]) == 2)
        #expect(try run("2>/dev/full", ["inspect", "net.volley"]) == 0)
        for arguments in [["inspect", "net.volley"], ["inspect", "net.volley", "--json"], ["--help"]] {
            #expect(try run(">/dev/full", arguments) == 2, "\(arguments)")
        }
    }

    /// A file that somebody else shortens while it is used is an error, or was read before; never a crash.
    @Test func inputsThatShrinkWhileTheyAreRead() throws {
        let size = try folder.bytes("model.safetensors").count
        for part in [8, size / 2, size - 1] {
            let outcome = try CommandLineTool.run(
                ["convert", ".", "--calibration", "calibration.npz", "-o", "shrunk.volley"], in: folder.path
            ) { _ in
                let handle = try FileHandle(forWritingTo: URL(filePath: folder.file("model.safetensors")))
                try handle.truncate(atOffset: UInt64(part))
            }
            #expect(outcome.code == 0 || (outcome.code == 2 && outcome.errors.contains("model.safetensors")), "\(outcome.code) \(outcome.errors)")
            try folder.copy("digits-vit/model.safetensors", to: "model.safetensors")
        }
    }
}
