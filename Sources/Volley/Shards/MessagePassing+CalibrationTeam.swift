/// Ranks of MPI that calibrate together: the first one gathers what all observed, and hands it to all.
extension MessagePassing: CalibrationTeam {
    public var index: Int { rank }

    /// - Throws: nothing; where a message is lost, MPI ends all ranks.
    public func share(_ bytes: [UInt8]) throws -> [[UInt8]] {
        guard rank == 0 else {
            send(bytes, to: 0)
            return (0..<count).map { _ in receive(from: 0) }
        }
        let all = [bytes] + (1..<count).map { receive(from: $0) }
        for other in 1..<count { for part in all { send(part, to: other) } }
        return all
    }
}
