import Foundation
import Testing
import VolleyGraph
import VolleyONNX
import VolleyTensors
import VolleyTestSupport

/// Tensors in files beside the model.
@Suite struct ExternalDataTests {
    private func model(_ entries: [(String, String)]) -> [UInt8] {
        var sketch = ModelSketch()
        sketch.input("x", ["batch", 3])
        sketch.initializer(ModelSketch.externalTensor("w", [3], entries))
        sketch.node("Add", ["x", "w"], ["y"])
        sketch.output("y")
        return sketch.bytes
    }

    /// A folder `model` with a data file in it and one beside it.
    private func folder() throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: folder.file("model/part"), withIntermediateDirectories: true)
        let bytes = [Float](arrayLiteral: 9, 1, 2, 3).flatMap(\.littleEndianBytes)
        for name in ["model/data.bin", "model/part/data.bin", "outside.bin"] { _ = try folder.write(bytes, to: name) }
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("model/link.bin"), withDestinationPath: folder.file("outside.bin"))
        return folder
    }

    @Test(arguments: ["data.bin", "part/data.bin", "./data.bin"])
    func dataBesideTheModelIsRead(location: String) throws {
        let folder = try folder()
        let path = try folder.write(model([("location", location), ("offset", "4"), ("length", "12")]), to: "model/model.onnx")
        let model = try ONNXModel.load(path)
        #expect(model.weightFiles.count == 2)
        #expect(model.weightFiles.last?.hasSuffix("data.bin") == true)
        #expect(try Evaluator(model.graph).run(["x": Tensor([1, 3], [0, 0, 0])])["y"] == Tensor([1, 3], [1, 2, 3]))
    }

    @Test(arguments: [
        [("location", "../outside.bin")], [("location", "part/../../outside.bin")], [("location", "/etc/hostname")],
        [("location", "link.bin")], [("location", "missing.bin")], [("location", "part")], [("location", "")],
        [("offset", "0")], [("location", "data.bin"), ("offset", "8")], [("location", "data.bin"), ("offset", "-4")],
        [("location", "data.bin"), ("offset", "99999999999999999999")], [("location", "data.bin"), ("length", "8")],
        [("location", "data.bin"), ("offset", "9223372036854775807")],
    ])
    func everythingElseIsRefused(entries: [(String, String)]) throws {
        let folder = try folder()
        let path = try folder.write(model(entries), to: "model/model.onnx")
        #expect {
            _ = try ONNXModel.load(path)
        } throws: { ($0 as? ONNXError)?.code == .externalData }
    }
}
