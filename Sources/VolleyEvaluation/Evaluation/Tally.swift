internal import OrderedCollections
internal import VolleySimulation
internal import VolleySpiking
internal import VolleyTensors

/// The running sums of an evaluation: whole numbers, and what a task sums up exactly, so that they can be kept and continued, and so that
/// neither batches nor threads change them.
struct Tally: Sendable, Hashable, Codable {
    /// Samples that were looked at, skipped ones included, and those that were measured.
    var position = 0
    var samples = 0
    var skipped: [SkippedSample] = []
    /// By time-step; empty where samples stop early: then there are no sums by step.
    var counts: [OperationCounts]
    var spikes: [String: [[Int64]]] = [:]
    /// What was answered.
    var answers: AnyTaskTally

    init(timeSteps: Int, answers: AnyTaskTally) {
        counts = Array(repeating: OperationCounts(), count: timeSteps)
        self.answers = answers
    }

    /// Whether these can be sums over the first samples of so many.
    /// - Parameters:
    ///   - empty: what they began as.
    ///   - sites: by name the neurons and the levels of each.
    ///   - parts: how many such sums are to be added up.
    func isPossible(beside empty: Tally, among count: Int, sites: [String: (neurons: Int, codes: Int)], parts: Int = 1) -> Bool {
        let (samples, timeSteps) = (samples, empty.counts.count)
        let sites = timeSteps > 0 ? sites : [:]
        // Adding up what is kept and what is still to come must not overflow.
        let largest = Int.max / (4 * max(1, timeSteps) * max(1, parts))
        return 0...count ~= position && 0...position ~= samples && skipped.count == position - samples
            && counts.count == timeSteps && counts.allSatisfy { $0.isPossible(atMost: largest) }
            && answers.isPossible(beside: empty.answers, samples: samples)
            && answers.classification?.exits.map { $0.allSatisfy { $0.isAddable(parts: parts) } } ?? true
            && (samples == 0 ? spikes.isEmpty : Set(spikes.keys) == Set(sites.keys))
            && spikes.allSatisfy { name, steps in
                guard let site = sites[name], steps.count == timeSteps else { return false }
                // A neuron sends one code in a step at most.
                return steps.allSatisfy { levels in
                    levels.count == site.codes
                        && levels.allSatisfy { 0...Int64(site.neurons) * Int64(samples) ~= $0 }
                }
            }
    }

    /// Adds what was tallied of other samples of the same data.
    /// - Precondition: both can be sums that began alike, see `isPossible(beside:among:sites:)`.
    static func += (tally: inout Tally, other: Tally) {
        tally.position += other.position
        tally.samples += other.samples
        tally.skipped = (tally.skipped + other.skipped).sorted { $0.index < $1.index }
        tally.counts.add(other.counts, by: +=)
        tally.addSpikes(other.spikes)
        tally.answers += other.answers
    }

    private mutating func addSpikes(_ other: [String: [[Int64]]]) {
        spikes.merge(other) { own, other in zip(own, other).map { zip($0, $1).map(+) } }
    }

    /// Counts the samples of a batch and those left out of it.
    mutating func add(_ batch: FedBatch) {
        position = batch.indices.upperBound
        skipped += batch.skipped
        samples += batch.samples.count
    }

    /// Counts what a run of all time-steps cost.
    mutating func add(_ result: SimulationResult) {
        for step in counts.indices { counts[step] += result.steps[step] }
        for (site, levels) in result.spikes { addSpikes([site: levels]) }
    }
}

extension OperationCounts {
    func isPossible(atMost largest: Int) -> Bool {
        let fields: [KeyPath<OperationCounts, Int>] = [
            \.accumulates, \.gradedAccumulates, \.paperAccumulates, \.analogMultiplyAccumulates, \.neuronUpdates, \.nonlinearElements, \.scalings,
            \.spikes,
        ]
        return fields.allSatisfy { 0...largest ~= self[keyPath: $0] }
    }
}
