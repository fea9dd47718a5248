import Foundation
import Testing
import Volley
import VolleyTestSupport

/// What users get wrong: one clear message, exit code 2, nothing half-written.
@Suite struct BadInputTests {
    private let folder: TemporaryDirectory
    private let model = Fixture.path("digits-vit")
    private var output: String { folder.file("out.volley") }

    init() throws { folder = try TemporaryDirectory() }

    /// Runs a command that must fail as bad input.
    private func refuse(_ arguments: [String], mentioning words: String..., sourceLocation: SourceLocation = #_sourceLocation) throws {
        let outcome = try CommandLineTool.run(arguments)
        #expect(outcome.code == 2, "\(outcome.errors)", sourceLocation: sourceLocation)
        for word in words { #expect(outcome.errors.contains(word), "'\(word)' in: \(outcome.errors)", sourceLocation: sourceLocation) }
        #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("out") || $0.hasPrefix(".out") }
        #expect(left.isEmpty, "left behind: \(left)", sourceLocation: sourceLocation)
    }

    /// A copy of the model whose weight file is changed.
    private func damaged(_ change: (inout [UInt8]) throws -> Void) throws -> String {
        try folder.copy("digits-vit", to: "model")
        var bytes = try Fixture.bytes("digits-vit/model.safetensors")
        try change(&bytes)
        try folder.write(bytes, to: "model/model.safetensors")
        return folder.file("model")
    }

    private func convert(_ model: String, _ extra: [String] = []) -> [String] {
        ["convert", model, "--calibration", self.model + "/calibration.npz", "-o", output] + extra
    }

    @Test func weightFiles() throws {
        try refuse(convert(try damaged { $0.removeLast(100) }), mentioning: "model.safetensors")
        try refuse(convert(try damaged { $0[7] = 0x7F }), mentioning: "model.safetensors")
        try refuse(
            convert(
                try damaged { bytes in
                    // "F32" of the first tensor becomes "F64": its span no longer fits.
                    let position = bytes.firstRange(of: Array("F32".utf8))!.lowerBound
                    bytes.replaceSubrange(position..<position + 3, with: Array("F64".utf8))
                }), mentioning: "model.safetensors")
        try refuse(convert(folder.file("nowhere")), mentioning: "nowhere")
    }

    @Test func missingTensorsAndWrongShapes() throws {
        let source = try SafetensorsFile(path: model + "/model.safetensors")
        var tensors = try source.names.map { ($0, try source.tensor($0)) }
        try folder.copy("digits-vit", to: "model")
        func write() throws { try Safetensors.write(tensors: tensors, to: folder.file("model/model.safetensors")) }
        let index = tensors.firstIndex { $0.0 == "blocks.2.mlp.fc1.bias" }!
        let original = tensors.remove(at: index)
        try write()
        try refuse(convert(folder.file("model")), mentioning: "blocks.2.mlp.fc1.bias")
        tensors.insert((original.0, Tensor([3], [1, 2, 3])), at: index)
        try write()
        try refuse(convert(folder.file("model")), mentioning: "blocks.2.mlp.fc1.bias", "[3]", "[256]")
        tensors[index] = (original.0, Tensor([256], repeating: .nan))
        try write()
        try refuse(convert(folder.file("model")), mentioning: "blocks.2.mlp.fc1.bias", "NaN")
    }

    @Test func configurations() throws {
        try folder.copy("digits-vit", to: "model")
        let text = String(decoding: try Fixture.bytes("digits-vit/config.json"), as: UTF8.self)
        func configure(_ from: String, _ to: String) throws {
            #expect(text.contains(from))
            try folder.write(Array(text.replacing(from, with: to).utf8), to: "model/config.json")
        }
        try configure("\"vit_custom\"", "\"resnet50\"")
        try refuse(convert(folder.file("model")), mentioning: "resnet50")
        try configure("\"depth\": 4", "\"depth\": 5")
        try refuse(convert(folder.file("model")), mentioning: "depth is 5")
        try configure("\"num_heads\": 4", "\"num_heads\": 7")
        try refuse(convert(folder.file("model")), mentioning: "num_heads")
        try folder.write(Array(text.dropLast(20).utf8), to: "model/config.json")
        try refuse(convert(folder.file("model")), mentioning: "config.json")
    }

    @Test func data() throws {
        try folder.makeFolder("empty")
        try refuse(["convert", model, "--calibration", folder.file("empty"), "-o", output], mentioning: "empty")
        try refuse(["convert", model, "--calibration", folder.file("absent"), "-o", output], mentioning: "absent")
        try refuse(["convert", model, "-o", output], mentioning: "--calibration")
        var images = try NpzArchive(path: model + "/calibration.npz").array("x").tensor
        images.values[1000] = .nan
        let labels = [Int](repeating: 0, count: images.shape[0])
        try NpzArchive.write([("x", .float32(images)), ("y", .int64(labels))], to: folder.file("nan.npz"))
        try refuse(["convert", model, "--calibration", folder.file("nan.npz"), "-o", output], mentioning: "finite", "nan")
        for index in 960..<1024 { images.values[index] = 3e38 }
        try NpzArchive.write([("x", .float32(images)), ("y", .int64(labels))], to: folder.file("huge.npz"))
        try refuse(["convert", model, "--calibration", folder.file("huge.npz"), "-o", output], mentioning: "node 'blocks.0.norm1'")
    }

    @Test func aDamagedImageInTheMiddle() throws {
        for (name, file) in [("3/1.jpg", "gray.jpg"), ("3/2.jpg", "truncated.jpg"), ("7/1.png", "gray.png")] {
            try folder.copy("images/" + file, to: "data/" + name)
        }
        let data = folder.file("data")
        try refuse(["convert", model, "--calibration", data, "-o", output], mentioning: "3/2.jpg")
        let skipped = try CommandLineTool.run(["convert", model, "--calibration", data, "--skip-bad", "-o", folder.file("net.volley")])
        #expect(skipped.code == 0 && skipped.errors.contains("3/2.jpg"), "\(skipped.errors)")
        let evaluated = try CommandLineTool.run(
            ["evaluate", folder.file("net.volley"), data, "--steps", "1", "--skip-bad", "--allow-overlap"])
        #expect(evaluated.code == 0 && evaluated.output.contains("2 samples, 1 skipped"), "\(evaluated.output)\(evaluated.errors)")
        try refuse(["evaluate", folder.file("net.volley"), data, "--steps", "1", "--allow-overlap"], mentioning: "3/2.jpg")
    }

    @Test func settings() throws {
        let network = folder.file("net.volley")
        #expect(try CommandLineTool.run(["convert", model, "--calibration", model + "/calibration.npz", "-o", network]).code == 0)
        let test = model + "/test.npz"
        try refuse(["evaluate", network, test, "--steps", "0"], mentioning: "--steps must lie in 1…10000, found 0")
        try refuse(["evaluate", network, test], mentioning: "--steps")
        try refuse(["evaluate", model + "/config.json", test], mentioning: "config.json", "not a spiking network")
        try refuse(["evaluate", network, model + "/calibration.npz", "--steps", "1"], mentioning: "calibration", "--allow-overlap")
        try refuse(["evaluate", model + "/model.safetensors", test, "--steps", "1"], mentioning: "volley convert")
        try refuse(["evaluate", network, test, "--steps", "1", "--batch", "0"], mentioning: "--batch must lie in 1…65536, found 0")
        try refuse(["evaluate", network, test, "--steps", "1", "--limit", "0"], mentioning: "--limit must lie in 1…")
        for wrong in [
            ["--levels", "0"], ["--quantile", "2"], ["--ladder", "sideways"], ["--coding", "morse"], ["--method", "magic"],
            ["--scale", "-1"], ["--preset", "none"], ["--threads", "0"], ["--thresholds", test], ["--unknown"],
            ["--method", "differential", "--reset", "zero"], ["--method", "differential", "--no-symmetric"],
        ] {
            try refuse(convert(model, wrong))
        }
        try refuse(
            ["run", network, "--input", folder.file("absent.npz"), "--output", folder.file("out.npz"), "--steps", "1"], mentioning: "absent.npz")
        try NpzArchive.write([("image", .float32(Tensor([1, 1, 8, 8])))], to: folder.file("named.npz"))
        try refuse(
            ["run", network, "--input", folder.file("named.npz"), "--output", folder.file("out.npz"), "--steps", "1"], mentioning: "input", "image")
        try NpzArchive.write([("input", .float32(Tensor([1, 3, 8, 8])))], to: folder.file("shaped.npz"))
        try refuse(
            ["run", network, "--input", folder.file("shaped.npz"), "--output", folder.file("out.npz"), "--steps", "1"], mentioning: "[1, 3, 8, 8]")
    }

    @Test func whereNothingCanBeWritten() throws {
        let outcome = try CommandLineTool.run(
            ["convert", model, "--thresholds", model + "/thresholds.json", "-o", folder.file("absent/net.volley")])
        #expect(outcome.code == 2 && outcome.errors.contains("absent"), "\(outcome.errors)")
        try refuse(["inspect", folder.file("absent")], mentioning: "absent")
    }
}
