/// The samples of a data set or of arrays as a model is fed with them, round after round.
///
/// In the first round it notes what a conversion says of its data: digests, samples that cannot be read, and some samples to look at
/// the new network with.
final class CalibrationSamples: CalibrationData {
    private let calibration: CalibrationSet
    private let graph: Graph
    private let batching: Batching
    private let preprocessing: Preprocessing?
    private let threads: Int
    private let diagnose: (Diagnostic) -> Void
    private let progress: (_ done: Int, _ total: Int) throws -> Void

    let count: Int
    private let name: String
    let digest: String
    private var isFirstRound = true
    private var keptSamples: KeptSamples
    private var digests = SampleDigests()
    private var skipped = 0

    /// - Throws: what is wrong with the data, or `ConversionError` where it cannot be fed to the model.
    init(
        _ calibration: CalibrationSet, for model: Model, threads: Int, diagnose: @escaping (Diagnostic) -> Void,
        progress: @escaping (_ done: Int, _ total: Int) throws -> Void
    ) throws {
        var calibration = calibration
        graph = model.graph
        // Once there are neurons, samples may meet that do not meet in the ANN.
        let placed = try PlaceNeurons.apply(to: model.graph)
        batching = Batching(placed)
        preprocessing = model.preprocessing
        switch calibration.source {
        case .arrays(let arrays):
            arrays.diagnostics.forEach(diagnose)
            (name, count, digest) = (arrays.name, min(arrays.count, calibration.limit ?? arrays.count), arrays.digest.hexadecimal)
        case .dataset(let whole):
            let dataset = calibration.limit.map { whole.prefix($0) } ?? whole
            calibration.source = .dataset(dataset)
            dataset.diagnostics.forEach(diagnose)
            (name, count) = (dataset.name, dataset.count)
            digest = try dataset.digest(skipsUnreadable: calibration.skipBad, threads: threads).hexadecimal
            guard graph.inputs.count == 1 else {
                let names = graph.inputs.map { model.graph[$0].name }.joined(separator: ", ")
                throw ConversionError(
                    .noData, "this model has several inputs; calibrate it on an .npz file with arrays named like them: \(names)")
            }
        }
        // Where a file fixes the batch, samples come in multiples of it.
        let fixed = batching.samplesPerRun
        guard count % fixed == 0 else {
            let limit = Remedy(.sampleLimit)
            throw ConversionError(.noData, Batching.remainder(of: count, fixed) + " (\(limit))", remedies: [limit])
        }
        self.calibration = calibration
        self.threads = threads
        self.diagnose = diagnose
        self.progress = progress
        keptSamples = KeptSamples(placed, upTo: FidelityCheck.mostSamples, of: count)
    }

    /// Whether there was a round.
    var wereRead: Bool { !isFirstRound }

    /// Some of the samples, once there was a round.
    var kept: [String: Tensor]? { keptSamples.inputs }

    /// Says what the network was calibrated on, once there was a round.
    func describe(in provenance: inout Provenance) {
        provenance.calibrationDigest = digest
        provenance.calibrationCount = count - skipped
        provenance.calibrationSamples = digests.description
        provenance.settings["batch"] = calibration.batchSize.map { "\($0)" } ?? "whole set"
        provenance.settings["calibration"] = name
    }

    func forEachPart(_ body: (_ inputs: [String: Tensor], _ samples: Int) throws -> Void) throws {
        switch calibration.source {
        case .arrays(let arrays): try forEachPart(of: arrays, body)
        case .dataset(let dataset): try forEachPart(of: dataset, body)
        }
        isFirstRound = false
    }

    private func forEachPart(of arrays: NamedArrays, _ body: (_ inputs: [String: Tensor], _ samples: Int) throws -> Void) throws {
        try progress(0, count)
        for range in batching.parts(of: count, atMost: (count + 127) / 128) {
            try hand(arrays.samples(range), range.count, to: body)
            try progress(range.upperBound, count)
        }
    }

    private func forEachPart(of dataset: Dataset, _ body: (_ inputs: [String: Tensor], _ samples: Int) throws -> Void) throws {
        let input = graph[graph.inputs[0]]
        let inputShape = Shape(Array(input.shape.perSample.dimensions.dropFirst()))
        let loader = try BatchLoader(
            dataset, preprocessing: preprocessing, inputShape: inputShape,
            batchSize: batching.size(near: min(calibration.batchSize ?? 128, 128)), threads: threads,
            skipsUnreadable: calibration.skipBad)
        if isFirstRound { dataset.feedingNotes(inputShape: inputShape, preprocessing: preprocessing).forEach(diagnose) }
        try progress(0, count)
        while let batch = try loader.next() {
            if isFirstRound {
                for sample in batch.skipped { diagnose(Diagnostic(sample.name, "skipped: \(sample.reason)")) }
                skipped += batch.skipped.count
            }
            if !batch.samples.isEmpty { try hand([input.name: batch.inputs], batch.samples.count, to: body) }
            try progress(batch.indices.upperBound, count)
        }
    }

    private func hand(_ inputs: [String: Tensor], _ samples: Int, to body: (_ inputs: [String: Tensor], _ samples: Int) throws -> Void) throws {
        try body(inputs, samples)
        guard isFirstRound else { return }
        keptSamples.add(inputs, count: samples)
        digests.add(inputs.filter { graph.node(named: $0.key) != nil })
    }
}
