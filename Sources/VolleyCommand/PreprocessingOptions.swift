import ArgumentParser
import Volley

/// How images become the model's input.
struct PreprocessingOptions: ParsableArguments {
    @Option(
        name: .customLong("preprocess"),
        help: ArgumentHelp(
            "timm's config.json or Hugging Face's preprocessor_config.json (default: what lies beside the model).",
            valueName: "file.json"))
    var file: String?
    @Option(
        help: ArgumentHelp(
            "Mean of the pixels, by channel or one for all. \(PixelStatistics.rule)", valueName: "r,g,b"))
    var mean: String?
    @Option(help: ArgumentHelp("Deviation of the pixels, in the unit of the mean.", valueName: "r,g,b")) var std: String?
    @Option(help: ArgumentHelp("Side of the images that the network reads, 224 or 224x192; only checked.", valueName: "pixels"))
    var size: String?
    @Option(help: "Part of the resized image's side that the crop keeps: the shorter side becomes size / crop pixels (default: 0.875).")
    var crop: Double?
    @Option(help: "\(Preprocessing.Interpolation.allCases.map(\.rawValue).joined(separator: " or ")) (default: bicubic).")
    var interpolation: String?

    func options() throws -> ImageOptions {
        var options = ImageOptions()
        options.file = file
        options.mean = try numbers(mean, "--mean")
        options.deviation = try numbers(std, "--std")
        options.crop = crop
        if let size {
            let sides = size.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
            guard let height = sides.first ?? nil, let width = sides.last ?? nil, sides.count <= 2 else {
                throw CommandError("--size is written 224 or 224x192, found '\(size)'")
            }
            options.size = (height, width)
        }
        if let interpolation {
            guard let known = Preprocessing.Interpolation(rawValue: interpolation) else {
                let names = Preprocessing.Interpolation.allCases.map(\.rawValue).joined(separator: " or ")
                throw CommandError("--interpolation is \(names), found '\(interpolation)'")
            }
            options.interpolation = known
        }
        return options
    }

    private func numbers(_ text: String?, _ option: String) throws -> [Double]? {
        guard let text else { return nil }
        return try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard let number = Double(part.filter { $0 != " " }), number.isFinite else {
                throw CommandError("\(option) takes numbers with commas between them, such as 0.485,0.456,0.406; found '\(text)'")
            }
            return number
        }
    }
}
