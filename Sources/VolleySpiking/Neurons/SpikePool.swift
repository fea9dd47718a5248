public import VolleyGraph
public import VolleyTensors

/// A maximum pool of what arrives at each time-step, with the sums that gated rules compare (`Pooling.SpikeRule`).
public struct SpikePool: Sendable {
    private let rule: Pooling.SpikeRule
    private let windows: [[Int]]
    /// By input, `Σ_{s≤t} x(s)`.
    private var sums: [Float]

    /// - Parameters:
    ///   - input: its shape, batch and channels included.
    ///   - output: the same.
    /// - Precondition: the pooling has a rule for spikes.
    public init(_ pooling: Pooling, input: Shape, output: Shape) {
        rule = pooling.spikeRule!
        windows = pooling.windows(input: input, output: output)
        sums = [Float](repeating: 0, count: input.count)
    }

    /// Starts anew.
    public mutating func reset() { for index in sums.indices { sums[index] = 0 } }

    /// One time-step.
    /// - Parameter arriving: `x(t)`.
    /// - Returns: by window, what is passed on.
    public mutating func step(_ arriving: [Float]) -> [Float] {
        for (index, value) in arriving.enumerated() { sums[index] += value }
        return windows.map { members in
            guard var best = members.first else { return -Float.greatestFiniteMagnitude }
            for member in members.dropFirst() where isBefore(member, best, arriving) { best = member }
            return arriving[best]
        }
    }

    /// Sums of equal numbers of equal spikes differ by rounding, as they came in another order; numbers differ by more than this part.
    public static let roundingTolerance: Float = 1e-5

    /// Whether a member is taken rather than one that comes before it in the window.
    private func isBefore(_ member: Int, _ best: Int, _ arriving: [Float]) -> Bool {
        let (sum, other) = (sums[member], sums[best])
        let tolerance = Self.roundingTolerance * max(abs(sum), abs(other))
        return switch rule {
        case .stepMaximum: arriving[member] > arriving[best]
        case .gateFirst: sum > other + tolerance
        case .gateLargest: sum > other + tolerance || sum >= other - tolerance && arriving[member] > arriving[best] + tolerance
        }
    }
}

extension Node {
    /// The pooling that a node is, where it has a rule for spikes.
    public var spikePooling: Pooling? {
        if case .operation(.pooling(let pooling)) = content, pooling.function == .maximum, pooling.spikeRule != nil { pooling } else { nil }
    }
}
