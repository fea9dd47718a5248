/// How many targets neurons reach where long runs of them reach as many: what most reach, and the runs that differ. Those alone need to be
/// looked at, once all spikes are counted.
struct FanOutRuns: Sendable {
    struct Run: Sendable {
        /// Among the neurons of one sample.
        let neurons: Range<Int>
        /// How many targets more than the others reach; negative for fewer.
        let more: Int
    }

    let common: Int
    let others: [Run]
    /// Of one sample.
    let neurons: Int
    /// The mean over the neurons.
    let mean: Double

    /// - Parameters:
    ///   - targets: what neurons reach, `width` of them after the other each.
    /// - Returns: nil where runs are so short that looking at every neuron is as fast.
    init?(_ targets: [Int], width: Int) {
        var runs: [Run] = []
        var reaching: [Int: Int] = [:]
        var start = 0
        for index in targets.indices where index + 1 == targets.count || targets[index + 1] != targets[index] {
            runs.append(Run(neurons: start * width..<(index + 1) * width, more: targets[index]))
            reaching[targets[index], default: 0] += index + 1 - start
            start = index + 1
        }
        // Of two that as many neurons reach, the same one every time.
        guard let common = reaching.max(by: { ($0.value, $0.key) < ($1.value, $1.key) })?.key else { return nil }
        others = runs.filter { $0.more != common }.map { Run(neurons: $0.neurons, more: $0.more - common) }
        guard others.count <= targets.count / 8 else { return nil }
        self.common = common
        neurons = targets.count * width
        mean = Double(targets.reduce(0, +)) / Double(targets.count)
    }
}
