import Foundation
import Testing
import Volley
import VolleyTestSupport

/// Bundles hold all of a network: it is made again from their files, by nothing but their own words.
@Suite struct BundleExportTests {
    private static let images = Result { try NpzArchive(path: Fixture.path("digits-vit/test.npz")).array("x").tensor.rows(0..<4) }

    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// What `network.json` says, as far as a network is made of it.
    private struct Description: Decodable {
        struct Value: Decodable { var name: String, node: String }
        struct Code: Decodable { var value: Float }
        struct Site: Decodable { var name: String, neurons: NeuronLayer, codes: [Code] }
        struct Copy: Decodable { var code: Int, copy: Int, shift: Int, isNegative: Bool }
        struct Layer: Decodable { var name: String, weight: String, scales: String?, site: String?, copies: [Copy]? }
        var coding: Coding
        var timing: Timing
        var nodes: [GraphDocument.Entry]
        var outputs: [Value]
        var sites: [Site]
        var layers: [Layer]
    }

    private struct Bundle {
        var report: ExportReport
        var path: String
        var description: Description
    }

    private func write(_ network: SpikingNetwork, _ name: String, weights: WeightFormat = .fp32, copies: BundleExport.Copies? = nil) throws -> Bundle
    {
        let path = directory.file(name)
        let report = try BundleExport(network, weights: weights, copies: copies).write(to: path)
        let data = try Data(contentsOf: URL(filePath: path + "/network.json"))
        return Bundle(report: report, path: path, description: try JSONDecoder().decode(Description.self, from: data))
    }

    /// The network of a bundle's files.
    private func network(of bundle: Bundle) throws -> SpikingNetwork {
        let (said, file) = (bundle.description, try SafetensorsFile(path: bundle.path + "/weights.safetensors"))
        let scales = Dictionary(uniqueKeysWithValues: said.layers.compactMap { layer in layer.scales.map { (layer.weight, $0) } })
        var document = GraphDocument(try GraphBuilder.of(Tensor([1], [0])))
        document.nodes = said.nodes
        document.outputs = try JSONDecoder().decode(
            [GraphDocument.Output].self, from: JSONEncoder().encode(said.outputs.map { ["name": $0.name, "value": $0.node] }))
        let graph = try document.graph { name in
            let numbers = try file.tensor(name)
            guard let scale = try scales[name].map(file.tensor) else { return numbers }
            let width = numbers.shape.rowCount
            return Tensor(numbers.shape, numbers.values.enumerated().map { $1 * scale.values[$0 / width] })
        }
        // What codes are worth stands beside the neurons' settings.
        let neurons = said.sites.map { ($0.name, NeuronLayer($0.neurons.model.sending($0.codes.map(\.value)) ?? $0.neurons.model)) }
        return try SpikingNetwork(
            graph: graph, coding: said.coding, timing: said.timing, neurons: Dictionary(uniqueKeysWithValues: neurons),
            provenance: SampleNetworks.provenance)
    }

    @Test(arguments: ["ecmt", "differential:steps-per-octave=4", "few-step:steps=2"]) func holdsAllOfANetwork(method: String) throws {
        let network = try DigitsConversion.network(method)
        let bundle = try write(network, "bundle")
        #expect(bundle.report.rating == .faithful)
        #expect(
            bundle.report.files.map { URL(filePath: $0).lastPathComponent } == [
                "README.md", "network.json", "network.schema.json", "weights.safetensors", "thresholds.json",
            ])
        let found = try self.network(of: bundle)
        #expect(found.graph.nodes == network.graph.nodes && found.graph.outputs == network.graph.outputs)
        #expect(found.neurons == network.neurons && found.coding == network.coding)
        let text = String(decoding: try directory.bytes("bundle/README.md"), as: UTF8.self)
        for site in network.neurons.keys { #expect(text.contains("`\(site)`")) }
    }

    /// Networks of the digits and of the methods' own programs, made again with the thresholds of their bundles.
    @Test func thresholdsAreTakenBack() throws {
        let network = try DigitsConversion.network("differential")
        let bundle = try write(network, "vit")
        var method = MultiThreshold.differential
        method.thresholds = try ThresholdFile.read(bundle.path + "/thresholds.json")
        var conversion = Conversion(of: try Model.load(Fixture.path("digits-vit")), method: method)
        conversion.checksFidelity = false
        #expect(try conversion.run().neurons == network.neurons)
        let goldens = MethodGoldenTests()
        for name in ["qcfs-resbn", "burst-vggbn", "snm-plain", "rueckauer-sj-p999-plain", "srp-resbn"] {
            let golden = try goldens.golden(name)
            let network = try goldens.network(golden)
            var rate = try goldens.method(golden)
            // They are rounded already.
            rate.thresholdBits = 0
            rate.thresholds = try ThresholdFile.read(write(network, name).path + "/thresholds.json")
            var conversion = Conversion(of: try Model.load(goldens.folder + golden.model), method: rate)
            conversion.checksFidelity = false
            let again = try conversion.run()
            #expect(again.neurons == network.neurons && again.graph.nodes == network.graph.nodes, "\(name)")
        }
    }

    /// The engine on whole numbers, and the engine on floats that are whole numbers times scales.
    @Test(arguments: [WeightFormat.int8, .int16]) func wholeNumbersAreTheEngines(weights: WeightFormat) throws {
        let network = try DigitsConversion.network("differential:steps-per-octave=4")
        let bundle = try write(network, "bundle", weights: weights)
        #expect(bundle.report.rating == .approximate && bundle.report.notes.contains { $0.contains(weights.rawValue) })
        #expect(bundle.description.layers.contains { $0.scales != nil } && bundle.description.layers.contains { $0.site == nil && $0.scales == nil })
        let inputs = ["input": try Self.images.get()]
        let expected = try ParallelSimulator(Program(network, timeSteps: 1, weights: weights), threads: 1).run(inputs)
        let found = try ParallelSimulator(Program(self.network(of: bundle), timeSteps: 1), threads: 1).run(inputs)
        let flips = expected.spikes.keys.filter { found.spikes[$0] != expected.spikes[$0] }
        if flips.isEmpty {
            #expect(Difference(found.outputs.values[0], expected.outputs.values[0]).relative < 1e-4)
        } else {
            // Sums of integers and of floats round differently: some spikes of many may be others.
            #expect(Difference(found.outputs.values[0], expected.outputs.values[0]).ofNorms < 0.02, "\(flips)")
        }
        let plain = try ParallelSimulator(Program(network, timeSteps: 1), threads: 1).run(inputs)
        #expect(Difference(plain.outputs.values[0], expected.outputs.values[0]).absolute > 0, "rounding changes something")
    }

    @Test(arguments: BundleExport.Copies.allCases) func copiesAddWhatSpikesAreWorth(copies: BundleExport.Copies) throws {
        let network = try DigitsConversion.network("differential:steps-per-octave=4")
        let bundle = try write(network, "bundle", copies: copies)
        let file = try SafetensorsFile(path: bundle.path + "/copies.safetensors")
        var compared = 0
        for layer in bundle.description.layers {
            guard let site = layer.site else { continue }
            let alphabet = network.neurons[site]!.alphabet
            let weight = network.graph[network.graph.node(named: layer.weight)!].constant!
            let scaled = try file.tensor(layer.name + "/copies")
            let said = try #require(layer.copies)
            #expect(said.count == alphabet.codes.count && scaled.shape[0] == (copies == .levels ? said.count : 4))
            for copy in said {
                let value = alphabet.table[Alphabet.place(of: Int8(copy.code))]
                let factor = Float(sign: copy.isNegative ? .minus : .plus, exponent: copy.shift, significand: 1)
                let row = scaled.rows(copy.copy..<copy.copy + 1).values.map { factor * $0 }
                #expect(row == weight.values.map { $0 * value }, "\(layer.name), \(copy.code)")
                compared += 1
            }
        }
        #expect(compared > 100)
    }

    @Test func nothingIsWrittenOver() throws {
        let network = try SampleNetworks.network(try SampleGraphs.transformer(depth: 1), coding: .rate)
        try directory.makeFolder("taken")
        try directory.makeFolder("taken/inside")
        #expect(throws: FormatError.self) { try BundleExport(network).write(to: directory.file("taken")) }
        #expect(throws: FormatError.self) { try BundleExport(network).write(to: directory.file("absent/bundle")) }
        let burst = try SampleNetworks.network(try SampleGraphs.transformer(depth: 1), coding: .rate) { NeuronLayer(BurstNeuron(threshold: $0)) }
        let error = try #require(throws: ExportError.self) { try BundleExport(burst, copies: .octave).write(to: directory.file("burst")) }
        #expect(!error.nodes.isEmpty && FileIdentity(directory.file("burst")) == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["taken"])
    }
}

extension GraphBuilder {
    /// The graph of one constant.
    fileprivate static func of(_ constant: Tensor) throws -> Graph {
        var builder = GraphBuilder()
        builder.output("y", try builder.constant("c", constant))
        return try builder.build()
    }
}
