public import VolleyGraph
public import VolleyTensors

/// What a node carried for some samples.
public struct Observation: Sendable {
    /// All finite.
    public var value: Tensor
    public var samples: Int
    /// Where the samples lie in the value; nil where they met, or where it is the same for all of them.
    public var batchAxis: BatchAxis?

    public init(_ value: Tensor, samples: Int, batchAxis: BatchAxis?) {
        self.value = value
        self.samples = samples
        self.batchAxis = batchAxis
    }
}

/// What a method wants to know of the values that pass a node, gathered while they pass.
///
/// An observer is a function of all observations together, whatever their order and however they were parted: merging is
/// commutative and associative to the last bit. So threads observe on their own and are merged, and no result shows how many there
/// were; and so do processes, which hand each other what they gathered (``CalibrationTeam``).
public protocol Observer: Sendable, Codable {
    /// What it gathers, in a few words for lists.
    static var title: String { get }

    /// Takes more values.
    mutating func add(_ observation: Observation)

    /// Takes what another one gathered.
    /// - Precondition: the other one was made with the same settings.
    mutating func merge(_ other: Self)
}
