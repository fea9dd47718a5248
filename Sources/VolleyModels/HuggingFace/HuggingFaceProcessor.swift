import VolleyGraph
import VolleyTensors

/// What an image processor of Hugging Face Transformers does to an image: exact resize, crop at the centre for DeiT,
/// rescale, normalise.
struct HuggingFaceProcessor {
    private enum Family: String, CaseIterable { case vit = "ViT", deit = "DeiT" }

    private let settings: Configuration
    private let isMissing: Bool
    private let family: Family

    /// - Throws: `ModelError` (`unsupported`) where another kind of processor is named.
    init(_ checkpoint: Checkpoint, _ architecture: HuggingFaceArchitecture) throws {
        isMissing = checkpoint.preprocessor == nil
        let settings = checkpoint.preprocessor ?? checkpoint.configuration.emptySection("preprocessor")
        self.settings = settings
        guard let type = try settings.text("image_processor_type") ?? settings.text("feature_extractor_type") else {
            family = architecture == .vit ? .vit : .deit
            return
        }
        let endings = ["ImageProcessor", "ImageProcessorFast", "ImageProcessorPil", "FeatureExtractor"]
        let known = Family.allCases.first { family in endings.contains { family.rawValue + $0 == type } }
        guard let family = known else {
            let message = "The image processor \(type.quoted) is not supported; those of ViT and DeiT are."
            throw ModelError(.unsupported, message, path: settings.path)
        }
        self.family = family
    }

    func preprocessing(for network: VisionTransformer, _ diagnostics: inout [Diagnostic]) throws -> Preprocessing {
        var assumed: [String] = []
        let scale = try fullScale()
        let half = [Double](repeating: 0.5, count: network.channels.value)
        var mean = try settings.perChannel("image_mean", channels: network.channels)
        var deviation = try settings.perChannel("image_std", channels: network.channels)
        if try settings.flag("do_normalize") == false {
            mean = half.map { _ in 0 }
            deviation = half.map { _ in 1 }
        }
        if mean == nil { assumed.append("image_mean = 0.5") }
        if deviation == nil { assumed.append("image_std = 0.5") }
        let interpolation = try interpolation(&assumed)
        let resize = try resize(for: network, &assumed)
        if !assumed.isEmpty {
            let cause =
                isMissing ? "There is no preprocessor_config.json" : "The settings of the image processor are incomplete"
            let text = "\(cause). Assumed, as \(family.rawValue)ImageProcessor does: \(assumed.joined(separator: ", "))."
            diagnostics.append(Diagnostic(settings.path, text))
        }
        return Preprocessing(
            channels: network.channels.value, height: network.image.height.value, width: network.image.width.value,
            resize: resize, interpolation: interpolation, cropRounding: .down,
            mean: (mean ?? half).map { Float($0 / scale) },
            deviation: (deviation ?? half).map { Float($0 / scale) })
    }

    /// The value of a white pixel before it is normalised; usually 1.
    private func fullScale() throws -> Double {
        if try settings.flag("do_rescale") == false { return 255 }
        let scale = 255 * (try settings.number("rescale_factor", in: 1e-9...1e9) ?? 1 / 255)
        return abs(scale - 1) < 1e-6 ? 1 : scale
    }

    private func interpolation(_ assumed: inout [String]) throws -> Preprocessing.Interpolation {
        switch try settings.integer("resample", from: 0) {
        case 2: return .bilinear
        case 3: return .bicubic
        case nil:
            assumed.append(family == .vit ? "resample = 2 (bilinear)" : "resample = 3 (bicubic)")
            return family == .vit ? .bilinear : .bicubic
        default: throw settings.wrongValue("resample", expected: "2 (bilinear) or 3 (bicubic)")
        }
    }

    /// Where the settings say nothing: what the processor does for 224 × 224 pixels, and an exact resize otherwise.
    private func resize(for network: VisionTransformer, _ assumed: inout [String]) throws -> Preprocessing.Resize {
        guard try settings.flag("do_resize") != false else {
            throw settings.wrongValue("do_resize", expected: "true, as the network reads images of one size only")
        }
        let image = (height: network.image.height.value, width: network.image.width.value)
        let isUsual = family == .deit && image == (224, 224)
        let whole = Preprocessing.Resize.exact(height: image.height, width: image.width)
        var resize = isUsual ? .exact(height: 256, width: 256) : whole
        if let stated = try statedSize("size") {
            resize = stated
        } else {
            assumed.append(isUsual ? "size = 256" : "size = \(image.height)×\(image.width)")
        }
        let hasCrop = settings["size"] == nil ? isUsual : family == .deit
        if settings["do_center_crop"] == nil, hasCrop { assumed.append("do_center_crop = true") }
        var result = resize
        if try settings.flag("do_center_crop") ?? hasCrop {
            if settings["crop_size"] == nil { assumed.append("crop_size = 224") }
            result = try statedSize("crop_size") ?? .exact(height: 224, width: 224)
        }
        guard result == whole, resize.covers(height: image.height, width: image.width) else {
            let message = """
                The image processor makes images (\(resize.text), then \(result.text)) that do not fit the network, which \
                reads \(image.height)×\(image.width) pixels (\([network.image.height, network.image.width].reasons)).
                """
            throw ModelError(.contradiction, message, path: settings.path)
        }
        return resize
    }

    /// A side length, which older releases wrote for a square, or an object with height and width or with shortest_edge.
    private func statedSize(_ key: String) throws -> Preprocessing.Resize? {
        guard let value = settings[key] else { return nil }
        if case .integer = value {
            return try settings.extent(key).map { .exact(height: $0.height.value, width: $0.width.value) }
        }
        guard let section = try settings.section(key) else { return nil }
        switch section.keys {
        case ["height", "width"]:
            guard let height = try section.integer("height"), let width = try section.integer("width") else { break }
            return .exact(height: height, width: width)
        case ["shortest_edge"]: return try section.integer("shortest_edge").map { .shorterSide($0) }
        default: break
        }
        throw settings.wrongValue(key, expected: "a length, or an object with height and width or with shortest_edge")
    }
}

extension Preprocessing.Resize {
    /// Whether an image of this size can be cut out of the result.
    fileprivate func covers(height: Int, width: Int) -> Bool {
        switch self {
        case .shorterSide(let side): side >= max(height, width)
        case .exact(let resizedHeight, let resizedWidth): resizedHeight >= height && resizedWidth >= width
        }
    }

    /// For messages.
    fileprivate var text: String {
        switch self {
        case .shorterSide(let side): "shorter side \(side)"
        case .exact(let height, let width): "\(height)×\(width)"
        }
    }
}
