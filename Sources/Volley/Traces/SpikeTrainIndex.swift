internal import Foundation

/// What stands in the files of spike trains: `index.json` beside them.
public struct SpikeTrainIndex: Codable, Sendable, Hashable {
    /// A neuron site.
    public struct Site: Codable, Sendable, Hashable {
        public var name: String
        /// The name of its file in the folder; nil where there are no trains beside the index.
        public var file: String?
        /// `[T, …]`, then the axes of the site's value.
        public var shape: [Int]
        /// Every code that its neurons can send, and what each is worth.
        public var codes: [Int]
        public var values: [Float]
    }

    /// The version of this format.
    public var version = 1
    public var timeSteps: Int
    public var samples: Int
    /// In the network's order; events name a site by its place here, from 0.
    public var sites: [Site]

    public init(timeSteps: Int, samples: Int, sites: [Site]) {
        (self.timeSteps, self.samples, self.sites) = (timeSteps, samples, sites)
    }

    /// - Throws: `FormatError` (`writeFailed`).
    public func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(Array(encoder.encode(self)) + [UInt8(ascii: "\n")], to: path)
    }
}
