/// The classes of Hugging Face Transformers whose checkpoints are read.
enum HuggingFaceArchitecture: String, CaseIterable {
    case vit = "ViTForImageClassification"
    case deit = "DeiTForImageClassification"
    case deitWithTeacher = "DeiTForImageClassificationWithTeacher"

    /// - Throws: `ModelError` (`unknownArchitecture`).
    init(names: [String], path: String) throws {
        guard names.count == 1, let known = Self(rawValue: names[0]) else {
            let message = """
                The architecture \(names.listed) is not supported. Supported are: \(FoundModel.supported). Other networks \
                can be imported from ONNX files.
                """
            throw ModelError(.unknownArchitecture, message, path: path)
        }
        self = known
    }

    /// How the names of its tensors begin.
    var model: String { self == .vit ? "vit" : "deit" }

    var classifier: String { self == .deitWithTeacher ? "cls_classifier" : "classifier" }
}
