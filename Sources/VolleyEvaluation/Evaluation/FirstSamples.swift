internal import VolleyGraph
internal import VolleySimulation
internal import VolleyTensors

/// What is measured on the first samples alone, beside what is tallied over all of them.
struct FirstSamples: Sendable, Hashable, Codable {
    /// What rounding the weights did; nil for fp32.
    var weightError: WeightError?
    /// What happens inside; nil where it was not asked for.
    var detail: Results.Detail?
}

extension Evaluation {
    /// - Throws: errors of the data; `SpikingError` where a membrane potential is not finite.
    func firstSamples() throws -> FirstSamples {
        FirstSamples(weightError: try weightError(), detail: settings.detail > 0 ? try DetailRun(self).run() : nil)
    }

    /// How many samples, from the first one on, show what rounding the weights changes: 32, or as many more as fill whole runs of the
    /// network.
    private var comparedSamples: Int {
        let run = simulator.batching.samplesPerRun
        return (32 + run - 1) / run * run
    }

    private func weightError() throws -> WeightError? {
        guard let rounding = simulator.rounding else { return nil }
        guard settings.comparesWithANN else { return WeightError(of: rounding, outputs: nil) }
        let comparison = try WeightComparison(simulator.ann, rounding)
        var (distances, compared): ([String: RelativeDistance], Int) = ([:], 0)
        var batches = try batches(size: min(batchSize, comparedSamples), threads: settings.threads, prefetched: 0)
        while compared < comparedSamples, let batch = try batches.next() {
            let count = min(batch.samples.count, comparedSamples - compared)
            try comparison.add(0..<count, of: batch.inputs, to: &distances)
            compared += count
        }
        return WeightError(of: rounding, outputs: distances)
    }
}
