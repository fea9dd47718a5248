import Foundation
import Testing
import Volley
import VolleyTestSupport

/// What a conversion says of itself: the new network beside its ANN on some of the calibration samples.
@Suite struct FidelityTests {
    /// Sums of squares in double precision, taken in another order.
    private static let tolerance = 1e-9

    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    /// Converts a graph on random arrays for its inputs.
    private func convert(
        _ graph: Graph, samples: Int, method: MultiThreshold = .differential, threads: Int = 1, batchSize: Int? = 128
    ) throws -> (network: SpikingNetwork, diagnostics: [Diagnostic], inputs: [String: Tensor]) {
        let inputs = SampleGraphs.inputs(for: graph, batch: samples, seed: 11)
        let path = folder.file("in.npz")
        try NpzArchive.write(inputs.sorted { $0.key < $1.key }.map { ($0.key, .float32($0.value)) }, to: path)
        let arrays = try NamedArrays(path: path, for: graph)
        let conversion = Conversion(
            of: Model(graph: graph, architecture: "test", weightFiles: []), method: method,
            calibrating: .init(.arrays(arrays), batchSize: batchSize), threads: threads)
        var diagnostics: [Diagnostic] = []
        let network = try conversion.run { diagnostics.append($0) }
        return (network, diagnostics, inputs)
    }

    private static func linear(
        _ name: String, _ value: NodeID, _ inputs: Int, _ outputs: Int, in builder: inout GraphBuilder
    ) throws -> NodeID {
        var random = SeededGenerator(seed: UInt64(inputs * 100 + outputs))
        let weight = try builder.constant(name + ".weight", Tensor([outputs, inputs], (0..<inputs * outputs).map { _ in random.normal() }))
        return try builder.add(name, .linear(Linear()), [value, weight])
    }

    private func error(_ run: ArrayRun, _ output: String, step: Int) throws -> Double {
        func values(_ name: String) throws -> [Float] {
            guard case .float32(let tensor)? = run.arrays.first(where: { $0.0 == name })?.1 else { throw CocoaError(.keyValueValidation) }
            return tensor.values
        }
        let ann = try values(output + ".ann"), all = try values(output)
        let estimates = all[(step - 1) * ann.count..<step * ann.count]
        let difference = zip(estimates, ann).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
        let norm = ann.reduce(0.0) { $0 + Double($1) * Double($1) }
        return norm == 0 ? difference : (difference / norm).squareRoot()
    }

    @Test func aTrainedClassifierOnSamplesSpreadOverAll() throws {
        let model = try Model.load(Fixture.path("digits-vit"))
        let data = Fixture.path("digits-vit/calibration.npz")
        let images = try NpzArchive(path: data).array("x").tensor
        let chosen = Tensor.concatenatingRows((0..<64).map { images.rows($0 * images.shape[0] / 64..<$0 * images.shape[0] / 64 + 1) })
        for method in MultiThreshold.all {
            let network = try Conversion(of: model, method: method, calibrating: .init(try Dataset.open(data)), threads: 2).run()
            let fidelity = try #require(network.fidelity)
            #expect(fidelity.samples == 64 && fidelity.steps.map(\.step) == [1, 2, 4, 8] && fidelity.follows)
            let run = try ArrayRun(network, inputs: ["input": chosen], timeSteps: 8, threads: 1)
            guard case .float32(let estimates) = run.arrays[0].1, case .float32(let ann) = run.arrays[1].1 else { return }
            var session = Session(try Program(network, timeSteps: 8))
            let counts = try session.run(["input": chosen]).steps
            for step in fidelity.steps {
                let found = try #require(step.error)
                let expected = try error(run, "logits", step: step.step)
                #expect(abs(found - expected) <= Self.tolerance)
                let answers = Tensor([64, 10], Array(estimates.values[(step.step - 1) * 640..<step.step * 640])).argmaxOfRows()
                #expect(step.agreement == Double(zip(answers, ann.argmaxOfRows()).count { $0 == $1 }) / 64)
                var total = OperationCounts()
                counts[..<step.step].forEach { total += $0 }
                #expect(step.energy == EnergyRatios(total, dense: SynapseMap(network.graph).dense, samples: 64).exact)
            }
            let agreement = try #require(fidelity.steps.last?.agreement)
            #expect(agreement > 0.9)
            // It stands in the file, and in what is shown of it.
            try network.write(to: folder.file("net.volley"))
            let read = try SpikingNetwork(contentsOf: folder.file("net.volley"))
            #expect(read == network && read.fidelity == fidelity)
            let summary = NetworkSummary(read.graph, network: read)
            #expect(summary.fidelity == fidelity && summary.text.contains(fidelity.text))
        }
    }

    @Test func anyNetworkWithAnyNumberOfThreads() throws {
        for (name, graph) in try SampleGraphs.all() where name != "text" && name != "windows" {
            let (network, _, inputs) = try convert(graph, samples: 10)
            let fidelity = try #require(network.fidelity)
            #expect(fidelity.samples == 10)
            #expect(try convert(graph, samples: 10, threads: 3).network.fidelity == fidelity, "\(name)")
            let run = try ArrayRun(network, inputs: inputs, timeSteps: 8, threads: 1)
            for step in fidelity.steps {
                let largest = try graph.outputs.map { try error(run, $0.name, step: step.step) }.max()!
                let found = try #require(step.error)
                #expect(abs(found - largest) <= Self.tolerance, "\(name)")
            }
            let isClassifier = graph.outputs.count { graph[$0.value].shape.rank == 2 } == 1
            #expect(fidelity.steps.allSatisfy { ($0.agreement != nil) == isClassifier })
        }
    }

    /// Similarities of all samples with all: they cannot be told apart, so the check runs on them together, and prices them together.
    @Test func aNetworkThatRelatesItsSamples() throws {
        var builder = GraphBuilder()
        let input = try builder.input("input", shape: [.batch, 12])
        let first = try Self.linear("first", input, 12, 16, in: &builder)
        let second = try Self.linear("second", first, 16, 16, in: &builder)
        let turned = try builder.add("turned", .transpose(Transpose([1, 0])), [second])
        builder.output("similarity", try builder.add("product", .matrixProduct(MatrixProduct()), [second, turned]))
        let graph = try builder.build()
        let (network, _, inputs) = try convert(graph, samples: 6)
        let run = try ArrayRun(network, inputs: inputs, timeSteps: 8, threads: 1)
        let fidelity = try #require(network.fidelity)
        #expect(fidelity.samples == 6 && fidelity.steps.allSatisfy { $0.agreement == nil })
        let found = try #require(fidelity.steps[3].error), expected = try error(run, "similarity", step: 8)
        #expect(abs(found - expected) <= Self.tolerance)
        let counts = try SynapseCount.steps(of: network, inputs, timeSteps: 8)
        var spent = 0.0
        for (index, count) in counts.enumerated() {
            spent += 0.9 * Double(count.accumulates) + 4.6 * Double(count.analogMultiplyAccumulates)
            let ratio = spent / (4.6 * Double(6 * 12 * 16 + 6 * 16 * 16 + 6 * 6 * 16))
            if let step = fidelity.steps.first(where: { $0.step == index + 1 }) { #expect(abs(step.energy - ratio) <= Self.tolerance * ratio) }
        }
    }

    @Test func withoutCalibrationOrWithoutWishThereIsNone() throws {
        let model = try Model.load(Fixture.path("digits-vit"))
        let thresholds = try ThresholdFile.read(Fixture.path("digits-vit/thresholds.json"))
        var explicit = MultiThreshold.ecmt
        explicit.thresholds = thresholds
        #expect(try Conversion(of: model, method: explicit).run().fidelity == nil)
        var conversion = Conversion(
            of: model, calibrating: .init(try Dataset.open(Fixture.path("digits-vit/calibration.npz")), limit: 10))
        conversion.checksFidelity = false
        #expect(try conversion.run().fidelity == nil)
        conversion.checksFidelity = true
        #expect(try conversion.run().fidelity?.samples == 10)
        // Samples that thresholds are not taken from still show how the network follows.
        conversion.method = explicit
        let network = try conversion.run()
        #expect(network.fidelity?.samples == 10 && network.provenance.calibrationCount == nil)
    }

    /// A site that is never active, or has no elements at all, is a silent site.
    @Test(arguments: MultiThreshold.all) func silentSites(method: MultiThreshold) throws {
        for length in [4, 0] {
            var builder = GraphBuilder()
            let input = try builder.input("input", shape: [.batch, 6])
            let first = try Self.linear("first", input, 6, 8, in: &builder)
            let part = try builder.add("part", .slice(Slicing(axis: 1, start: 0, length: length)), [first])
            let zero = try builder.constant("zero", Tensor(scalar: 0))
            let silent = try builder.add("silent", .elementwise(Elementwise(.multiply)), [part, zero])
            builder.output("silent.out", try Self.linear("second", silent, length, 3, in: &builder))
            builder.output("out", try Self.linear("third", first, 8, 3, in: &builder))
            var method = method
            method.spikingHead = true
            let (network, diagnostics, inputs) = try convert(try builder.build(), samples: 5, method: method)
            #expect(diagnostics.contains { $0.message.contains("never fire") }, "\(length): \(diagnostics)")
            let run = try ArrayRun(network, inputs: inputs, timeSteps: 8, threads: 2)
            #expect(try error(run, "silent.out", step: 8) == 0)
        }
    }
}
