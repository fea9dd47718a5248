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
        guard network.graph.inputs.count == 1, let digests = try digests(of: network) else { return }
        let input = network.graph[network.graph.inputs[0]].shape.perSample
        let loader = try BatchLoader(
            dataset, preprocessing: network.preprocessing, inputShape: Shape(Array(input.dimensions.dropFirst())), batchSize: 64,
            threads: threads, skipsUnreadable: skipBad)
        try refuse(digests.overlap(with: loader, progress: progress), of: dataset.count, dataset.path)
    }

    /// - Throws: what checks of data sets and of arrays throw.
    public static func check(
        _ network: SpikingNetwork, _ data: EvaluationData, skipBad: Bool = false, threads: Int,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws {
        if let dataset = data.dataset {
            try check(network, dataset, skipBad: skipBad, threads: threads, progress: progress)
        } else if let arrays = data.arrays {
            try check(network, arrays)
        }
    }

    /// - Throws: `SpikingError` naming samples that are in both sets.
    public static func check(_ network: SpikingNetwork, _ arrays: NamedArrays) throws {
        guard let digests = try digests(of: network) else { return }
        let known = Set(digests.digests)
        let shared = (0..<arrays.count).filter { known.contains(arrays.identity(of: $0)) }
        try refuse(shared.map { "\(arrays.name)[\($0)]" }, of: arrays.count, arrays.path)
    }

    private static func digests(of network: SpikingNetwork) throws -> SampleDigests? {
        guard let text = network.provenance.calibrationSamples else { return nil }
        guard let digests = SampleDigests(text) else {
            throw SpikingError(.badFile, "the record of the network's calibration samples cannot be understood")
        }
        return digests
    }

    private static func refuse(_ shared: [String], of count: Int, _ path: String) throws {
        guard !shared.isEmpty else { return }
        let check = Remedy(.overlapCheck)
        throw SpikingError(
            .badSettings,
            "\(shared.count) of \(count) samples in '\(path)' were also used for calibration ("
                + shared.prefix(3).joined(separator: ", ") + (shared.count > 3 ? ", …" : "")
                + "); measure on other data, or allow it: \(check)", remedies: [check])
    }
}
