import Foundation
import VolleyGraph
import VolleyTensors

extension TimmCheckpoint {
    /// What timm's evaluation transform does to an image.
    ///
    /// `crop_mode` "center": the shorter side becomes `⌊size / crop_pct⌋` pixels, then the middle is cut out; "squash": both
    /// sides do.
    func preprocessing(for network: VisionTransformer, _ diagnostics: inout [Diagnostic]) throws -> Preprocessing? {
        var assumed: [String] = []
        func note(_ key: String, _ value: some CustomStringConvertible) {
            assumed.append("\(data.name(of: key)) = \(value)")
        }
        let image = (height: network.image.height.value, width: network.image.width.value)
        let channels = network.channels.value

        let mean = try data.perChannel("mean", channels: network.channels)
        let deviation = try data.perChannel("std", channels: network.channels)
        guard channels == 3 || (mean != nil && deviation != nil) else {
            diagnostics.append(
                Diagnostic(
                    root.path,
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
            diagnostics.append(Diagnostic(root.path, text))
        }
        if let stated = try data.numbers("input_size"), stated.dropFirst() != [Double(image.height), Double(image.width)] {
            let text =
                "\(data.name(of: "input_size")) is \(data["input_size"]!), but the network reads images of "
                + "\(image.height)×\(image.width) pixels; images are made that large."
            diagnostics.append(Diagnostic(root.path, text))
        }
        let scaled = (height: Int(Double(image.height) / crop), width: Int(Double(image.width) / crop))
        return Preprocessing(
            channels: channels, height: image.height, width: image.width, resize: try resize(to: scaled),
            interpolation: try interpolation(), mean: (mean ?? Self.imageNetMean).map { Float($0) },
            deviation: (deviation ?? Self.imageNetDeviation).map { Float($0) })
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
            throw ModelError(.unsupported, message, path: root.path)
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
