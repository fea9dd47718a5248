/// Some of the samples that pass by while a network is calibrated: spread evenly over all of them, or the first ones where samples
/// cannot be told apart.
struct KeptSamples {
    private let batching: Batching
    /// Which of the samples are kept, ascending.
    private let wanted: [Int]
    private var position = 0
    private var parts: [[String: Tensor]] = []

    init(_ graph: Graph, upTo limit: Int, of count: Int) {
        batching = Batching(graph)
        let kept = min(batching.size(near: min(limit, count)), count)
        let isSpread = batching.rule == .separate
        wanted = (0..<kept).map { isSpread ? $0 * count / kept : $0 }
    }

    /// - Parameter count: how many samples the arrays hold.
    mutating func add(_ inputs: [String: Tensor], count: Int) {
        for sample in wanted where position..<position + count ~= sample {
            let own = sample - position..<sample - position + 1
            parts.append(batching.samples(own, of: count, in: inputs))
        }
        position += count
    }

    /// Arrays named like the network's inputs; nil where nothing was kept.
    var inputs: [String: Tensor]? { parts.isEmpty ? nil : batching.joining(inputs: parts) }
}
