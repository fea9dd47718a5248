internal import Foundation
public import VolleyEvaluation
public import VolleySpiking
public import VolleyTensors

/// What a result file states, measured again: the same network on the same data with the same settings must give the same bits, on any
/// machine, with any number of threads and any batch size.
public struct Reproduction: Sendable {
    /// A figure that came out otherwise.
    public struct Difference: Sendable, Hashable {
        /// The path of its key, such as `steps[3].top1`.
        public var key: String
        /// As the file has it, and as it is now; nil where there is none.
        public var stated: String?
        public var found: String?
    }

    /// What was measured now.
    public let results: Results
    /// How many figures and words were compared.
    public let compared: Int
    public let differences: [Difference]
    /// The version that wrote the file, where it is another one. Then what only one of them knows is not compared.
    public let otherVersion: String?

    /// What depends on the speed of the machine, what explains figures, and what a file of data is called.
    private static let left: Set<String> = ["millisecondsPerSample", "quantities", "sample", "version"]

    /// Measures again.
    /// - Parameters:
    ///   - stated: what an evaluation wrote.
    ///   - network: the network that was measured.
    ///   - digest: the SHA-256 of its file.
    ///   - batchSize: how many samples run at once; it changes no figure, nor do threads. Everything else is as stated.
    /// - Throws: ``ReproductionError`` where the network or the data is another one; errors of the measurement.
    public init(
        of stated: Results, _ network: SpikingNetwork, digest: String, on data: EvaluationData, batchSize: Int = 32, threads: Int = 1,
        kernels: Kernels = .best, progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws {
        if let other = stated.digests.network, other != digest {
            throw ReproductionError(
                "The network is another one: its SHA-256 is \(digest), and the results are of \(other). Give the file that was measured.")
        }
        let evaluation = try Evaluation(
            network, on: data, settings: Self.settings(of: stated, batchSize: batchSize, threads: threads), kernels: kernels)
        let found = try evaluation.run(networkDigest: stated.digests.network, progress: progress)
        guard found.digests.data == stated.digests.data else {
            throw ReproductionError(
                "The data is another one: \(found.samples) samples with the SHA-256 \(found.digests.data), and the results are of \(stated.samples) with "
                    + "\(stated.digests.data). Give the data, and its labels, that were measured.")
        }
        try self.init(of: stated, found: found)
    }

    /// The settings that results state, and those that they do not depend on.
    static func settings(of stated: Results, batchSize: Int, threads: Int) -> Evaluation.Settings {
        var settings = stated.settings
        (settings.batchSize, settings.threads) = (batchSize, threads)
        (settings.prices, settings.detail) = (stated.prices, stated.detail?.samples ?? 0)
        return settings
    }

    /// - Throws: `EncodingError` never for results that could be written.
    init(of stated: Results, found: Results) throws {
        func object(_ results: Results) throws -> Any { try JSONSerialization.jsonObject(with: JSONEncoder().encode(results)) }
        var comparison = Comparing(isSameVersion: stated.version == found.version)
        comparison.compare(try object(stated), try object(found), "")
        results = found
        (compared, differences) = (comparison.compared, comparison.differences)
        otherVersion = stated.version == found.version ? nil : stated.version
    }

    private struct Comparing {
        let isSameVersion: Bool
        var compared = 0
        var differences: [Difference] = []

        mutating func compare(_ stated: Any?, _ found: Any?, _ key: String) {
            if let stated = stated as? [String: Any], let found = found as? [String: Any] {
                for name in Set(stated.keys).union(found.keys).subtracting(left).sorted() {
                    compare(stated[name], found[name], key.isEmpty ? name : "\(key).\(name)")
                }
            } else if let stated = stated as? [Any], let found = found as? [Any] {
                for index in 0..<max(stated.count, found.count) {
                    compare(index < stated.count ? stated[index] : nil, index < found.count ? found[index] : nil, "\(key)[\(index)]")
                }
            } else {
                if !isSameVersion, stated == nil || found == nil { return }
                compared += 1
                let isEqual = (stated as? NSObject).map { $0.isEqual(found) } ?? (found == nil)
                if !isEqual { differences.append(Difference(key: key, stated: stated.map(Self.text), found: found.map(Self.text))) }
            }
        }

        private static func text(_ value: Any) -> String {
            let text = "\(value)"
            return text.count > 60 ? text.prefix(60) + "…" : text
        }
    }
}

/// Why results cannot be measured again.
public struct ReproductionError: InputError, Hashable {
    public let message: String
    init(_ message: String) { self.message = message }
    public var description: String { message }
}
