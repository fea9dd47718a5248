/// Calibration data in two halves: one that networks are calibrated on, and one that they are measured on.
///
/// Samples are ordered by the digest of what they hold, so which half one is in depends on nothing but the samples that are there; equal
/// samples are in the same half.
public struct CalibrationSplit: Sendable {
    public let calibrating: CalibrationSet
    public let measuring: CalibrationSet

    /// - Throws: `ConversionError` where there are too few different samples; `GraphError` for a model without places for neurons.
    public init(_ whole: CalibrationSet, for model: Model, threads: Int) throws {
        let batching = Batching(try PlaceNeurons.apply(to: model.graph))
        let identities: [SampleDigest]
        switch whole.source {
        case .arrays(let arrays): identities = (0..<min(arrays.count, whole.limit ?? arrays.count)).map { arrays.identity(of: $0) }
        case .dataset(let dataset):
            let dataset = whole.limit.map(dataset.prefix) ?? dataset
            identities = try parallelRanges(dataset.count, threads: threads) { _, range in range.map { dataset.identity(of: $0) } }.flatMap(\.self)
        }
        let (first, second) = try Self.halves(identities, inRunsOf: batching.samplesPerRun)
        func part(_ indices: [Int]) -> CalibrationSet {
            var set = whole
            set.limit = nil
            switch whole.source {
            case .arrays(let arrays): set.source = .arrays(arrays.selecting(indices))
            case .dataset(let dataset): set.source = .dataset((whole.limit.map(dataset.prefix) ?? dataset).selecting(indices))
            }
            return set
        }
        (calibrating, measuring) = (part(first), part(second))
    }

    /// The indices of both halves, ascending.
    /// - Parameter run: both halves hold a multiple of so many.
    private static func halves(_ identities: [SampleDigest], inRunsOf run: Int) throws -> (first: [Int], second: [Int]) {
        let order = identities.indices.sorted { a, b in
            (identities[a].hash, identities[a].byteCount, a) < (identities[b].hash, identities[b].byteCount, b)
        }
        let count = order.count / run * run
        // Cuts that part no equal samples; of them the one next to the middle.
        let cuts = stride(from: run, to: count, by: run).filter { identities[order[$0 - 1]] != identities[order[$0]] }
        guard let cut = cuts.min(by: { abs(2 * $0 - count) < abs(2 * $1 - count) }) else {
            throw ConversionError(
                .noData,
                "the calibration data is parted in two, and holds \(Set(identities).count) different samples of \(identities.count); "
                    + "at least \(2 * run) are needed")
        }
        return (order[..<cut].sorted(), order[cut..<count].sorted())
    }
}
