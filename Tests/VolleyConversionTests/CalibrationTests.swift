import OrderedCollections
import Testing
import VolleyConversion
import VolleyGraph
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// Streaming quantiles against sorting everything.
@Suite struct CalibrationTests {
    private static let samples = 21

    private func calibrate(_ graph: Graph, quantile: Double, batch: Int?, threads: Int, pieces: Int) throws -> CalibrationTable {
        let inputs = SampleGraphs.inputs(for: graph, batch: Self.samples, seed: 31)
        var calibrator = try Calibrator(
            graph, quantile: quantile, batchSize: batch, sampleLimit: Self.samples, threads: threads)
        for range in evenRanges(of: Self.samples, parts: pieces) { try calibrator.add(inputs.mapValues { $0.rows(range) }) }
        return try calibrator.finish()
    }

    @Test(arguments: [0.5, 0.9, 0.99, 0.999, 1]) func quantilesAreExact(_ quantile: Double) throws {
        let graph = try PlaceNeurons.apply(to: try SampleGraphs.transformer(depth: 1))
        for batch in [nil, 8, 21, 1] {
            let table = try calibrate(graph, quantile: quantile, batch: batch, threads: 2, pieces: 4)
            let size = batch ?? Self.samples
            let inputs = SampleGraphs.inputs(for: graph, batch: Self.samples, seed: 31)
            var expected: [String: [CalibrationTable.Quantiles]] = [:]
            for start in stride(from: 0, to: Self.samples, by: size) {
                let part = inputs.mapValues { $0.rows(start..<min(Self.samples, start + size)) }
                _ = try Evaluator(graph).run(part) { node, value in
                    guard case .operation(.neuron) = node.content else { return }
                    let sorted = value.values.sorted()
                    let high = max(1, Int(quantile * Double(sorted.count)))
                    let low = max(1, Int((1 - quantile) * Double(sorted.count)))
                    let quantiles = CalibrationTable.Quantiles(positive: sorted[high - 1], negative: -sorted[low - 1])
                    expected[node.name, default: []].append(quantiles)
                }
            }
            #expect(table.sites.count == 8)
            for (name, site) in table.sites { #expect(site.batches == expected[name], "\(name)") }
            #expect(table.sampleCount == Self.samples)
        }
    }

    @Test func threadsAndPiecesDoNotMatter() throws {
        let graph = try PlaceNeurons.apply(to: try SampleGraphs.transformer(depth: 1))
        let expected = try calibrate(graph, quantile: 0.99, batch: 8, threads: 1, pieces: 1)
        for (threads, pieces) in [(2, 1), (3, 7), (7, 21)] {
            #expect(try calibrate(graph, quantile: 0.99, batch: 8, threads: threads, pieces: pieces) == expected)
        }
    }

    @Test func tablesMergeAsIfRunTogether() throws {
        let graph = try PlaceNeurons.apply(to: try SampleGraphs.transformer(depth: 1))
        let inputs = SampleGraphs.inputs(for: graph, batch: 16, seed: 5)
        func table(_ range: Range<Int>) throws -> CalibrationTable {
            var calibrator = try Calibrator(graph, quantile: 0.9, batchSize: 4, sampleLimit: range.count)
            try calibrator.add(inputs.mapValues { $0.rows(range) })
            return try calibrator.finish()
        }
        var merged = try table(0..<8)
        try merged.merge(try table(8..<16))
        #expect(merged == (try table(0..<16)))
        var other = merged
        other.quantile = 0.8
        #expect(throws: ConversionError.self) { try merged.merge(other) }
    }

    @Test func badSettingsAndDataAreRefused() throws {
        let graph = try PlaceNeurons.apply(to: try SampleGraphs.gatedMLP())
        #expect(throws: ConversionError.self) { try Calibrator(graph, quantile: 0.4, batchSize: 8, sampleLimit: 8) }
        #expect(throws: ConversionError.self) { try Calibrator(graph, quantile: 1.1, batchSize: 8, sampleLimit: 8) }
        #expect(throws: ConversionError.self) { try Calibrator(graph, quantile: .nan, batchSize: 8, sampleLimit: 8) }
        #expect(throws: ConversionError.self) { try Calibrator(graph, quantile: 0.9, batchSize: 0, sampleLimit: 8) }
        var empty = try Calibrator(graph, quantile: 0.9, batchSize: 8, sampleLimit: 8)
        #expect(throws: ConversionError.self) { try empty.finish() }
        var calibrator = try Calibrator(graph, quantile: 0.9, batchSize: 8, sampleLimit: 8)
        var inputs = SampleGraphs.inputs(for: graph, batch: 2, seed: 5)
        inputs["input"]!.values[3] = 3e38
        inputs["input"]!.values[4] = 3e38
        #expect { try calibrator.add(inputs) } throws: { ($0 as? GraphError)?.node != nil }
    }
}
