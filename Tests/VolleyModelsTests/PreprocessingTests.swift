import Testing
import VolleyGraph
import VolleyModels
import VolleyTensors
import VolleyTestSupport

@Suite struct PreprocessingTests {
    private func preprocessing(_ name: String) throws -> Preprocessing? {
        try Model(checkpoint: Fixture.path("models/\(name)")).preprocessing
    }

    @Test func timm() throws {
        #expect(
            try preprocessing("timm-vit")
                == Preprocessing(
                    channels: 3, height: 16, width: 16, resize: .shorterSide(17), interpolation: .bicubic,
                    mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5]))
        #expect(
            try preprocessing("timm-vit-avg")
                == Preprocessing(
                    channels: 3, height: 16, width: 16, resize: .shorterSide(16), interpolation: .bilinear,
                    mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225]))
        #expect(
            try preprocessing("timm-vit-f16")
                == Preprocessing(
                    channels: 1, height: 12, width: 12, resize: .shorterSide(12), interpolation: .bicubic, mean: [0.3],
                    deviation: [0.4]))
    }

    @Test func huggingFace() throws {
        #expect(
            try preprocessing("hf-vit")
                == Preprocessing(
                    channels: 3, height: 16, width: 16, resize: .exact(height: 16, width: 16), interpolation: .bilinear,
                    cropRounding: .down, mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5]))
        let deit = Preprocessing(
            channels: 3, height: 16, width: 16, resize: .exact(height: 18, width: 18), interpolation: .bicubic,
            cropRounding: .down, mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5])
        #expect(try preprocessing("hf-deit") == deit)
        var older = deit
        older.mean = [0.485, 0.456, 0.406]
        older.deviation = [0.229, 0.224, 0.225]
        #expect(try preprocessing("hf-deit-teacher") == older)
    }

    @Test func timmCropModes() throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        try checkpoint.set("pretrained_cfg", "crop_mode", to: "squash")
        #expect(try checkpoint.load().preprocessing?.resize == .exact(height: 17, width: 17))
        try checkpoint.set("pretrained_cfg", "crop_mode", to: "border")
        expectModelError(.badValue, mentioning: "pretrained_cfg.crop_mode", "border") { try checkpoint.load() }
    }

    @Test func timmAssumptionsAreSaid() throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        #expect(try checkpoint.load().diagnostics.isEmpty)
        for key in ["mean", "std", "crop_pct", "interpolation"] { try checkpoint.set("pretrained_cfg", key, to: nil) }
        let model = try checkpoint.load()
        #expect(model.preprocessing?.mean == [0.485, 0.456, 0.406])
        #expect(model.preprocessing?.resize == .shorterSide(18))
        for text in ["mean", "std", "crop_pct = 0.875", "interpolation"] {
            #expect(model.diagnostics.map(\.message).contains { $0.contains(text) }, "\(text)")
        }
        let grey = try ChangedCheckpoint("timm-vit-f16")
        try grey.set("pretrained_cfg", "mean", to: nil)
        #expect(try grey.load().preprocessing == nil)
        #expect(try grey.load().diagnostics.count == 1)
    }

    @Test(
        arguments: [
            ("mean", [0.5, 0.5], ModelError.Code.contradiction), ("std", [0.5, 0, 0.5], .badValue),
            ("std", ["a"], .badValue),
            ("crop_pct", 0, .badValue), ("crop_pct", 1e-300, .badValue), ("interpolation", "lanczos", .badValue),
        ] as [(String, any Sendable, ModelError.Code)])
    func timmValuesThatAreRefused(key: String, value: any Sendable, code: ModelError.Code) throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        try checkpoint.set("pretrained_cfg", key, to: value)
        expectModelError(code, mentioning: "pretrained_cfg.\(key)") { try checkpoint.load() }
    }

    @Test func missingProcessorSettings() throws {
        let vit = try ChangedCheckpoint("hf-vit")
        try vit.remove("preprocessor_config.json")
        let model = try vit.load()
        #expect(model.preprocessing == (try preprocessing("hf-vit")))
        #expect(model.diagnostics.map(\.message).contains { $0.contains("no preprocessor_config.json") })
        let deit = try ChangedCheckpoint("hf-deit")
        try deit.remove("preprocessor_config.json")
        #expect(try deit.load().preprocessing?.resize == .exact(height: 16, width: 16))
        #expect(try deit.load().preprocessing?.interpolation == .bicubic)
    }

    @Test func rescalingAndNormalising() throws {
        let checkpoint = try ChangedCheckpoint("hf-vit")
        let file = "preprocessor_config.json"
        try checkpoint.set("rescale_factor", to: 2.0 / 255, in: file)
        // x = (2u − 0.5) / 0.5 = (u − 0.25) / 0.25 for a pixel u in 0…1.
        #expect(try checkpoint.load().preprocessing?.mean == [0.25, 0.25, 0.25])
        #expect(try checkpoint.load().preprocessing?.deviation == [0.25, 0.25, 0.25])
        try checkpoint.set("do_normalize", to: false, in: file)
        #expect(try checkpoint.load().preprocessing?.mean == [0, 0, 0])
        #expect(try checkpoint.load().preprocessing?.deviation == [0.5, 0.5, 0.5])
        try checkpoint.set("do_rescale", to: false, in: file)
        #expect(try checkpoint.load().preprocessing?.deviation == [Float](repeating: 1 / 255, count: 3))
    }

    @Test func sizesOfTheProcessor() throws {
        let checkpoint = try ChangedCheckpoint("hf-deit")
        let file = "preprocessor_config.json"
        try checkpoint.set("size", to: ["shortest_edge": 20], in: file)
        #expect(try checkpoint.load().preprocessing?.resize == .shorterSide(20))
        try checkpoint.set("size", to: ["height": 12, "width": 18], in: file)
        expectModelError(.contradiction, mentioning: "12×18", "16×16", "image_size is 16") { try checkpoint.load() }
        try checkpoint.set("size", to: ["longest_edge": 20], in: file)
        expectModelError(.badValue, mentioning: "longest_edge") { try checkpoint.load() }
        try checkpoint.set("size", to: 18, in: file)
        try checkpoint.set("crop_size", to: 17, in: file)
        expectModelError(.contradiction, mentioning: "17×17") { try checkpoint.load() }
    }

    @Test(
        arguments: [
            ("resample", 1, ModelError.Code.badValue), ("do_resize", false, .badValue),
            ("image_processor_type", "DonutImageProcessor", .unsupported), ("image_mean", [0.5, 0.5], .contradiction),
        ] as [(String, any Sendable, ModelError.Code)])
    func processorSettingsThatAreRefused(key: String, value: any Sendable, code: ModelError.Code) throws {
        let checkpoint = try ChangedCheckpoint("hf-vit")
        try checkpoint.set(key, to: value, in: "preprocessor_config.json")
        expectModelError(code, mentioning: "preprocessor_config.json") { try checkpoint.load() }
    }

    /// Processors of other networks, as they stand beside ONNX files.
    @Test func otherProcessors() throws {
        let directory = try TemporaryDirectory()
        func read(_ type: String, _ settings: String, side: Int = 224) throws -> Preprocessing? {
            let text = """
                {"image_processor_type": "\(type)", "image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.2, 0.1], "resample": 3, \(settings)}
                """
            let file = try directory.write(Array(text.utf8), to: "preprocessor_config.json")
            return try ImageConfiguration(file: file, for: .init(channels: 3, height: side, width: side)).preprocessing
        }
        let clip = try read("CLIPImageProcessor", #""size": {"shortest_edge": 256}, "do_center_crop": true, "crop_size": 224"#)
        #expect(clip?.resize == .shorterSide(256) && clip?.height == 224 && clip?.mean == [0.5, 0.4, 0.3])
        let siglip = try read("SiglipImageProcessor", #""size": {"height": 224, "width": 224}"#)
        #expect(siglip?.resize == .exact(height: 224, width: 224))
        let convNext = #""size": {"shortest_edge": 224}, "crop_pct": 0.875"#
        #expect(try read("ConvNextImageProcessor", convNext)?.resize == .shorterSide(256))
        #expect(try read("ConvNextFeatureExtractor", #""size": 384"#, side: 384)?.resize == .exact(height: 384, width: 384))
        expectModelError(.contradiction, mentioning: "224×224") { try read("ConvNextImageProcessor", convNext, side: 256) }
        expectModelError(.missingKey, mentioning: "crop_pct") { try read("ConvNextImageProcessor", #""size": 224"#) }
        expectModelError(.missingKey, mentioning: "size") { try read("BitImageProcessor", #""do_center_crop": true"#) }
        expectModelError(.contradiction, mentioning: "256×256") { try read("SiglipImageProcessor", #""size": {"height": 256, "width": 256}"#) }
    }

    /// Numbers of pixels in 0…255 are told from those of pixels in 0…1 by their size.
    @Test func unitsOfMeanAndDeviation() throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        func set(_ mean: [Double], _ deviation: [Double]) throws -> Preprocessing? {
            try checkpoint.set("pretrained_cfg", "mean", to: mean)
            try checkpoint.set("pretrained_cfg", "std", to: deviation)
            return try checkpoint.load().preprocessing
        }
        let bytes = try set([127.5, 127.5, 127.5], [127.5, 51, 255])
        #expect(bytes?.mean == [0.5, 0.5, 0.5] && bytes?.deviation == [0.5, 0.2, 1])
        #expect(try set([0, 0, 0], [255, 255, 255])?.deviation == [1, 1, 1])
        #expect(try set([0, 0, 0], [1, 1, 1])?.deviation == [1, 1, 1])
        #expect(try set([102, 51, 0], [1, 1, 1])?.mean == [0.4, 0.2, 0])
        expectModelError(.contradiction, mentioning: "one unit") { try set([0.485, 0.456, 0.406], [58, 57, 57]) }
        expectModelError(.contradiction, mentioning: "one unit") { try set([123, 116, 103], [0.229, 0.224, 0.225]) }
    }
}
