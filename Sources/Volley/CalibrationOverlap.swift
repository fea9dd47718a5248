/// Refuses to measure a network on the samples that it was calibrated with.
public enum CalibrationOverlap {
    /// - Throws: `SpikingError` naming samples that are in both sets.
    public static func check(_ network: SpikingNetwork, _ dataset: Dataset, threads: Int) throws {
        guard let text = network.provenance.calibrationSamples else { return }
        let digests = SampleDigests(text.split(separator: " ").compactMap { SampleDigest(String($0)) })
        let shared = try digests.overlap(with: dataset, threads: threads)
        guard shared.isEmpty else {
            throw SpikingError(
                .badSettings, "\(shared.count) of \(dataset.count) samples in '\(dataset.path)' were also used for calibration ("
                    + shared.prefix(3).joined(separator: ", ") + (shared.count > 3 ? ", …" : "")
                    + "); measure on other data, or allow it with --allow-overlap")
        }
    }
}
