import VolleyGraph
import VolleyTensors

/// What an image processor of Hugging Face Transformers does to an image: resize, crop at the centre for some, rescale,
/// normalise.
struct HuggingFaceProcessor {
    private enum Family: String, CaseIterable {
        case vit = "ViT", deit = "DeiT"
        case beit = "Beit", bit = "Bit", clip = "CLIP", convNext = "ConvNext", mobileNetV1 = "MobileNetV1", mobileNetV2 = "MobileNetV2"
        case siglip = "Siglip"

        /// Whether a setting that is left out is known: of the others, all must be there.
        var hasKnownDefaults: Bool { self == .vit || self == .deit }
    }

    private let settings: Configuration
    private let isMissing: Bool
    private let family: Family

    /// - Throws: `ModelError` (`unsupported`) where another kind of processor is named.
    init(_ checkpoint: Checkpoint, _ architecture: HuggingFaceArchitecture) throws {
        try self.init(
            checkpoint.preprocessor ?? checkpoint.configuration.emptySection("preprocessor"),
            isMissing: checkpoint.preprocessor == nil, usually: architecture == .vit ? .vit : .deit)
    }

    /// - Throws: `ModelError` (`unsupported`) where another kind of processor than one of these is named.
    init(_ settings: Configuration) throws { try self.init(settings, isMissing: false, usually: .vit) }

    private init(_ settings: Configuration, isMissing: Bool, usually: Family) throws {
        self.settings = settings
        self.isMissing = isMissing
        guard let type = try settings.text("image_processor_type") ?? settings.text("feature_extractor_type") else {
            family = usually
            return
        }
        let endings = ["ImageProcessor", "ImageProcessorFast", "ImageProcessorPil", "FeatureExtractor"]
        let known = Family.allCases.first { family in endings.contains { family.rawValue + $0 == type } }
        guard let family = known else {
            let known = Family.allCases.map(\.rawValue).joined(separator: ", ")
            let message = "The image processor \(type.quoted) is not supported; those of \(known) are."
            throw ModelError(.unsupported, message, path: settings.path)
        }
        self.family = family
    }

    func preprocessing(for network: ImageInput, _ diagnostics: inout [Diagnostic]) throws -> Preprocessing {
        var assumed: [String] = []
        if !family.hasKnownDefaults {
            let missing = ["image_mean", "image_std", "resample", "size"].filter { settings[$0] == nil }
            guard missing.isEmpty else {
                throw ModelError(
                    .missingKey, "The settings of \(family.rawValue)ImageProcessor must state \(missing.listed).", path: settings.path)
            }
        }
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
        let pixels: (mean: [Float], deviation: [Float])
        if scale == 1 {
            pixels = try settings.pixels(mean: mean ?? half, "image_mean", deviation: deviation ?? half, "image_std")
        } else {
            pixels = ((mean ?? half).map { Float($0 / scale) }, (deviation ?? half).map { Float($0 / scale) })
        }
        return Preprocessing(
            channels: network.channels.value, height: network.height.value, width: network.width.value,
            resize: resize, interpolation: interpolation, cropRounding: .down,
            mean: pixels.mean, deviation: pixels.deviation)
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
    private func resize(for network: ImageInput, _ assumed: inout [String]) throws -> Preprocessing.Resize {
        guard try settings.flag("do_resize") != false else {
            throw settings.wrongValue("do_resize", expected: "true, as the network reads images of one size only")
        }
        let image = (height: network.height.value, width: network.width.value)
        if family == .convNext { return try convNextResize(image) }
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
                reads \(image.height)×\(image.width) pixels (\([network.height, network.width].reasons)).
                """
            throw ModelError(.contradiction, message, path: settings.path)
        }
        return resize
    }

    /// Sides from 384 pixels are resized exactly; for smaller ones the shorter side becomes ⌊side / crop_pct⌋, and the middle is
    /// cut out.
    private func convNextResize(_ image: (height: Int, width: Int)) throws -> Preprocessing.Resize {
        let side: Int
        switch try statedSize("size") {
        case .shorterSide(let edge): side = edge
        case .exact(let height, let width) where height == width: side = height
        default: throw settings.wrongValue("size", expected: "an object with shortest_edge")
        }
        guard image == (side, side) else {
            let message = "The image processor makes images of \(side)×\(side) pixels, but the network reads \(image.height)×\(image.width)."
            throw ModelError(.contradiction, message, path: settings.path)
        }
        guard side < 384 else { return .exact(height: side, width: side) }
        guard let crop = try settings.number("crop_pct", in: 0.05...1) else {
            throw ModelError(.missingKey, "The settings of ConvNextImageProcessor must state crop_pct.", path: settings.path)
        }
        return .shorterSide(Int(Double(side) / crop))
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
