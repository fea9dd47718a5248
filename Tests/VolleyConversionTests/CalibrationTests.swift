import OrderedCollections
import Testing
import VolleyConversion
import VolleyGraph
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// Streaming statistics of the one calibration loop against evaluating everything and looking.
@Suite struct CalibrationTests {
    private static let samples = 21

    private func method(_ quantile: Double) -> MultiThreshold {
        var method = MultiThreshold.ecmt
        method.quantile = quantile
        method.deadZones = [0.1]
        return method
    }

    private func calibrate(_ graph: Graph, quantile: Double, batch: Int?, threads: Int, pieces: Int) throws -> CalibrationTable {
        let data = SampleData(graph, samples: Self.samples, seed: 31, pieces: pieces)
        return try method(quantile).calibrate(graph, on: Calibration(data, batchSize: batch, threads: threads))
    }

    @Test(arguments: [0.5, 0.9, 0.99, 0.999, 1]) func quantilesAreExact(_ quantile: Double) throws {
        let graph = try PlaceNeurons.apply(to: try SampleGraphs.transformer(depth: 1))
        for batch in [nil, 8, 21, 1] {
            let table = try calibrate(graph, quantile: quantile, batch: batch, threads: 2, pieces: 4)
            let size = batch ?? Self.samples
            let inputs = SampleGraphs.inputs(for: graph, batch: Self.samples, seed: 31)
            var expected: [String: [CalibrationTable.Quantiles]] = [:]
            var all: [String: [Float]] = [:]
            for start in stride(from: 0, to: Self.samples, by: size) {
                let part = inputs.mapValues { $0.rows(start..<min(Self.samples, start + size)) }
                _ = try Evaluator(graph).run(part) { node, value in
                    guard case .operation(.neuron) = node.content else { return }
                    let sorted = value.values.sorted()
                    let high = max(1, Int(quantile * Double(sorted.count)))
                    let low = max(1, Int((1 - quantile) * Double(sorted.count)))
                    let quantiles = CalibrationTable.Quantiles(positive: sorted[high - 1], negative: -sorted[low - 1])
                    expected[node.name, default: []].append(quantiles)
                    all[node.name, default: []] += value.values
                }
            }
            #expect(table.sites.count == 8)
            for (name, site) in table.sites {
                let values = all[name]!
                #expect(site.batches == expected[name], "\(name)")
                #expect(site.minimum == values.min() && site.maximum == values.max(), "\(name)")
                let meanSquare = values.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(values.count)
                let found = try #require(site.rootMeanSquare)
                #expect(abs(found - Float(meanSquare.squareRoot())) <= 1e-6 * found, "\(name)")
            }
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

    @Test func anyNodeOfAnyNetworkCanBeObservedRoundAfterRound() throws {
        let graph = try SampleGraphs.gatedMLP()
        let layers = graph.nodes.indices.filter { if case .operation(.linear) = graph[$0].content { true } else { false } }
        let calibration = try Calibration(SampleData(graph, samples: 5, seed: 3, pieces: 2), threads: 2)
        for _ in 0..<2 {
            let found = try calibration.observe(graph, at: Set(layers)) { _, _ in ChannelMaximum(axis: -1) }
            #expect(found.count == layers.count && layers.count > 1)
            _ = try Evaluator(graph).run(SampleGraphs.inputs(for: graph, batch: 5, seed: 3)) { node, value in
                guard case .operation(.linear) = node.content else { return }
                let width = value.shape.dimensions.last!
                let expected = (0..<width).map { channel in
                    stride(from: channel, to: value.count, by: width).map { value.values[$0] }.max()!
                }
                #expect(found[node.name]!.maxima == expected, "\(node.name)")
            }
        }
    }

    /// Against the equations' own run: what each site's input carries at each step, and what does not change in front of the first.
    @Test func currentsAreThoseOfTheReference() throws {
        let network = try SampleNetworks.network(try SampleGraphs.gatedMLP(), coding: .rate, spikingHead: true)
        let graph = network.graph
        let inputs = SampleGraphs.inputs(for: graph, batch: 4, seed: 9)
        let steps = 3
        let found = try Calibration(SampleData(inputs, samples: 4, pieces: 2), threads: 2).observeCurrents(of: network, timeSteps: steps) {
            Tails(quantile: 1, ofAtMost: $1)
        }
        var largest: [NodeID: Float] = [:]
        var counts: [NodeID: Int] = [:]
        func see(_ id: NodeID, _ value: Tensor, times: Int = 1) {
            largest[id] = max(largest[id] ?? -.infinity, value.values.max()!)
            counts[id, default: 0] += times * value.count
        }
        var isConstant = Set(graph.nodes.indices)
        _ = try ReferenceSimulator(network, timeSteps: steps).run(inputs) { _, id, current in
            isConstant.remove(id)
            see(id, current)
        }
        _ = try Evaluator(graph).run(inputs) { node, value in
            let id = graph.node(named: node.name)!
            if isConstant.contains(id) { see(id, value, times: steps) }
        }
        #expect(found.count == network.neurons.count)
        for (site, tails) in found {
            let input = graph[graph.node(named: site)!].inputs[0]
            #expect(tails.extremes()!.upperBound == largest[input], "\(site)")
            #expect(tails.count == counts[input], "\(site)")
        }
        // The first neurons see the analog values, which the simulator does not hand out again at each step.
        #expect(network.neurons.keys.contains { isConstant.contains(graph[graph.node(named: $0)!].inputs[0]) })
    }

    @Test func currentsNeedRateCodingAndSteps() throws {
        let differential = try SampleNetworks.network(try SampleGraphs.gatedMLP(), coding: .differential)
        let calibration = try Calibration(SampleData(differential.graph, samples: 2, seed: 9))
        #expect(throws: ConversionError.self) { try calibration.observeCurrents(of: differential, timeSteps: 2) { _, _ in Moments() } }
        let rate = try SampleNetworks.network(try SampleGraphs.gatedMLP(), coding: .rate)
        #expect(throws: ConversionError.self) { try calibration.observeCurrents(of: rate, timeSteps: 0) { _, _ in Moments() } }
    }

    @Test func badSettingsAndDataAreRefused() throws {
        let graph = try PlaceNeurons.apply(to: try SampleGraphs.gatedMLP())
        #expect(throws: ConversionError.self) { try Calibration(SampleData(graph, samples: 8, seed: 5), batchSize: 0) }
        for data in [nil, SampleData(SampleGraphs.inputs(for: graph, batch: 1, seed: 5), samples: 0)] {
            #expect { try Calibration(data).observe(graph) { _, _ in Moments() } } throws: { ($0 as? ConversionError)?.code == .noData }
        }
        var inputs = SampleGraphs.inputs(for: graph, batch: 2, seed: 5)
        inputs["input"]!.values[3] = 3e38
        inputs["input"]!.values[4] = 3e38
        let overflowing = try Calibration(SampleData(inputs, samples: 2))
        #expect { try overflowing.observe(graph) { _, _ in Moments() } } throws: { ($0 as? GraphError)?.node != nil }
    }
}
