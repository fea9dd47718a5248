import Foundation
import Testing
import Volley
import VolleyTestSupport

/// ONNX files on images: how these become inputs is said by a file, by options, or by a file beside the model.
@Suite struct ImageOptionsTests {
    private let folder: TemporaryDirectory
    private let images = Fixture.path("class-folders/images")

    init() throws {
        folder = try TemporaryDirectory()
        try folder.copy("class-folders/model.onnx", to: "model/net.onnx")
    }

    private func convert(_ extra: [String]) throws -> CommandLineTool.Outcome {
        try? FileManager.default.removeItem(atPath: folder.file("net.volley"))
        return try CommandLineTool.run(
            ["convert", folder.file("model/net.onnx"), "--calibration", images, "-o", folder.file("net.volley")] + extra)
    }

    private func refuse(_ extra: [String], mentioning words: String..., sourceLocation: SourceLocation = #_sourceLocation) throws {
        let outcome = try convert(extra)
        #expect(outcome.code == 2, "\(outcome.errors)", sourceLocation: sourceLocation)
        for word in words { #expect(outcome.errors.contains(word), "'\(word)' in: \(outcome.errors)", sourceLocation: sourceLocation) }
        #expect(!FileManager.default.fileExists(atPath: folder.file("net.volley")), sourceLocation: sourceLocation)
    }

    /// The network that the options make, and the top-1 of its ANN.
    private func measured(_ extra: [String], labels: Bool = true) throws -> (SpikingNetwork, Double) {
        let outcome = try convert(extra)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let network = try SpikingNetwork(contentsOf: folder.file("net.volley"))
        let words = try JSONDecoder().decode(Names.self, from: Data(try Fixture.bytes("class-folders/words.json"))).label_names
        let rows = words.enumerated().flatMap { index, word in (0..<5).map { "\(word)/\($0).png,\(index)\n" } }
        try folder.write(Array(("file,class_index\n" + rows.joined()).utf8), to: "labels.csv")
        let evaluated = try CommandLineTool.run(
            ["evaluate", folder.file("net.volley"), images, "--steps", "1", "--allow-overlap", "--json", folder.file("out.json")]
                + (labels ? ["--labels", folder.file("labels.csv")] : []))
        #expect(evaluated.code == 0, "\(evaluated.errors)")
        let results = try JSONDecoder().decode(Results.self, from: Data(contentsOf: URL(filePath: folder.file("out.json"))))
        return (network, results.ann!.top1)
    }

    private struct Names: Decodable { var label_names: [String] }

    @Test(arguments: [
        ["--mean", "0.5", "--std", "0.5,0.5,0.5", "--size", "8", "--crop", "1", "--interpolation", "bicubic"],
        ["--mean", "127.5, 127.5, 127.5", "--std", "127.5", "--crop", "1", "--size", "8x8"],
    ])
    func optionsSayIt(_ options: [String]) throws {
        let (network, top1) = try measured(options)
        #expect(
            network.preprocessing
                == Preprocessing(
                    channels: 3, height: 8, width: 8, resize: .shorterSide(8), interpolation: .bicubic, mean: [0.5, 0.5, 0.5],
                    deviation: [0.5, 0.5, 0.5]))
        #expect(top1 == 1)
    }

    @Test func whatIsAssumedIsSaid() throws {
        let outcome = try convert(["--mean", "0.5", "--std", "0.5"])
        #expect(outcome.code == 0 && outcome.errors.contains("crop 0.875, interpolation bicubic"), "\(outcome.errors)")
        #expect(try SpikingNetwork(contentsOf: folder.file("net.volley")).preprocessing?.resize == .shorterSide(9))
    }

    @Test func aFileOfTimmSaysItWithTheNamesOfClasses() throws {
        let (network, top1) = try measured(["--preprocess", Fixture.path("class-folders/words.json")], labels: false)
        #expect(network.classNames?.first == "zebra" && top1 == 1)
        let (changed, _) = try measured(["--preprocess", Fixture.path("class-folders/words.json"), "--interpolation", "bilinear", "--crop", "0.5"])
        #expect(changed.preprocessing?.interpolation == .bilinear && changed.preprocessing?.resize == .shorterSide(16))
    }

    @Test func aFileOfHuggingFaceSaysIt() throws {
        let text = """
            {"image_processor_type": "ViTImageProcessor", "do_resize": true, "size": {"height": 8, "width": 8}, "resample": 3,
             "do_rescale": true, "do_normalize": true, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
            """
        let file = try folder.write(Array(text.utf8), to: "processor.json")
        let (network, top1) = try measured(["--preprocess", file])
        #expect(network.preprocessing?.resize == .exact(height: 8, width: 8) && top1 == 1)
        try folder.write(Array(text.replacing("ViTImage", with: "OddImage").utf8), to: "processor.json")
        try refuse(["--preprocess", file], mentioning: "processor.json", "OddImageProcessor")
    }

    @Test func filesBesideTheModelAreFoundAndSaid() throws {
        try folder.copy("class-folders/words.json", to: "model/config.json")
        let outcome = try convert([])
        #expect(outcome.code == 0 && outcome.errors.contains("config.json: Found beside the model"), "\(outcome.errors)")
        let (network, top1) = try measured([], labels: false)
        #expect(network.classNames?.count == 12 && top1 == 1)
        // One that is damaged or of something else is passed over, with a note or without.
        try folder.write(Array("{\"mean\": [0.5], \"std\": \"x\"}".utf8), to: "model/config.json")
        try refuse([], mentioning: "not used", "std", "--mean")
        try folder.write(Array("{\"model_type\": \"bert\"}".utf8), to: "model/config.json")
        try refuse([], mentioning: "--preprocess")
    }

    @Test func withoutAnyOfThemItIsRefusedWithTheRemedies() throws {
        try refuse([], mentioning: "--preprocess FILE.json", "--mean and --std")
    }

    @Test func optionsThatContradictAreRefused() throws {
        let both = ["--mean", "0.5", "--std", "0.5"]
        try refuse(["--mean", "0.5"], mentioning: "--std")
        try refuse(["--crop", "0.9"], mentioning: "--mean and --std")
        try refuse(both + ["--size", "224"], mentioning: "8×8", "224×224", "--crop")
        try refuse(both + ["--size", "8x"], mentioning: "224x192")
        for crop in ["8", "0", "nan"] { try refuse(both + ["--crop", crop], mentioning: "0.05…1") }
        try refuse(both + ["--interpolation", "lanczos"], mentioning: "bicubic")
        try refuse(["--mean", "0.5,0.5", "--std", "0.5"], mentioning: "3 channels")
        try refuse(["--mean", "0.485", "--std", "57"], mentioning: "one unit")
        try refuse(["--mean", "127", "--std", "0.229"], mentioning: "one unit")
        try refuse(["--mean", "0.5", "--std", "0"], mentioning: "above 0")
        try refuse(["--mean", "0.5", "--std", "1e39"], mentioning: "--std")
        try refuse(["--mean", "x", "--std", "0.5"], mentioning: "--mean")
        try refuse(["--preprocess", folder.file("nowhere.json")], mentioning: "nowhere.json")
        try refuse(["--preprocess", images], mentioning: "images")
        try refuse(["--preprocess", try folder.write(Array("{\"a\": 1}".utf8), to: "a.json")], mentioning: "a.json", "--mean and --std")
    }

    /// Standard deviations that overflow, or make inputs that do: the error names the file and the key.
    @Test(arguments: [("std", "1e39"), ("std", "1e-300"), ("std", "0"), ("std", "-1"), ("std", "\"x\""), ("mean", "1e300"), ("mean", "-1e39")])
    func configurationsWithImpossibleNumbers(_ key: String, _ number: String) throws {
        let text = String(decoding: try Fixture.bytes("class-folders/words.json"), as: UTF8.self)
        let changed = text.replacing("\"\(key)\": [0.5, 0.5, 0.5]", with: "\"\(key)\": \(number)")
        #expect(changed != text)
        try folder.copy("class-folders/model.safetensors", to: "checkpoint/model.safetensors")
        try folder.write(Array(changed.utf8), to: "checkpoint/config.json")
        let outcome = try CommandLineTool.run(
            ["convert", folder.file("checkpoint"), "--calibration", images, "-o", folder.file("net.volley")])
        #expect(outcome.code == 2 && outcome.errors.contains("checkpoint/config.json"), "\(outcome.errors)")
        #expect(outcome.errors.contains("pretrained_cfg.\(key)"), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("net.volley")))
    }

    /// Arrays of what the images become: the same samples are found in calibration, whole, in part and in another order.
    @Test func theOverlapIsFoundInArraysToo() throws {
        let options = ["--mean", "0.5", "--std", "0.5", "--crop", "1"]
        let dataset = try Dataset.open(images)
        let (network, _) = try measured(options)
        let loader = try BatchLoader(dataset, preprocessing: network.preprocessing, inputShape: [3, 8, 8], batchSize: 64, threads: 1)
        let fed = try #require(try loader.next()).inputs
        func write(_ name: String, _ rows: [Int]) throws -> String {
            try NpzArchive.write(
                [("pixels", .float32(.concatenatingRows(rows.map { fed.rows($0..<$0 + 1) }))), ("y", .int64(rows.map { _ in 0 }))],
                to: folder.file(name))
            return folder.file(name)
        }
        func evaluate(_ data: String) throws -> CommandLineTool.Outcome {
            try CommandLineTool.run(["evaluate", folder.file("net.volley"), data, "--steps", "1"])
        }
        func expectOverlap(_ data: String, _ words: String...) throws {
            let outcome = try evaluate(data)
            #expect(outcome.code == 2 && outcome.errors.contains("--allow-overlap"), "\(outcome.errors)")
            for word in words { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
        }
        // Images calibrated, arrays measured.
        try expectOverlap(try write("some.npz", [41, 7]), "2 of 2", "some.npz[0]")
        // Arrays calibrated, arrays and images measured.
        let part = try write("part.npz", [3, 33, 21])
        let converted = try CommandLineTool.run(
            ["convert", folder.file("model/net.onnx"), "--calibration", part, "-o", folder.file("net.volley")] + options)
        #expect(converted.code == 0, "\(converted.errors)")
        try expectOverlap(try write("other.npz", [50, 33]), "1 of 2", "other.npz[1]")
        #expect(try evaluate(write("none.npz", [50, 51])).code == 0)
        try folder.copy("class-folders/images", to: "images")
        try folder.copy("class-folders/words.json", to: "model/config.json")
        #expect(try convertWithNames(part).code == 0)
        try expectOverlap(folder.file("images"), "of 60")
    }

    private func convertWithNames(_ data: String) throws -> CommandLineTool.Outcome {
        try CommandLineTool.run(["convert", folder.file("model/net.onnx"), "--calibration", data, "-o", folder.file("net.volley")])
    }

    @Test func outputsThatMayBeAClassifiersAreNamed() throws {
        var builder = GraphBuilder()
        let input = try builder.input("x", shape: [.batch, 4])
        let weight = try builder.constant("w", Tensor([4, 4], (0..<16).map { $0 % 5 == 0 ? 1 : 0 }))
        let hidden = try builder.add("hidden", .linear(Linear()), [input, weight])
        let relu = try builder.add("relu", .activation(Activation(.relu)), [hidden])
        for name in ["first", "second"] {
            let weight = try builder.constant("w.\(name)", Tensor([4, 4], (0..<16).map { $0 % 5 == (name == "first" ? 0 : 1) ? 1 : 0 }))
            builder.output(name, try builder.add(name + ".linear", .linear(Linear()), [relu, weight]))
        }
        let model = Model(graph: try builder.build(), architecture: "two heads")
        let samples = Tensor([4, 4], (0..<16).map { $0 % 5 == 0 ? 1 : 0 })
        try NpzArchive.write([("x", .float32(samples)), ("y", .int64([0, 1, 2, 3]))], to: folder.file("data.npz"))
        var method = MultiThreshold.differential
        method.spikingHead = true
        let network = try Conversion(
            of: model, method: method, calibrating: .init(try .open(folder.file("data.npz"), for: model))
        ).run()
        try network.write(to: folder.file("net.volley"))
        func evaluate(_ extra: [String]) throws -> CommandLineTool.Outcome {
            try CommandLineTool.run(["evaluate", folder.file("net.volley"), folder.file("data.npz"), "--steps", "1", "--allow-overlap"] + extra)
        }
        let refused = try evaluate([])
        #expect(refused.code == 2)
        for text in ["--output first", "--output second", "first [N, 4]"] { #expect(refused.errors.contains(text), "\(refused.errors)") }
        #expect(try evaluate(["--output", "first"]).output.contains("ANN    1.0000"))
        #expect(try evaluate(["--output", "second"]).output.contains("ANN    0.2500"))
        #expect(try evaluate(["--output", "third"]).code == 2)
    }
}
