import Foundation
import Testing
import Volley
import VolleyTestSupport

/// What is written as NIR is run as NIR defines it, and sends the network's spikes.
@Suite struct NIRExportTests {
    /// Sums in another order may send another spike where a potential meets its threshold, of so many.
    private static let countTolerance = 1e-3
    private static let outputTolerance: Float = 1e-4

    private static func network(_ label: String, model: String = "digits-cnn/vgg-relu.onnx") throws -> SpikingNetwork {
        func convert(_ method: some ConversionMethod) throws -> SpikingNetwork {
            var conversion = Conversion(
                of: try Model.load(Fixture.path(model)), method: method,
                calibrating: CalibrationSet(try Dataset.open(Fixture.path("digits-cnn/calibration.npz"))))
            conversion.checksFidelity = false
            return try conversion.run()
        }
        return try convert(MethodCandidate.parsed(label).method)
    }

    /// The graph as a file holds it, or, where libhdf5 is not installed, as it would.
    private static func file(_ export: NIRExport) throws -> [String: HDF5Object] {
        let folder = try TemporaryDirectory()
        do {
            let report = try export.write(to: folder.file("net.nir"))
            #expect(report.files == [folder.file("net.nir")] && report.format == "NIR" && report.notes == export.notes)
            return try HDF5File.read(folder.file("net.nir"))
        } catch let error as FormatError where error.code == .libraryMissing {
            return export.graph.objects
        }
    }

    private static func metadata(_ file: [String: HDF5Object]) throws -> [String: HDF5Object] {
        guard case .group(let graph)? = file["node"], case .group(let metadata)? = graph["metadata"] else { throw CocoaError(.coderReadCorrupt) }
        return metadata
    }

    /// Runs both, and compares spikes by layer and step, and the answers.
    private func compare(_ network: SpikingNetwork, _ images: Tensor, pools: NIRExport.Pools = .sum, timeSteps: Int = 12) throws -> NIRExport {
        let export = try NIRExport(network, pools: pools)
        let file = try Self.file(export)
        #expect(file == export.graph.objects)
        var simulation = try NIRSimulation(file)
        try simulation.run(images, timeSteps: timeSteps)
        var session = Session(try Program(network, timeSteps: timeSteps))
        let expected = try session.run([network.graph[network.graph.inputs[0]].name: images])

        let metadata = try Self.metadata(file)
        guard case .group(let names)? = metadata["names"] else { throw CocoaError(.coderReadCorrupt) }
        #expect(simulation.spikes.count == expected.spikes.count)
        var silent = 0
        for (node, counts) in simulation.spikes {
            guard case .texts(_, let site)? = names[node] else { throw CocoaError(.coderReadCorrupt) }
            let own = expected.spikes[site[0]]!.map { $0.reduce(0, +) }
            let total = own.reduce(0, +)
            if total == 0 { silent += 1 }
            let apart = zip(counts, own).reduce(0) { $0 + abs($1.0 - $1.1) }
            #expect(Double(apart) <= Self.countTolerance * Double(total), "\(site[0]): \(counts) and \(own)")
        }
        #expect(silent <= 1, "layers that send nothing hold nothing")
        var scale: Float = 1
        if case .group(let scales)? = metadata["output_scale"], case .floats(let factor)? = scales["output"] { scale = factor.values[0] }
        var sums = [Float](repeating: 0, count: expected.outputs.values[0].count / timeSteps)
        for step in 0..<timeSteps {
            sums = zip(sums, simulation.outputs["output"]![step].flatMap(\.self)).map { $0 + scale * $1 }
            let estimates = expected.outputs.values[0].rows(step..<step + 1).values
            let size = estimates.reduce(0) { max($0, abs($1)) }
            let apart = zip(sums, estimates).count { abs($0 / Float(step + 1) - $1) > Self.outputTolerance * size }
            #expect(Double(apart) <= 0.01 * Double(estimates.count), "step \(step + 1): \(apart) of \(estimates.count) outputs")
        }
        return export
    }

    private static func images() throws -> Tensor { try NpzArchive(path: Fixture.path("digits-cnn/test.npz")).array("x").tensor.rows(0..<40) }

    @Test(
        arguments: [
            "rueckauer:reset=zero", "rueckauer", "opi", "rueckauer:readout=spikes", "rueckauer:pool-neurons=yes", "rueckauer:bound=neuron-maximum",
            "spike-norm:input-coding=analog:beyond-paper=yes:calibration-steps=50",
        ], NIRExport.Pools.allCases)
    func spikesAreThoseOfTheNetwork(_ label: String, _ pools: NIRExport.Pools) throws {
        let export = try compare(try Self.network(label), Self.images(), pools: pools)
        let text = export.notes.joined(separator: " ")
        let subtracts = label != "rueckauer:reset=zero" && !label.hasPrefix("spike-norm")
        #expect(export.rating == (subtracts ? .approximate : .faithful))
        #expect(export.graph.version == (subtracts ? "1.0.5" : "1.0.8"))
        #expect(text.contains("reset by subtraction") == subtracts && text.contains("v_reset = 0") == !subtracts)
        #expect(text.contains("begin with a membrane potential") == (label == "opi"))
        let types = Set(export.graph.nodes.values.map(\.type))
        #expect(types.contains(pools == .sum ? "SumPool2d" : "AvgPool2d") && !types.contains(pools == .sum ? "AvgPool2d" : "SumPool2d"))
    }

    /// Two layers that are added up, one of them the neurons of the layer before, with channels and thresholds of different sizes.
    @Test(arguments: [Reset.zero, .subtraction]) func branchesJoin(_ reset: Reset) throws {
        var random = SeededGenerator(seed: 5)
        var builder = GraphBuilder()
        let x = try builder.input("x", shape: [.batch, 3, 6, 6])
        func convolution(_ name: String, _ value: NodeID, _ shape: Shape, groups: Int = 1) throws -> NodeID {
            let weight = try builder.constant(name + ".weight", random.normalTensor(shape))
            return try builder.add(name, .convolution(Convolution(stride: [1, 1], padding: [[1, 1], [1, 1]], groups: groups)), [value, weight])
        }
        func neurons(_ name: String, _ value: NodeID) throws -> NodeID { try builder.add(name, .neuron(NeuronSite()), [value]) }
        let first = try neurons("first", try convolution("c/1", x, [4, 3, 3, 3]))
        let scales = try builder.constant("scales", Tensor([4, 1, 1], [0.5, 2, 1, 3]))
        let scaled = try builder.add("scaled", .elementwise(Elementwise(.multiply)), [first, scales])
        let second = try neurons("second", try convolution("c/2", scaled, [4, 2, 3, 3], groups: 2))
        let sum = try builder.add("sum", .elementwise(Elementwise(.add)), [second, scaled])
        let third = try neurons("third", try convolution("c_2", sum, [4, 4, 3, 3]))
        let mean = try builder.add("mean", .reduction(Reduction(.mean, axes: [2, 3])), [third])
        let head = try builder.constant("head.weight", random.normalTensor([5, 4]))
        builder.output("y", try builder.add("output", .linear(Linear()), [mean, head]))
        func layer(_ threshold: Float, worth amplitude: Float? = nil, strict: Bool = false) -> NeuronLayer {
            var neuron = IntegrateAndFireNeuron(threshold: threshold, reset: reset)
            (neuron.amplitude, neuron.isStrict) = (amplitude, strict)
            return NeuronLayer(neuron)
        }
        let network = try SpikingNetwork(
            graph: try builder.build(), coding: .rate,
            neurons: ["first": layer(1.5), "second": layer(2, worth: 1.75), "third": layer(3, strict: true)], provenance: SampleNetworks.provenance)
        let export = try compare(network, random.normalTensor([6, 3, 6, 6]))
        #expect(export.graph.nodes.values.count { $0.type == "Scale" } == 2)
        #expect(Set(export.graph.nodes.keys).isSuperset(of: ["input", "output", "first", "c_1", "c_2", "c_2_2", "output_2"]))
    }

    // MARK: What NIR cannot say

    private func refusals(_ network: SpikingNetwork) -> [String: String] {
        let error = #expect(throws: ExportError.self) { try NIRExport(network) }
        return Dictionary((error?.nodes ?? []).map { ($0.name, $0.reason) }, uniquingKeysWith: { first, _ in first })
    }

    /// A Transformer is refused with all of its nodes at once, whatever they read.
    @Test func aTransformerIsRefusedNodeByNode() throws {
        let found = refusals(try DigitsConversion.network("ecmt"))
        for block in 0..<4 {
            #expect(found.keys.contains { $0.hasPrefix("blocks.\(block).") && found[$0]!.contains("layerNormalization") })
            #expect(found.keys.contains { $0.hasPrefix("blocks.\(block).") && found[$0]!.contains("softmax") })
            #expect(found["blocks.\(block).mlp.fc2.in"]?.contains("'multi-threshold'") == true)
        }
        #expect(found.count > 60)
        let differential = refusals(try DigitsConversion.network("differential"))
        #expect(differential["network"]?.contains("differentially") == true && differential.count == found.count + 1)
    }

    @Test func whatNeuronsCannotDoIsSaid() throws {
        #expect(refusals(try Self.network("rueckauer:input-coding=poisson")).values.contains { $0.contains("analog input") })
        #expect(refusals(try Self.network("burst")).values.contains { $0.contains("'burst'") })
        #expect(
            refusals(try Self.network("spike-norm:input-coding=analog:beyond-paper=yes:calibration-steps=50:late=yes")).values.contains {
                $0.contains("a step later")
            })
    }
}
