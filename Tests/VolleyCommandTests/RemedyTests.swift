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

    static let models: [Remedy] = [
        Remedy("--input-shape a=1,?,5 --input-shape b=1,?,5") { _ in
            ["inspect", Fixture.path("onnx-leniency/symbol.onnx")]
        } follow: { _ in
            [["inspect", Fixture.path("onnx-leniency/symbol.onnx"), "--input-shape", "a=1,3,5", "--input-shape", "b=1,4,5"]]
        },
        Remedy("NAME=1,3,224,224") {
            ["inspect", $0.vit, "--input-shape", "1,8,8"]
        } follow: {
            [["inspect", $0.vit, "--input-shape", "input=1,1,8,8"]]
        },
        Remedy("opset_version=17") {
            ["inspect", $0.fixture("old.onnx")]
        } follow: {
            [["inspect", $0.fixture("two-layers.onnx")]]
        },
        Remedy("There is no config.json", "into the same folder") { workshop in
            try workshop.folder.copy("digits-vit/model.safetensors", to: "model/model.safetensors")
            return ["inspect", workshop.path("model")]
        } follow: { workshop in
            try workshop.folder.copy("digits-vit/config.json", to: "model/config.json")
            return [["inspect", workshop.path("model")]]
        },
        Remedy("Name the file itself", "vision.onnx") { workshop in
            try workshop.folder.copy("remedies/two-layers.onnx", to: "model/vision.onnx")
            return ["inspect", workshop.path("model")]
        } follow: {
            [["inspect", $0.path("model/vision.onnx")]]
        },
        Remedy("Name the file itself") { workshop in
            try workshop.folder.copy("digits-vit/model.safetensors", to: "model/weights.safetensors")
            try workshop.folder.copy("digits-vit/config.json", to: "model/config.json")
            return ["inspect", workshop.path("model")]
        } follow: {
            [["inspect", $0.path("model/weights.safetensors")]]
        },
        Remedy("files named in the index are missing", "Put them into the same folder") { workshop in
            try workshop.folder.copy("models/timm-vit-sharded", to: "model")
            let shard = try workshop.shards()[0]
            try FileManager.default.moveItem(atPath: workshop.path("model/" + shard), toPath: workshop.path(shard))
            return ["inspect", workshop.path("model")]
        } follow: { workshop in
            let shard = try FileManager.default.contentsOfDirectory(atPath: workshop.folder.path).first { $0.hasSuffix(".safetensors") }!
            try FileManager.default.moveItem(atPath: workshop.path(shard), toPath: workshop.path("model/" + shard))
            return [["inspect", workshop.path("model")]]
        },
        Remedy("num_heads", "Add it") { workshop in
            ["inspect", try workshop.changedModel("\"num_heads\": 4,", "")]
        } follow: { workshop in
            try workshop.folder.copy("digits-vit/config.json", to: "model/config.json")
            return [["inspect", workshop.path("model")]]
        },
        Remedy("weights.data", "is needed beside the model") { workshop in
            try workshop.folder.copy("remedies/external/model.onnx", to: "model/model.onnx")
            return ["inspect", workshop.path("model/model.onnx")]
        } follow: { workshop in
            try workshop.folder.copy("remedies/external/weights.data", to: "model/weights.data")
            return [["inspect", workshop.path("model/model.onnx")]]
        },
        Remedy("is a link out of the model's folder", "put the file itself there") { workshop in
            try workshop.folder.copy("remedies/external/model.onnx", to: "model/model.onnx")
            try FileManager.default.createSymbolicLink(
                atPath: workshop.path("model/weights.data"), withDestinationPath: workshop.fixture("external/weights.data"))
            return ["inspect", workshop.path("model/model.onnx")]
        } follow: { workshop in
            try FileManager.default.removeItem(atPath: workshop.path("model/weights.data"))
            try workshop.folder.copy("remedies/external/weights.data", to: "model/weights.data")
            return [["inspect", workshop.path("model/model.onnx")]]
        },
        Remedy("the passes are FoldConstants, ") {
            ["inspect", $0.fixture("two-layers.onnx"), "--through", "Magic"]
        } follow: { workshop in
            GraphPasses.all.map { ["inspect", workshop.fixture("two-layers.onnx"), "--through", $0.name] }
        },
    ]

    static let networks: [Remedy] = [
        Remedy("volley convert '", "--calibration DATA -o NETWORK.volley") {
            ["evaluate", $0.vit, $0.vit + "/test.npz", "--steps", "1"]
        } follow: {
            [
                ["convert", $0.vit, "--calibration", $0.vit + "/calibration.npz", "-o", $0.path("NETWORK.volley")],
                ["evaluate", $0.path("NETWORK.volley"), $0.vit + "/test.npz", "--steps", "1"],
            ]
        },
        Remedy("volley convert '", "--calibration DATA -o NETWORK.volley") { workshop in
            [
                "run", workshop.fixture("three-layers.onnx"), "--input", workshop.fixture("three-layers.in.npz"), "-o", workshop.path("o.npz"),
                "--steps", "2",
            ]
        } follow: { workshop in
            [
                [
                    "convert", workshop.fixture("three-layers.onnx"), "--calibration", workshop.fixture("three-layers.in.npz"), "-o",
                    workshop.path("NETWORK.volley"),
                ],
                [
                    "run", workshop.path("NETWORK.volley"), "--input", workshop.fixture("three-layers.in.npz"), "-o", workshop.path("o.npz"),
                    "--steps", "2",
                ],
            ]
        },
        Remedy("a spiking network already", "volley evaluate, volley run, volley inspect or volley bench") { workshop in
            let network = try workshop.network()
            return ["convert", network, "--calibration", workshop.vit + "/calibration.npz", "-o", workshop.path("again.volley")]
        } follow: { workshop in
            let network = workshop.path("net.volley")
            return [
                ["evaluate", network, workshop.vit + "/test.npz", "--steps", "1", "--limit", "8"], ["inspect", network],
                ["run", network, "--input", try workshop.sample(), "-o", workshop.path("o.npz"), "--steps", "1"],
                ["bench", network, "--steps", "1", "--batch", "1", "--repetitions", "1"],
            ]
        },
    ]

    static let options: [Remedy] = [
        Remedy("--calibration or --thresholds") {
            ["convert", $0.vit, "-o", $0.path("net.volley")]
        } follow: {
            [$0.convert(), ["convert", $0.vit, "--calibration", $0.vit + "/calibration.npz", "-o", $0.path("net.volley")]]
        },
        Remedy("--spiking-head") {
            $0.convertLayers("two-layers")
        } follow: {
            [$0.convertLayers("two-layers", ["--spiking-head"])]
        },
        Remedy("use --symmetric") {
            $0.convertLayers("three-layers", ["--method", "differential", "--no-symmetric"])
        } follow: {
            [$0.convertLayers("three-layers", ["--method", "differential", "--symmetric"])]
        },
        Remedy("use --ladder up") {
            $0.convert(["--method", "differential", "--preset", "paper-vit"])
        } follow: {
            [$0.convert(["--method", "differential", "--preset", "paper-vit", "--ladder", "up"])]
        },
        Remedy("such as --steps 8") {
            ["run", try $0.network(), "--input", try $0.sample(), "-o", $0.path("o.npz")]
        } follow: {
            [["run", $0.path("net.volley"), "--input", try $0.sample(), "-o", $0.path("o.npz"), "--steps", "8"]]
        },
        Remedy("leave out --steps and --weights") { workshop in
            ["run", workshop.vit, "--input", try workshop.sample(), "-o", workshop.path("o.npz"), "--ann-only", "--steps", "2"]
        } follow: {
            [["run", $0.vit, "--input", try $0.sample(), "-o", $0.path("o.npz"), "--ann-only"]]
        },
        Remedy("--allow-overlap") { workshop in
            let made = try CommandLineTool.run(
                ["convert", workshop.vit, "--calibration", workshop.vit + "/calibration.npz", "-o", workshop.path("net.volley")])
            #expect(made.code == 0)
            return ["evaluate", workshop.path("net.volley"), workshop.vit + "/calibration.npz", "--steps", "1"]
        } follow: {
            [
                ["evaluate", $0.path("net.volley"), $0.vit + "/calibration.npz", "--steps", "1", "--allow-overlap"],
                ["evaluate", $0.path("net.volley"), $0.vit + "/test.npz", "--steps", "1"],
            ]
        },
        Remedy("known: ecmt, differential") {
            $0.convert(["--method", "magic"])
        } follow: { workshop in
            ["ecmt", "differential"].map {
                ["convert", workshop.vit, "--calibration", workshop.vit + "/calibration.npz", "--method", $0, "-o", workshop.path("net.volley")]
            }
        },
        Remedy("known: paper-vit") {
            $0.convert(["--preset", "none"])
        } follow: {
            [$0.convert(["--preset", "paper-vit"])]
        },
        Remedy("--ladder is one of up, down") {
            $0.convert(["--ladder", "sideways"])
        } follow: { workshop in
            ["up", "down"].map { workshop.convert(["--ladder", $0]) }
        },
        Remedy("--reset is one of subtraction, zero") {
            $0.convert(["--reset", "half"])
        } follow: { workshop in
            ["subtraction", "zero"].map { workshop.convert(["--reset", $0]) }
        },
        Remedy("on this machine: ") {
            ["run", try $0.network(), "--input", try $0.sample(), "-o", $0.path("o.npz"), "--steps", "1", "--instruction-set", "abacus"]
        } follow: { workshop in
            try Kernels.available.map {
                [
                    "run", workshop.path("net.volley"), "--input", try workshop.sample(), "-o", workshop.path("o.npz"), "--steps", "1",
                    "--instruction-set", $0.name,
                ]
            }
        },
        Remedy("must hold a JSON object that maps each site to [positive, negative]") { workshop in
            try workshop.folder.write(Array("[1, 2]".utf8), to: "thresholds.json")
            return ["convert", workshop.vit, "--thresholds", workshop.path("thresholds.json"), "-o", workshop.path("net.volley")]
        } follow: {
            [$0.convert()]
        },
        Remedy("did you mean 'evaluate'?") {
            ["evalute", try $0.network(), $0.vit + "/test.npz", "--steps", "1"]
        } follow: {
            [["evaluate", $0.path("net.volley"), $0.vit + "/test.npz", "--steps", "1"]]
        },
        Remedy("did you mean 'inspect'?") {
            ["inpsect", $0.vit]
        } follow: {
            [["inspect", $0.vit]]
        },
        Remedy("volley inspect '") {
            [$0.vit]
        } follow: {
            [["inspect", $0.vit]]
        },
        Remedy("the commands are inspect, convert, evaluate, run, bench, methods, demo") { _ in
            ["simulate"]
        } follow: { _ in
            ["inspect", "convert", "evaluate", "run", "bench", "methods", "demo"].map { [$0, "--help"] }
        },
    ]

    static let files: [Remedy] =
        [
            Remedy("does not exist. Make it first") {
                $0.convert(to: "absent/net.volley")
            } follow: { workshop in
                try workshop.folder.makeFolder("absent")
                return [workshop.convert(to: "absent/net.volley")]
            }
        ]
        + [
            ("model/model.safetensors", "digits-vit/model.safetensors", ["inspect", "model"]),
            ("model.onnx", "remedies/two-layers.onnx", ["inspect", "model.onnx"]),
            ("external/weights.data", "remedies/external/weights.data", ["inspect", "external/model.onnx"]),
            ("data.npz", "digits-vit/test.npz", ["evaluate", "net.volley", "data.npz", "--steps", "1"]),
            ("net.volley", "", ["inspect", "net.volley"]),
        ].map { name, fixture, command in
            // What 'git lfs pull' does is to put the file itself in the pointer's place.
            Remedy("This is a Git LFS pointer", "git lfs pull") { workshop in
                if command[0] == "evaluate" { _ = try workshop.network() }
                try workshop.folder.copy("digits-vit/config.json", to: "model/config.json")
                try workshop.folder.copy("remedies/external/model.onnx", to: "external/model.onnx")
                try workshop.writePointer(name)
                return workshop.inFolder(command)
            } follow: { workshop in
                if fixture.isEmpty { _ = try workshop.network() } else { try workshop.folder.copy(fixture, to: name) }
                return [workshop.inFolder(command)]
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
    fileprivate func shards() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path("model")).filter { $0.hasSuffix(".safetensors") }.sorted()
    }

    /// The command with paths in place of the names of files in the folder.
    fileprivate func inFolder(_ command: [String]) -> [String] {
        [command[0]] + command.dropFirst().map { ["model", "net.volley"].contains($0) || $0.contains(".") ? path($0) : $0 }
    }
}
