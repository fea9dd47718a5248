internal import Foundation

/// A JSON file of explicit thresholds: an object that maps each site to `[positive, negative]`.
public enum ThresholdFile {
    private static let largestFile = 64_000_000

    /// - Throws: `FileError` or `FormatError` when the file cannot be read, `ConversionError` when it holds something else.
    public static func read(_ path: String) throws -> [String: [Double]] {
        let file = try InputFile(path: path)
        guard file.count <= largestFile else {
            throw FormatError(.tooLarge, "The thresholds file has \(file.count) bytes; at most \(largestFile) are read.", path: path)
        }
        let data = Data(try file.allBytes)
        do {
            return try JSONDecoder().decode([String: [Double]].self, from: data)
        } catch {
            throw ConversionError(
                .badThresholds,
                "'\(path)' must hold a JSON object that maps each site to [positive, negative], such as "
                    + "{\"blocks.0.attn.q\": [0.95, 1.1], …}")
        }
    }
}
