internal import Foundation

/// A JSON file of explicit thresholds: an object that maps each site to `[positive, negative]`.
public enum ThresholdFile {
    /// - Throws: `FormatError` when the file cannot be read, `ConversionError` when it holds something else.
    public static func read(_ path: String) throws -> [String: [Double]] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw FormatError(.notFound, "the thresholds file cannot be read", path: path)
        }
        do {
            return try JSONDecoder().decode([String: [Double]].self, from: data)
        } catch {
            throw ConversionError(
                .badThresholds, "'\(path)' must hold a JSON object that maps each site to [positive, negative], such as "
                    + "{\"blocks.0.attn.q\": [0.95, 1.1], …}")
        }
    }
}
