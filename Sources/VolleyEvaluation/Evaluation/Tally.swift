internal import OrderedCollections
internal import VolleySimulation
internal import VolleySpiking
internal import VolleyTensors

/// The running sums of an evaluation: whole numbers only, so that they can be kept and gone on with, and so that neither
/// batches nor threads change them.
struct Tally: Sendable, Hashable, Codable {
    struct Hits: Sendable, Hashable, Codable {
        var top1 = 0
        var top5 = 0

        mutating func count(_ rank: Int) {
            if rank == 0 { top1 += 1 }
            if rank < 5 { top5 += 1 }
        }
    }

    /// Samples that were looked at, skipped ones included, and those that were measured.
    var position = 0
    var samples = 0
    var skipped: [SkippedSample] = []
    var ann = Hits()
    var steps: [Hits]
    var counts: [OperationCounts]
    var spikes: [String: [[Int64]]] = [:]
    /// Of the first batch, where weights are not fp32.
    var weightError: WeightError?

    init(timeSteps: Int) {
        steps = Array(repeating: Hits(), count: timeSteps)
        counts = Array(repeating: OperationCounts(), count: timeSteps)
    }

    /// - Parameters:
    ///   - annLogits: `[N, classes]`.
    ///   - result: its output of that name holds `[T, N, classes]`.
    mutating func add(_ batch: Batch, annLogits: Tensor, result: SimulationResult?, output: String) {
        position = batch.indices.upperBound
        skipped += batch.skipped
        samples += batch.labels.count
        guard let result else { return }
        let logits = result.outputs[output]!
        let classes = annLogits.shape.rowCount
        for (row, label) in batch.labels.enumerated() {
            ann.count(Self.rank(of: label, annLogits.values, row * classes, classes))
            for step in steps.indices {
                let start = (step * batch.labels.count + row) * classes
                steps[step].count(Self.rank(of: label, logits.values, start, classes))
            }
        }
        for step in counts.indices { counts[step] += result.steps[step] }
        for (site, levels) in result.spikes {
            spikes[site] = spikes[site].map { zip($0, levels).map { zip($0, $1).map(+) } } ?? levels
        }
    }

    /// How many classes come before `label`: those with a larger value, and of equal ones those that stand earlier.
    private static func rank(of label: Int, _ values: [Float], _ start: Int, _ classes: Int) -> Int {
        let own = values[start + label]
        var rank = 0
        for index in 0..<classes {
            let value = values[start + index]
            if value > own || (value == own && index < label) { rank += 1 }
        }
        return rank
    }
}
