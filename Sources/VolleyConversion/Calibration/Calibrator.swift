internal import OrderedCollections
public import VolleyGraph
internal import VolleySpiking
public import VolleyTensors

/// Runs the ANN on calibration data and takes the quantiles of every site's activation, exactly and batch by batch.
///
/// Per batch of n values (all samples, tokens, channels and heads of a site together): the ⌊p·n⌋-th smallest, and the size
/// of the ⌊(1−p)·n⌋-th smallest, counted from 1, the latter at least 1 (ECMT Algorithm 1, step 1). Memory holds the tails
/// of the distributions only, so a batch may be the whole data set.
public struct Calibrator: Sendable {
    private let evaluator: Evaluator
    private let sites: [String]
    private let quantile: Double
    private let batchSize: Int
    private let sampleLimit: Int
    private let threads: Int
    private var table: CalibrationTable
    private var group: Group

    /// - Parameters:
    ///   - graph: the network with its neuron sites in place.
    ///   - quantile: p, in 0.5…1.
    ///   - batchSize: how many samples share a quantile; nil for the whole set. Where samples meet in the network, those that
    ///     share a quantile are evaluated together.
    ///   - sampleLimit: at most this many samples will be added.
    ///   - threads: how many threads evaluate a batch; the table does not depend on it.
    /// - Throws: ``ConversionError`` for settings outside their range.
    public init(_ graph: Graph, quantile: Double, batchSize: Int?, sampleLimit: Int, threads: Int = 1) throws {
        guard quantile >= 0.5, quantile <= 1 else {
            throw ConversionError(.badSettings, "the quantile must lie in 0.5…1, found \(quantile)")
        }
        guard batchSize ?? 1 >= 1 else {
            throw ConversionError(.badSettings, "the calibration batch must hold at least 1 sample, found \(batchSize!)")
        }
        guard sampleLimit >= 1 else { throw ConversionError(.noData, "there are no calibration samples") }
        var evaluator = Evaluator(graph)
        evaluator.checksValues = true
        self.evaluator = evaluator
        sites = SpikingNetwork.sites(of: graph)
        self.quantile = quantile
        self.batchSize = evaluator.executable.batching.size(near: min(batchSize ?? sampleLimit, sampleLimit))
        self.sampleLimit = sampleLimit
        self.threads = max(1, threads)
        table = CalibrationTable(quantile: quantile, sampleCount: 0, sites: [:])
        group = Group()
    }

    /// Evaluates more samples, arrays named like the network's inputs.
    /// - Throws: `GraphError` for inputs that do not fit and for the first node whose value is not finite.
    public mutating func add(_ inputs: [String: Tensor]) throws {
        let samples = try evaluator.executable.sampleCount(inputs)
        var start = 0
        while start < samples {
            let count = min(samples - start, batchSize - group.samples)
            let part = evaluator.executable.batching.samples(start..<start + count, of: samples, in: inputs)
            if case .together = evaluator.executable.batching.rule {
                group.waiting.append(part)
                group.samples += count
            } else {
                try addToGroup(part, samples: count)
            }
            start += count
            if group.samples >= batchSize { try closeGroup() }
        }
    }

    /// The table, once all samples have been added.
    /// - Throws: ``ConversionError`` when there were none.
    public mutating func finish() throws -> CalibrationTable {
        if group.samples > 0 { try closeGroup() }
        guard table.sampleCount > 0 else { throw ConversionError(.noData, "there are no calibration samples") }
        return table
    }

    /// The samples that share a quantile, so far.
    private struct Group: Sendable {
        var samples = 0
        var sites: [String: Tails] = [:]
        /// Samples that must be evaluated together, once all are there.
        var waiting: [[String: Tensor]] = []
    }

    private struct Tails: Sendable {
        var count = 0
        var highest: TailSelector
        var lowest: TailSelector

        /// Room for the tails of so many values.
        init(largestGroup count: Int, quantile: Double) {
            let ranks = Calibrator.ranks(count, quantile)
            highest = TailSelector(.largest, capacity: count - ranks.high + 2)
            lowest = TailSelector(.smallest, capacity: ranks.low + 1)
        }

        mutating func merge(_ other: Tails) {
            count += other.count
            highest.merge(other.highest)
            lowest.merge(other.lowest)
        }
    }

    private mutating func addToGroup(_ inputs: [String: Tensor], samples: Int) throws {
        let (evaluator, batchSize, quantile) = (evaluator, batchSize, quantile)
        let batching = evaluator.executable.batching
        let ranges = batching.parts(of: samples, atMost: threads)
        let parts = try parallelRanges(ranges.count, threads: ranges.count) { worker, _ in
            var tails: [String: Tails] = [:]
            let own = batching.samples(ranges[worker], of: samples, in: inputs)
            // A few samples at a time keep the activations in the cache and the memory small.
            for chunk in batching.runs(of: ranges[worker].count, size: 8) {
                let part = batching.samples(chunk, of: ranges[worker].count, in: own)
                _ = try evaluator.run(part) { node, value in
                    guard case .operation(.neuron) = node.content else { return }
                    let largest = max(value.count, value.count / chunk.count * batchSize)
                    var site = tails[node.name] ?? Tails(largestGroup: largest, quantile: quantile)
                    tails[node.name] = nil
                    site.count += value.count
                    site.highest.add(value.values)
                    site.lowest.add(value.values)
                    tails[node.name] = site
                }
            }
            return tails
        }
        for part in parts {
            for (name, tails) in part {
                if group.sites[name] == nil { group.sites[name] = tails } else { group.sites[name]!.merge(tails) }
            }
        }
        group.samples += samples
    }

    /// Evaluates samples that had to wait for each other.
    private mutating func addWaiting() throws {
        let waiting = group.waiting
        guard !waiting.isEmpty else { return }
        let samples = group.samples
        group = Group()
        try addToGroup(evaluator.executable.batching.joining(inputs: waiting), samples: samples)
    }

    /// ⌊p·n⌋ and ⌊(1−p)·n⌋, counted from 1.
    private static func ranks(_ count: Int, _ quantile: Double) -> (high: Int, low: Int) {
        (max(1, Int(quantile * Double(count))), max(1, Int((1 - quantile) * Double(count))))
    }

    private mutating func closeGroup() throws {
        try addWaiting()
        for site in sites {
            guard var tails = group.sites[site] else { continue }
            // A site without elements is silent.
            guard tails.count > 0 else {
                let silent = CalibrationTable.Quantiles(positive: 0, negative: 0)
                table.sites[site, default: CalibrationTable.Site(batches: [], minimum: 0, maximum: 0)].batches.append(silent)
                continue
            }
            let ranks = Self.ranks(tails.count, quantile)
            let quantiles = CalibrationTable.Quantiles(
                positive: tails.highest.value(rank: tails.count - ranks.high + 1),
                negative: -tails.lowest.value(rank: ranks.low))
            let (low, high) = (tails.lowest.value(rank: 1), tails.highest.value(rank: 1))
            var entry = table.sites[site] ?? CalibrationTable.Site(batches: [], minimum: low, maximum: high)
            entry.batches.append(quantiles)
            entry.minimum = min(entry.minimum, low)
            entry.maximum = max(entry.maximum, high)
            table.sites[site] = entry
        }
        table.sampleCount += group.samples
        group = Group()
    }
}
