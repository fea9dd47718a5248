import Foundation
import VolleyGraph
import VolleyTensors

/// What timm's evaluation transform does to an image, as the section on images of a configuration says it.
struct TimmPreprocessing {
    let data: Configuration

    /// The section on images; older configurations have its keys at the top.
    init(_ root: Configuration) throws { data = try root.section("pretrained_cfg") ?? root }

    /// `crop_mode` "center": the shorter side becomes `⌊size / crop_pct⌋` pixels, then the middle is cut out; "squash": both
    /// sides do.
    ///
    /// Mean and deviation are of pixels in 0…1, or of pixels in 0…255 where one of the numbers is above 1.
    /// - Returns: nil, with a diagnostic, where normalisation is neither said nor can be assumed.
    func preprocessing(for input: ImageInput, _ diagnostics: inout [Diagnostic]) throws -> Preprocessing? {
        var assumed: [String] = []
        func note(_ key: String, _ value: some CustomStringConvertible) {
            assumed.append("\(data.name(of: key)) = \(value)")
        }
        let image = (height: input.height.value, width: input.width.value)
        let channels = input.channels.value

        let mean = try data.perChannel("mean", channels: input.channels)
        let deviation = try data.perChannel("std", channels: input.channels)
        guard channels == 3 || (mean != nil && deviation != nil) else {
            diagnostics.append(
                Diagnostic(
                    data.path,
                    "The configuration does not say how images with \(channels) channels are normalised; "
                        + "\(data.name(of: "mean")) or \(data.name(of: "std")) is missing."))
            return nil
        }
        if mean == nil { note("mean", Self.imageNetMean) }
        if deviation == nil { note("std", Self.imageNetDeviation) }
        let crop = try data.number("crop_pct", in: 0.05...1) ?? Self.usualCrop
        if data["crop_pct"] == nil { note("crop_pct", crop) }
        if data["interpolation"] == nil { note("interpolation", "bicubic") }
        if !assumed.isEmpty {
            let list = assumed.joined(separator: ", ")
            let text = "The configuration does not say all about its images. Assumed, as timm does: \(list)."
            diagnostics.append(Diagnostic(data.path, text))
        }
        if let stated = try data.numbers("input_size"), stated.dropFirst() != [Double(image.height), Double(image.width)] {
            let text =
                "\(data.name(of: "input_size")) is \(data["input_size"]!), but the network reads images of "
                + "\(image.height)×\(image.width) pixels; images are made that large."
            diagnostics.append(Diagnostic(data.path, text))
        }
        let (unitMean, unitDeviation) = try data.pixels(
            mean: mean ?? Self.imageNetMean, "mean", deviation: deviation ?? Self.imageNetDeviation, "std")
        let scaled = (height: Int(Double(image.height) / crop), width: Int(Double(image.width) / crop))
        return Preprocessing(
            channels: channels, height: image.height, width: image.width, resize: try resize(to: scaled),
            interpolation: try interpolation(), mean: unitMean, deviation: unitDeviation)
    }

    private static let imageNetMean = [0.485, 0.456, 0.406]
    private static let imageNetDeviation = [0.229, 0.224, 0.225]
    private static let usualCrop = 0.875

    private func resize(to scaled: (height: Int, width: Int)) throws -> Preprocessing.Resize {
        switch try data.text("crop_mode") ?? "center" {
        case "center" where scaled.height == scaled.width: return .shorterSide(scaled.height)
        case "center":
            let message = """
                The network reads images that are not square, and \(data.name(of: "crop_mode")) "center" is not supported \
                for them; "squash" is.
                """
            throw ModelError(.unsupported, message, path: data.path)
        case "squash": return .exact(height: scaled.height, width: scaled.width)
        default: throw data.wrongValue("crop_mode", expected: "\"center\" or \"squash\"")
        }
    }

    private func interpolation() throws -> Preprocessing.Interpolation {
        guard let name = try data.text("interpolation") else { return .bicubic }
        guard let interpolation = Preprocessing.Interpolation(rawValue: name) else {
            throw data.wrongValue("interpolation", expected: "\"bilinear\" or \"bicubic\"")
        }
        return interpolation
    }
}
