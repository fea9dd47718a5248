/// Processes that calibrate one network together: each evaluates a part of the samples, and all hear what every one observed.
///
/// Observers merge to the last bit in any order, so each member finds what one process alone would find. All members ask for the same rounds
/// on the same data.
public protocol CalibrationTeam {
    /// Which member this process is, counted from 0.
    var index: Int { get }
    /// How many members there are.
    var count: Int { get }

    /// Hands bytes to all members. Every member calls it equally often, and in its n-th call receives what all gave in theirs.
    /// - Returns: the bytes of all members, in their order.
    /// - Throws: where they cannot be handed on.
    func share(_ bytes: [UInt8]) throws -> [[UInt8]]
}
