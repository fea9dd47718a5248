import OrderedCollections
import Testing
import VolleyConversion
import VolleyGraph
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// From calibration tables and explicit thresholds to networks.
@Suite struct MultiThresholdTests {
    private func calibration(_ graph: Graph) throws -> Calibration {
        try Calibration(SampleData(graph, samples: 8, seed: 41), batchSize: 4, observers: MultiThreshold.ecmt.observers)
    }

    private func thresholds(_ graph: Graph, _ method: MultiThreshold) throws -> ThresholdTable {
        ThresholdTable(try method.calibrate(try method.place(in: graph), on: calibration(graph)), method: method)
    }

    @Test func thresholdsFollowTheMethod() throws {
        var table = CalibrationTable(sampleCount: 2, sites: [:])
        table.sites["s"] = CalibrationTable.Site(
            batches: [
                CalibrationTable.Quantiles(positive: 1, negative: 3), CalibrationTable.Quantiles(positive: 2, negative: 1),
            ], minimum: -4, maximum: 5)
        let plain = ThresholdTable(table, method: .ecmt).sites["s"]!
        #expect(plain == .init(positive: 1.5, negative: 2))
        let symmetric = ThresholdTable(table, method: .differential).sites["s"]!
        // 4 × the mean over batches of the larger of both.
        #expect(symmetric == .init(positive: 10, negative: 10))
    }

    @Test func explicitThresholdsMustNameEverySite() throws {
        let sites = ["a", "b"]
        #expect(try ThresholdTable(["a": [1, 2], "b": [3, 4]], sites: sites).sites["b"] == .init(positive: 3, negative: 4))
        for wrong: [String: [Double]] in [
            ["a": [1, 2]], ["a": [1, 2], "b": [1, 2], "c": [1, 2]], ["a": [1], "b": [1, 2]], ["a": [.nan, 2], "b": [1, 2]],
            ["a": [1e300, 2], "b": [1, 2]],
        ] {
            #expect(throws: ConversionError.self) { try ThresholdTable(wrong, sites: sites) }
        }
    }

    @Test func explicitThresholdsNeedNoData() throws {
        let graph = try SampleGraphs.gatedMLP()
        var method = MultiThreshold.ecmt
        let sites = SpikingNetwork.sites(of: try method.place(in: graph))
        method.thresholds = Dictionary(uniqueKeysWithValues: sites.map { ($0, [0.5, 0.25]) })
        #expect(method.observers.isEmpty)
        let network = try method.convert(graph, on: Calibration(nil, observers: []))
        for layer in network.neurons.values { #expect(layer.ladder.positive == 0.5 && layer.ladder.negative == 0.25) }
        // What has no say is not recorded.
        #expect(network.provenance.settings["quantile"] == nil && network.provenance.settings["levels"] == "8")
        method.thresholds = nil
        #expect { try method.convert(graph, on: Calibration(nil)) } throws: { ($0 as? ConversionError)?.code == .noData }
    }

    @Test func presetPinsThePapersSites() throws {
        let graph = try SampleGraphs.transformer(depth: 1)
        var thresholds = try thresholds(graph, .ecmt)
        let before = thresholds.sites["blocks.0.attn.q"]
        try ThresholdPreset.paperViT.apply(to: &thresholds, method: .ecmt)
        #expect(thresholds.sites["blocks.0.attn.s"] == .init(positive: 0.0125, negative: 0.0125))
        #expect(thresholds.sites["blocks.0.mlp.fc2.in"] == .init(positive: 0.25, negative: 0.08))
        #expect(thresholds.sites["blocks.0.attn.q"] == before)
        #expect(throws: ConversionError.self) { try ThresholdPreset.paperViT.apply(to: &thresholds, method: .differential) }
        var elsewhere = MultiThreshold.ecmt
        elsewhere.preset = .paperViT
        let other = try SampleGraphs.gatedMLP()
        #expect(throws: ConversionError.self) { try elsewhere.convert(other, on: calibration(other)) }
    }

    @Test func networksStateTheMethod() throws {
        for method in MultiThreshold.all {
            let graph = try SampleGraphs.transformer(depth: 1)
            let network = try method.convert(graph, on: calibration(graph))
            #expect(network.coding == method.coding)
            for layer in network.neurons.values {
                #expect(layer.ladder.direction == method.direction && layer.ladder.levels == method.levels)
                #expect(layer.rounding == method.rounding)
            }
        }
    }

    @Test func differentialCodingNeedsBothSigns() throws {
        let method = MultiThreshold.differential
        let placed = try method.place(in: try SampleGraphs.gatedMLP())
        let sites = SpikingNetwork.sites(of: placed)
        let thresholds = try ThresholdTable(Dictionary(uniqueKeysWithValues: sites.map { ($0, [1, 0]) }), sites: sites)
        #expect(throws: ConversionError.self) { try method.network(placed, thresholds) }
    }
}
