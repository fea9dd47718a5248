import Testing
import Volley
import VolleyTestSupport

/// `Model.load` reads what `volley convert` reads, whatever kind of file it is.
@Suite struct LoaderTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    @Test func checkpointsAndONNXFilesAreRead() throws {
        let checkpoint = Fixture.path("models/timm-vit")
        #expect(try Model.load(checkpoint).graph == Model(checkpoint: checkpoint).graph)
        #expect(try Model.load(checkpoint + "/model.safetensors").graph == Model(checkpoint: checkpoint).graph)
        let file = Fixture.path("class-folders/model.onnx")
        #expect(try Model.load(file).graph == ONNXModel.load(file).graph)
        #expect(try Model.load(file, through: "").graph == ONNXModel.load(file, through: "").graph)
    }

    @Test func imagesAreFedAsAFileBesideTheModelOrTheCallerSays() throws {
        try folder.copy("class-folders/model.onnx", to: "model/net.onnx")
        #expect(try Model.load(folder.file("model/net.onnx")).preprocessing == nil)
        try folder.copy("class-folders/words.json", to: "model/config.json")
        let model = try Model.load(folder.file("model/net.onnx"))
        #expect(model.preprocessing?.height == 8 && model.classNames?.count == 12)
        #expect(model.diagnostics.contains { $0.message.contains("Found beside the model") })
        var images = ImageOptions()
        images.crop = 0.5
        #expect(try Model.load(folder.file("model/net.onnx"), images: images).preprocessing?.resize == .shorterSide(16))
    }

    @Test func otherFilesAreRefusedWithTheWayToOneThatIsRead() throws {
        let file = try folder.write([1, 2, 3], to: "net.pt")
        #expect { try Model.load(file) } throws: { "\($0)".contains("torch.onnx.export") }
        try folder.copy("class-folders/model.onnx", to: "exported/net.onnx")
        #expect { try Model.load(folder.file("exported")) } throws: { ($0 as? OtherFormatError)?.description.contains("exported/net.onnx") ?? false }
        #expect { try Model.load(folder.file("nothing")) } throws: { ($0 as? ModelError)?.code == .notFound }
    }
}
