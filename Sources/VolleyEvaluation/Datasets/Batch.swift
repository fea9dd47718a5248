public import VolleyTensors

/// Consecutive samples of a data set, ready to be fed to a network.
public struct Batch: Hashable, Sendable {
    /// Which samples of the data set these are; skipped ones are included.
    public let indices: Range<Int>
    /// The network's inputs, `[N, …]`: one row for each sample that was not skipped.
    public let inputs: Tensor
    /// Which sample of the data set each row is.
    public let samples: [Int]
    /// The samples left out because they could not be read.
    public let skipped: [SkippedSample]
}

/// A sample that was left out of a measurement.
public struct SkippedSample: Hashable, Sendable, Codable {
    /// Its place in the data set.
    public let index: Int
    public let name: String
    public let reason: String
}
