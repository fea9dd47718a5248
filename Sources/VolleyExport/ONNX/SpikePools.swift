internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// Writes a maximum pool that compares spikes instead of estimates (`SpikePool`), in estimate form: what arrives is
/// `x(t) = τ(t)·φ(t) − τ(t−1)·φ(t−1)`, and its estimate the sum of what it passed on divided by τ(t).
struct SpikePoolWriter {
    let writer: GraphWriter
    let states: States
    let time: StepTime
    let name: String
    let pooling: Pooling
    let inputShape: SymbolicShape
    let shape: SymbolicShape

    /// - Throws: ``Refusal``.
    func write(_ input: Symbol) throws -> Symbol {
        func state(_ key: String, _ shape: SymbolicShape, _ holds: String) -> Symbol {
            time.starting(states.read(key, of: name, shape, initial: 0, holds: holds))
        }
        let total = time.weight * input
        let arriving = total - state("received", inputShape, "τ(t)·φ_in(t), the sum of what arrived")
        states.keep(total, as: "received", of: name)
        let passing: Symbol
        if pooling.spikeRule == .stepMaximum {
            passing = pooling.write(arriving, from: inputShape, to: shape)
        } else {
            let sums = state("sums", inputShape, "the sum of what arrived, as the pool compares it") + arriving
            states.keep(sums, as: "sums", of: name)
            passing = try gate(arriving, sums)
        }
        let passed = state("passed", shape, "the sum of what was passed on") + passing
        states.keep(passed, as: "passed", of: name)
        return passed / time.weight
    }

    /// What arrives from the member of each window with the largest sum: members are compared one after the other.
    private func gate(_ arriving: Symbol, _ sums: Symbol) throws -> Symbol {
        let rank = inputShape.rank, isLast = pooling.channels == .last
        let spatial = isLast ? 1..<rank - 1 : 2..<rank
        let members = try windows(inputShape.lengths(spatial), shape.lengths(spatial))
        // The axes that windows move along are one.
        let axis = isLast ? 1 : 2
        let flat = SymbolicShape(
            inputShape.dimensions.prefix(axis) + [SymbolicLength(inputShape.lengths(spatial).reduce(1, *))]
                + inputShape.dimensions.dropFirst(spatial.upperBound))
        let (flatSums, flatArriving) = (sums.reshaped(to: flat), arriving.reshaped(to: flat))
        var best = (sum: flatSums.gathered(members[0], axis: axis), arriving: flatArriving.gathered(members[0], axis: axis))
        for places in members.dropFirst() {
            let next = (sum: flatSums.gathered(places, axis: axis), arriving: flatArriving.gathered(places, axis: axis))
            let tolerance = next.sum.magnitude.atLeast(best.sum.magnitude) * SpikePool.roundingTolerance
            let isLarger = next.sum > best.sum + tolerance
            let isTaken =
                pooling.spikeRule == .gateFirst
                ? isLarger
                : isLarger || next.sum >= best.sum - tolerance && next.arriving > best.arriving + tolerance
            best = (isTaken.choose(next.sum, best.sum), isTaken.choose(next.arriving, best.arriving))
        }
        return best.arriving.reshaped(to: shape)
    }

    /// By number of the member, its place in each window. Windows at borders have fewer members: there the first one, which never comes
    /// before itself, stands several times.
    private func windows(_ input: [Int], _ output: [Int]) throws -> [[Int]] {
        var single = pooling
        single.channels = .first
        let windows = single.windows(input: Shape([1, 1] + input), output: Shape([1, 1] + output))
        guard windows.allSatisfy({ !$0.isEmpty }) else { throw Refusal("it compares spikes in windows that lie outside of its input") }
        let most = windows.map(\.count).max() ?? 1
        let filled = windows.map { Array(repeating: $0[0], count: most - $0.count) + $0 }
        return (0..<most).map { member in filled.map { $0[member] } }
    }
}
