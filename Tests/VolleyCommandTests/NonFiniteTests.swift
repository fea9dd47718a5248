import Foundation
import Testing
import Volley
import VolleyTestSupport

/// What is not a number is no answer.
@Suite struct NonFiniteTests {
    private let folder: TemporaryDirectory
    private let model = Fixture.path("digits-vit")

    init() throws { folder = try TemporaryDirectory() }

    /// A checkpoint whose classifier has other weights.
    private func checkpoint(_ head: (Float) -> Float) throws -> String {
        let checkpoint = try SafetensorsFile(path: model + "/model.safetensors")
        let tensors = try checkpoint.names.map { name in
            let tensor = try checkpoint.tensor(name)
            return (name, name == "head.weight" ? Tensor(tensor.shape, tensor.values.map(head)) : tensor)
        }
        try folder.copy("digits-vit/config.json", to: "model/config.json")
        try Safetensors.write(tensors: tensors, to: folder.file("model/model.safetensors"))
        return folder.file("model")
    }

    /// Neurons before the classifier that all fire at once with 3·10³⁸: their weighted sums overflow, those of the ANN do not.
    private func network() throws -> String {
        var thresholds = try ThresholdFile.read(model + "/thresholds.json")
        thresholds["head.in"] = [3e38, 3e38]
        try folder.write([UInt8](try JSONEncoder().encode(thresholds)), to: "thresholds.json")
        let path = folder.file("net.volley")
        let outcome = try CommandLineTool.run(
            [
                "convert", try checkpoint { 1000 * $0 }, "--spiking-head", "--levels", "1", "--initial-potential", "0.5", "--thresholds",
                folder.file("thresholds.json"), "-o", path,
            ])
        #expect(outcome.code == 0, "\(outcome.errors)")
        return path
    }

    @Test func estimatesThatAreNotNumbersEndTheMeasurement() throws {
        let network = try network()
        for threads in ["1", "3"] {
            let outcome = try CommandLineTool.run(
                ["evaluate", network, model + "/test.npz", "--steps", "2", "--threads", threads, "--json", folder.file("out.json")])
            #expect(outcome.code == 1)
            #expect(outcome.output.isEmpty && !FileManager.default.fileExists(atPath: folder.file("out.json")))
            for text in ["'logits'", "time-step", "test.npz[", "NaN"] { #expect(outcome.errors.contains(text), "\(outcome.errors)") }
        }
    }

    @Test func estimatesThatAreNotNumbersEndARun() throws {
        let outcome = try CommandLineTool.run(
            ["run", try network(), "--input", model + "/test.npz", "--steps", "2", "-o", folder.file("out.npz")])
        #expect(outcome.code == 1 && outcome.errors.contains("'logits'") && outcome.errors.contains("time-step"), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("out.npz")))
    }

    @Test func anANNThatOverflowsIsNamedWithTheNode() throws {
        let overflowing = try checkpoint { _ in 3e38 }
        let path = folder.file("net.volley")
        let converted = try CommandLineTool.run(["convert", overflowing, "--thresholds", model + "/thresholds.json", "-o", path])
        #expect(converted.code == 0, "\(converted.errors)")
        let evaluated = try CommandLineTool.run(["evaluate", path, model + "/test.npz", "--steps", "1"])
        #expect(evaluated.code == 1 && evaluated.errors.contains("the ANN's output 'logits'"), "\(evaluated.errors)")
        #expect(evaluated.errors.contains("node 'head"))
        for network in [path, overflowing] {
            let outcome = try CommandLineTool.run(["run", network, "--ann-only", "--input", model + "/test.npz", "-o", folder.file("out.npz")])
            #expect(outcome.code == 1 && outcome.errors.contains("'logits'"), "\(outcome.errors)")
        }
    }
}
