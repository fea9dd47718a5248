import OrderedCollections
import Testing
import VolleyConversion
import VolleyGraph
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// From calibration tables and explicit thresholds to networks.
@Suite struct RecipeTests {
    private func table(_ graph: Graph, _ recipe: ConversionRecipe) throws -> CalibrationTable {
        var calibrator = try Calibrator(graph, quantile: recipe.quantile, batchSize: 4, sampleLimit: 8)
        try calibrator.add(SampleGraphs.inputs(for: graph, batch: 8, seed: 41))
        return try calibrator.finish()
    }

    @Test func thresholdsFollowTheRecipe() throws {
        var table: CalibrationTable = CalibrationTable(quantile: 0.99, sampleCount: 2, sites: [:])
        table.sites["s"] = CalibrationTable.Site(
            batches: [
                CalibrationTable.Quantiles(positive: 1, negative: 3), CalibrationTable.Quantiles(positive: 2, negative: 1),
            ], minimum: -4, maximum: 5)
        let plain = ThresholdTable(table, recipe: .ecmt).sites["s"]!
        #expect(plain == .init(positive: 1.5, negative: 2))
        let symmetric = ThresholdTable(table, recipe: .differential).sites["s"]!
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

    @Test func presetPinsThePapersSites() throws {
        let converter = try Converter(try SampleGraphs.transformer(depth: 1), recipe: .ecmt)
        var thresholds = ThresholdTable(try table(converter.placed, .ecmt), recipe: .ecmt)
        let before = thresholds.sites["blocks.0.attn.q"]
        try ThresholdPreset.paperViT.apply(to: &thresholds, recipe: .ecmt)
        #expect(thresholds.sites["blocks.0.attn.s"] == .init(positive: 0.0125, negative: 0.0125))
        #expect(thresholds.sites["blocks.0.mlp.fc2.in"] == .init(positive: 0.25, negative: 0.08))
        #expect(thresholds.sites["blocks.0.attn.q"] == before)
        #expect(throws: ConversionError.self) { try ThresholdPreset.paperViT.apply(to: &thresholds, recipe: .differential) }
        let other = try Converter(try SampleGraphs.gatedMLP(), recipe: .ecmt)
        var elsewhere = ThresholdTable(try table(other.placed, .ecmt), recipe: .ecmt)
        #expect(throws: ConversionError.self) { try ThresholdPreset.paperViT.apply(to: &elsewhere, recipe: .ecmt) }
    }

    @Test func networksStateTheRecipe() throws {
        for recipe in ConversionRecipe.all {
            let converter = try Converter(try SampleGraphs.transformer(depth: 1), recipe: recipe)
            let network = try converter.convert(
                ThresholdTable(try table(converter.placed, recipe), recipe: recipe), provenance: SampleNetworks.provenance)
            #expect(network.coding == recipe.coding)
            for layer in network.neurons.values {
                #expect(layer.ladder.direction == recipe.direction && layer.ladder.levels == recipe.levels)
                #expect(layer.multiThreshold.rounding == recipe.rounding)
            }
        }
    }

    @Test func impossibleRecipesAreRefused() throws {
        let changes: [(inout ConversionRecipe) -> Void] = [
            { $0.levels = 0 }, { $0.levels = 25 }, { $0.quantile = 0.2 }, { $0.scale = 0 }, { $0.scale = .infinity },
            {
                $0.coding = .differential; $0.reset = .zero
            },
        ]
        for change in changes {
            var recipe = ConversionRecipe.ecmt
            change(&recipe)
            #expect(throws: ConversionError.self) { try Converter(try SampleGraphs.gatedMLP(), recipe: recipe) }
        }
    }

    @Test func differentialCodingNeedsBothSigns() throws {
        let converter = try Converter(try SampleGraphs.gatedMLP(), recipe: .differential)
        let thresholds = try ThresholdTable(
            Dictionary(uniqueKeysWithValues: converter.sites.map { ($0, [1, 0]) }), sites: converter.sites)
        #expect(throws: ConversionError.self) { try converter.convert(thresholds, provenance: SampleNetworks.provenance) }
    }
}
