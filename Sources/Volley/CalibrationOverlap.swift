/// Refuses to measure a network on the samples that it was calibrated with.
public enum CalibrationOverlap {
    /// - Parameters:
    ///   - skipBad: samples that cannot be read are passed over.
    ///   - progress: called with the samples looked at and in all.
    /// - Throws: `SpikingError` naming samples that are in both sets, `EvaluationError` for one that cannot be read.
    public static func check(
        _ network: SpikingNetwork, _ dataset: Dataset, skipBad: Bool = false, threads: Int,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws {
        guard let text = network.provenance.calibrationSamples, network.graph.inputs.count == 1 else { return }
        guard let digests = SampleDigests(text) else {
            throw SpikingError(.badFile, "the record of the network's calibration samples cannot be understood")
        }
        let input = network.graph[network.graph.inputs[0]].shape.perSample
        let loader = try BatchLoader(
            dataset, preprocessing: network.preprocessing, inputShape: Shape(Array(input.dimensions.dropFirst())), batchSize: 64,
            threads: threads, skipsUnreadable: skipBad)
        let shared = try digests.overlap(with: loader, progress: progress)
        guard shared.isEmpty else {
            let check = Remedy(.overlapCheck)
            throw SpikingError(
                .badSettings,
                "\(shared.count) of \(dataset.count) samples in '\(dataset.path)' were also used for calibration ("
                    + shared.prefix(3).joined(separator: ", ") + (shared.count > 3 ? ", …" : "")
                    + "); measure on other data, or allow it: \(check)", remedies: [check])
        }
    }
}
