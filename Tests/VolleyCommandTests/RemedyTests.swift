import Foundation
import Testing
import Volley
import VolleyTestSupport

/// Every piece of advice in an error message is followed: the command that fails says what to do, and doing that makes it work.
@Suite struct RemedyTests {
    /// A folder with what the advice is tried on.
    final class Workshop {
        let folder: TemporaryDirectory
        let vit = Fixture.path("digits-vit")

        init() throws { folder = try TemporaryDirectory() }

        func path(_ name: String) -> String { folder.file(name) }
        func fixture(_ name: String) -> String { Fixture.path("remedies/" + name) }

        func convert(_ extra: [String] = [], to output: String = "net.volley") -> [String] {
            ["convert", vit, "--thresholds", vit + "/thresholds.json", "-o", path(output)] + extra
        }

        func convertLayers(_ name: String, _ extra: [String] = []) -> [String] {
            ["convert", fixture(name + ".onnx"), "--calibration", fixture(name + ".in.npz"), "-o", path("layers.volley")] + extra
        }

        /// A converted network.
        func network() throws -> String {
            let outcome = try CommandLineTool.run(convert())
            try #require(outcome.code == 0, "\(outcome.errors)")
            return path("net.volley")
        }

        /// One sample of the digits under the input's name.
        func sample() throws -> String {
            let images = try NpzArchive(path: vit + "/test.npz").array("x").tensor.rows(0..<1)
            try NpzArchive.write([("input", .float32(images))], to: path("sample.npz"))
            return path("sample.npz")
        }

        /// A copy of the checkpoint whose configuration is changed.
        func changedModel(_ from: String, _ to: String) throws -> String {
            try folder.copy("digits-vit", to: "model")
            let text = String(decoding: try Fixture.bytes("digits-vit/config.json"), as: UTF8.self)
            try #require(text.contains(from))
            try folder.write(Array(text.replacing(from, with: to).utf8), to: "model/config.json")
            return path("model")
        }

        func writePointer(_ name: String) throws {
            let text = "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "0f", count: 32))\nsize 123456\n"
            try folder.write(Array(text.utf8), to: name)
        }
    }

    struct Remedy: Sendable, CustomTestStringConvertible {
        /// What the message must say.
        var advice: [String]
        /// Makes the error.
        var provoke: @Sendable (Workshop) throws -> [String]
        /// Does what the message says; each of the commands must then work.
        var follow: @Sendable (Workshop) throws -> [[String]]

        init(
            _ advice: String..., provoke: @escaping @Sendable (Workshop) throws -> [String],
            follow: @escaping @Sendable (Workshop) throws -> [[String]]
        ) {
            (self.advice, self.provoke, self.follow) = (advice, provoke, follow)
        }

        var testDescription: String { advice.joined(separator: ", ") }
    }

    @Test(arguments: models + networks + options + files) func adviceWorks(_ remedy: Remedy) throws {
        let workshop = try Workshop()
        let failure = try CommandLineTool.run(try remedy.provoke(workshop))
        #expect(failure.code == 2, "\(failure.output)\(failure.errors)")
        for text in remedy.advice { #expect(failure.errors.contains(text), "'\(text)' in: \(failure.errors)") }
        for command in try remedy.follow(workshop) {
            let outcome = try CommandLineTool.run(command)
            #expect(outcome.code == 0, "\(command.joined(separator: " ")): \(outcome.errors)")
        }
    }

    /// Files of other programs: each is named, with a way out; and what is listed as readable is.
    @Test(arguments: [
        ("model.pt", "torch.onnx.export"), ("model.pth", "torch.onnx.export"), ("pytorch_model.bin", "save_pretrained"),
        ("model.ckpt", "torch.onnx.export"), ("model.h5", "model.export(\"model.onnx\", format=\"onnx\")"), ("model.keras", "model.export("),
        ("model.tflite", "tf2onnx.convert --tflite"), ("model.pb", "tf2onnx.convert --saved-model"), ("model.gguf", "Export the network to ONNX"),
    ])
    func otherFormats(name: String, advice: String) throws {
        let workshop = try Workshop()
        try workshop.folder.write([0x50, 0x4B, 3, 4, 0, 0, 0], to: name)
        for command in [["inspect", workshop.path(name)], ["convert", workshop.path(name), "-o", workshop.path("o.volley")]] {
            let outcome = try CommandLineTool.run(command)
            #expect(outcome.code == 2 && outcome.errors.contains(advice), "\(outcome.errors)")
            for text in [".onnx", ".safetensors", "config.json", ".volley"] { #expect(outcome.errors.contains(text), "\(outcome.errors)") }
            #expect(!outcome.errors.contains("damaged"))
        }
        let weights = workshop.vit + "/model.safetensors"
        for readable in [workshop.fixture("two-layers.onnx"), workshop.vit, weights, try workshop.network()] {
            #expect(try CommandLineTool.run(["inspect", readable]).code == 0)
        }
    }

    @Test(arguments: ["inspect", "convert", "evaluate", "run", "bench"]) func thingsThatAreNoModel(command: String) throws {
        let workshop = try Workshop()
        for name in ["model.onnx", "model.safetensors", "net.volley"] {
            try workshop.folder.copy("digits-vit/config.json", to: "config.json")
            try workshop.folder.write([], to: "empty/" + name)
            try workshop.folder.write(Array("<!DOCTYPE html><html>Not found</html>".utf8), to: "text/" + name)
            try workshop.folder.makeFolder("folder/" + name)
            for folder in ["empty", "text"] { try workshop.folder.copy("digits-vit/config.json", to: folder + "/config.json") }
            for kind in ["absent", "empty", "text", "folder"] {
                let path = workshop.path(kind + "/" + name)
                let rest =
                    switch command {
                    case "convert": ["--calibration", workshop.vit + "/calibration.npz", "-o", workshop.path("out.volley")]
                    case "evaluate": [workshop.vit + "/test.npz", "--steps", "1"]
                    case "run": ["--input", workshop.vit + "/test.npz", "-o", workshop.path("out.npz"), "--steps", "1"]
                    default: [String]()
                    }
                let outcome = try CommandLineTool.run([command, path] + rest)
                #expect(outcome.code == 2 && outcome.output.isEmpty, "\(kind) \(name): \(outcome.errors)")
                #expect(outcome.errors.contains(kind + "/" + name), "\(outcome.errors)")
                #expect(kind != "absent" || outcome.errors.contains("There is no such file"), "\(outcome.errors)")
                #expect(!outcome.errors.contains("damaged") && outcome.errors.count < 800, "\(outcome.errors)")
            }
        }
    }
}

extension RemedyTests.Workshop {
    func shards() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path("model")).filter { $0.hasSuffix(".safetensors") }.sorted()
    }

    /// The command with paths in place of the names of files in the folder.
    func inFolder(_ command: [String]) -> [String] {
        [command[0]] + command.dropFirst().map { ["model", "net.volley"].contains($0) || $0.contains(".") ? path($0) : $0 }
    }
}
