/// How images become the input of a model that does not say it itself, such as an ONNX file, or says it otherwise.
public struct ImageOptions: Hashable, Sendable {
    /// A `config.json` of timm or a `preprocessor_config.json` of Hugging Face.
    public var file: String?
    /// By channel, or one number for all; units as `PixelStatistics` tells them.
    public var mean: [Double]?
    public var deviation: [Double]?
    /// Height and width of the network's input in pixels: stated to be checked.
    public var size: (height: Int, width: Int)? {
        get { sizes.map { ($0[0], $0[1]) } }
        set { sizes = newValue.map { [$0.height, $0.width] } }
    }
    private var sizes: [Int]?
    /// The part of the resized image's side that the crop keeps, 0.05…1: the shorter side becomes ⌊side / crop⌋ pixels.
    public var crop: Double?
    public var interpolation: Preprocessing.Interpolation?

    public init() {}

    /// What is assumed where neither an option nor a file says it, as timm does.
    private static let usualCrop = 0.875
    private static let usualInterpolation = Preprocessing.Interpolation.bicubic

    private var isEmpty: Bool { self == ImageOptions() }

    /// The model with its preprocessing as these options say; beside an ONNX file, its folder is looked through for a
    /// configuration first.
    /// - Parameter path: where the model was read.
    /// - Throws: `ModelError` for a file, `ConversionError` for options that contradict each other or the network's input.
    public func apply(to model: Model, path: String) throws -> Model {
        guard let input = model.imageInput else {
            if isEmpty { return model }
            let inputs = model.graph.inputs.map { "\(model.graph[$0].name) \(model.graph[$0].shape)" }.joined(separator: ", ")
            throw ConversionError(
                .badSettings,
                "options for images need a network with one input [N, C, H, W] of 1 or 3 channels; this one has "
                    + inputs)
        }
        var result = model
        var notes = model.diagnostics
        if let file {
            let found = try ImageConfiguration(file: file, for: input)
            result.preprocessing = found.preprocessing
            result.classNames = found.classNames ?? model.classNames
            notes += found.diagnostics
        }
        if path.hasSuffix(".onnx") {
            let found = ImageConfiguration(besideModel: path, for: input)
            if file == nil {
                result.preprocessing = found.preprocessing
                notes += found.diagnostics
            }
            result.classNames = result.classNames ?? found.classNames
        }
        if let names = result.classNames, !model.graph.outputs.contains(where: { model.graph[$0.value].shape.dimensions.last?.size == names.count }) {
            notes.append(Diagnostic(path, "The configuration names \(names.count) classes, and no output has so many; the names are not used."))
            result.classNames = nil
        }
        result.preprocessing = try changed(result.preprocessing, for: input, &notes)
        result.diagnostics = notes
        return result
    }

    private func changed(
        _ found: Preprocessing?, for input: ImageConfiguration.Input, _ notes: inout [Diagnostic]
    ) throws -> Preprocessing? {
        if let size, size != (input.height, input.width) {
            let remedies = [Remedy(.imageSize), Remedy(.imageCrop)]
            throw ConversionError(
                .badSettings,
                "\(remedies[0]) is the height and width that the network reads, \(input.height)×\(input.width), found "
                    + "\(size.height)×\(size.width); how large images are before the crop follows from \(remedies[1])", remedies: remedies)
        }
        if let crop, !(0.05...1).contains(crop) {
            let remedy = Remedy(.imageCrop)
            throw ConversionError(
                .badSettings, "\(remedy) is the part of the resized image that is kept, 0.05…1, such as 0.875; found \(crop)",
                remedies: [remedy])
        }
        guard mean != nil || deviation != nil || crop != nil || interpolation != nil else { return found }
        var result: Preprocessing
        if let found {
            result = found
        } else {
            guard mean != nil, deviation != nil else {
                throw ConversionError(
                    .badSettings, "how images are normalised is not known: say it with \(Remedy(.imageMean)) and \(Remedy(.imageDeviation))",
                    remedies: [Remedy(.imageMean), Remedy(.imageDeviation)])
            }
            let interpolation = self.interpolation ?? Self.usualInterpolation
            result = Preprocessing(
                channels: input.channels, height: input.height, width: input.width,
                resize: Self.resize(input, crop: crop ?? Self.usualCrop), interpolation: interpolation, mean: [], deviation: [])
            let assumed = [
                crop == nil ? "crop \(Self.usualCrop)" : nil,
                self.interpolation == nil ? "interpolation \(interpolation.rawValue)" : nil,
            ].compactMap { $0 }
            if !assumed.isEmpty {
                notes.append(Diagnostic("preprocessing", "Assumed, as timm does: \(assumed.joined(separator: ", "))."))
            }
        }
        guard (mean == nil) == (deviation == nil) else {
            throw ConversionError(
                .badSettings, "\(Remedy(.imageMean)) and \(Remedy(.imageDeviation)) belong together: give both or none",
                remedies: [Remedy(.imageMean), Remedy(.imageDeviation)])
        }
        if let mean = try perChannel(mean, Remedy(.imageMean), input), let deviation = try perChannel(deviation, Remedy(.imageDeviation), input) {
            guard let statistics = PixelStatistics(mean: mean, deviation: deviation) else {
                throw ConversionError(
                    .badSettings,
                    "\(Remedy(.imageMean)) \(mean) and \(Remedy(.imageDeviation)) \(deviation) are not in one unit or out of range. "
                        + "\(PixelStatistics.rule) Deviations are above 0.", remedies: [Remedy(.imageMean), Remedy(.imageDeviation)])
            }
            (result.mean, result.deviation) = (statistics.mean, statistics.deviation)
        }
        if let crop { result.resize = Self.resize(input, crop: crop) }
        if let interpolation { result.interpolation = interpolation }
        return result
    }

    /// Images that are not square are resized to their own proportions, as timm's crop mode "squash" does.
    private static func resize(_ input: ImageConfiguration.Input, crop: Double) -> Preprocessing.Resize {
        let (height, width) = (Int(Double(input.height) / crop), Int(Double(input.width) / crop))
        return height == width ? .shorterSide(height) : .exact(height: height, width: width)
    }

    private func perChannel(_ numbers: [Double]?, _ parameter: Remedy, _ input: ImageConfiguration.Input) throws -> [Double]? {
        guard let numbers else { return nil }
        if numbers.count == 1 { return Array(repeating: numbers[0], count: input.channels) }
        guard numbers.count == input.channels else {
            throw ConversionError(
                .badSettings, "\(parameter) needs 1 number or one for each of \(input.channels) channels, found \(numbers.count)",
                remedies: [parameter])
        }
        return numbers
    }
}

extension Model {
    /// The images that the network reads, where it has one input for them: channels first or last.
    fileprivate var imageInput: ImageConfiguration.Input? {
        guard graph.inputs.count == 1 else { return nil }
        let shape = graph[graph.inputs[0]].shape.perSample
        guard shape.rank == 4 else { return nil }
        for (channels, height, width) in [(1, 2, 3), (3, 1, 2)] where [1, 3].contains(shape[channels]) {
            return ImageConfiguration.Input(channels: shape[channels], height: shape[height], width: shape[width])
        }
        return nil
    }
}
