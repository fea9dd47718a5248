import Foundation
import Testing
import Volley
import VolleyTestSupport

/// Against what the methods' own programs compute on small trained networks (Fixtures/methods).
///
/// The samples are those on which the programs found no spike to be decided by rounding.
@Suite struct MethodGoldenTests {
    /// Of the size of the outputs: sums in another order.
    private static let outputTolerance: Float = 1e-4
    /// Relative; of single neurons, whose folded batch normalisation rounds in the size of the layer, relative to that too.
    private static let thresholdTolerance: Float = 1e-5
    /// Programs in which sums meet thresholds exactly, so that another order of sums may send another spike; and of how many spikes it may.
    static let withTies: Set = ["diehl-model-conv", "rmp-lab-plain"]
    private static let countTolerance: Float = 1e-3

    struct Golden: Decodable {
        var model: String
        var method: String
        /// `--name value`, `--switch`, `--no-switch`, as the command has them.
        var settings: [String]
        var steps: Int
        var probe: Int
        var feeding: Int
        var layers: [String]
        /// What one of the expected outputs is worth.
        var outputUnit: Float?
        /// Bounds that cannot be had from the calibration samples.
        var stated: [[Double]]?
    }

    static let names = try! FileManager.default.contentsOfDirectory(atPath: Fixture.path("methods"))
        .filter { $0.hasSuffix(".json") && $0 != "MANIFEST.json" }.map { String($0.dropLast(5)) }.sorted()

    let folder = Fixture.path("methods") + "/"

    func golden(_ name: String) throws -> Golden {
        try JSONDecoder().decode(Golden.self, from: Data(contentsOf: URL(filePath: folder + name + ".json")))
    }

    /// The method as its settings have it.
    func method(_ golden: Golden) throws -> RateConversion {
        var method = try #require(try ConversionMethods.named(golden.method) as? RateConversion)
        let known = Dictionary(uniqueKeysWithValues: method.settingValues.map { ($0.name, $0) })
        var rest = golden.settings[...]
        while let word = rest.popFirst() {
            let name = String(word.dropFirst(2))
            if let setting = known[name] {
                let value = setting.isSwitch ? "true" : rest.popFirst()
                try method.set(name, to: #require(value))
            } else {
                try method.set(String(name.dropFirst(3)), to: "false")
            }
        }
        return method
    }

    func network(_ golden: Golden) throws -> SpikingNetwork {
        let model = try Model.load(folder + golden.model)
        var method = try method(golden)
        var calibration: CalibrationSet? = .init(try Dataset.open(folder + "calibration.npz"), batchSize: nil)
        if let stated = golden.stated {
            let names = try #require(siteNames(try PlaceActivationNeurons(pools: method.poolNeurons).apply(to: model.graph).graph))
            #expect(names.count == stated.count)
            method.thresholds = Dictionary(uniqueKeysWithValues: zip(names, stated))
            calibration = nil
        }
        var conversion = Conversion(of: model, method: method, calibrating: calibration)
        conversion.checksFidelity = false
        return try conversion.run()
    }

    private func siteNames(_ graph: Graph) -> [String]? { SpikingNetwork.sites(of: graph) }

    /// λ of a site: one number, or one for each neuron.
    private func bounds(_ network: SpikingNetwork, _ site: String) throws -> [Float] {
        if let scales = network.graph.node(named: site + ".scales") { return network.graph[scales].constant!.values }
        let model = network.neurons[site]!.model
        return switch model {
        case let neuron as IntegrateAndFireNeuron: [neuron.threshold]
        case let neuron as SignedNeuron: [neuron.threshold]
        case let neuron as MaskedNeuron: [neuron.threshold]
        case let neuron as BurstNeuron: [neuron.threshold]
        default: throw CocoaError(.featureUnsupported)
        }
    }

    @Test(arguments: names) func agrees(name: String) throws {
        let golden = try golden(name)
        let archive = try NpzArchive(path: folder + name + ".npz")
        let network = try network(golden)
        let sites = network.neurons.filter { $0.value.family != InputNeuron.family }.map(\.key)
        try #require(sites.count == golden.layers.count)
        for (index, site) in sites.enumerated() {
            let (expected, found) = (try archive.array("threshold/\(index)").tensor.values, try bounds(network, site))
            try #require(found.count == expected.count)
            let (largest, expectedCount) = (expected.max()!, expected.count)
            for (found, expected) in zip(found, expected) where expected > 0 {
                // Thresholds of single neurons are rounded to 10 bits.
                let rounding: Float = expectedCount == 1 ? 0 : 0x1p-9
                let tolerance = Self.thresholdTolerance * (expected + 0.1 * largest)
                #expect(abs(found - expected) <= tolerance + rounding * expected, "\(site): \(found), expected \(expected)")
            }
        }
        var inputs = ["x": try archive.array("x").tensor]
        if archive.names.contains("train/x") { inputs["train/x"] = try archive.array("train/x").tensor }
        let program = try Program(network, timeSteps: golden.steps)
        for simulator: any Simulator in [ParallelSimulator(program, threads: 1), try ReferenceSimulator(network, timeSteps: golden.steps)] {
            try check(name, try simulator.run(inputs), golden, archive, network, sites, "\(type(of: simulator))")
        }
    }

    private func check(
        _ name: String, _ result: SimulationResult, _ golden: Golden, _ archive: NpzArchive, _ network: SpikingNetwork, _ sites: [String],
        _ simulator: String
    ) throws {
        let expected = try archive.array("sums").tensor
        let estimates = result.outputs.values[0]
        let size = expected.values.map(abs).max()!
        let width = expected.shape.rowCount
        var worst: Float = 0
        for step in 0..<expected.shape[0] {
            let weight = Float(min(step + 1, golden.feeding)) / (golden.outputUnit ?? 1)
            for index in 0..<width {
                let found = weight * estimates.values[(golden.probe + step) * width + index]
                worst = max(worst, abs(found - expected.values[step * width + index]))
            }
        }
        #expect(worst <= Self.outputTolerance * size, "\(simulator): outputs \(worst / size)")
        var (differing, spikes) = (Float(0), Float(0))
        for (index, site) in sites.enumerated() {
            let alphabet = network.neurons[site]!.alphabet
            let worth = zip(alphabet.codes, alphabet.spikes).map { Int($0.signum()) * $1 }
            let found = result.spikes[site]!.map { zip($0, worth).reduce(0) { $0 + Int($1.0) * $1.1 } }
            let wanted = try archive.array("count/\(index)").tensor.values
            try #require(found.count == wanted.count)
            differing += zip(found, wanted).reduce(0) { $0 + abs(Float($1.0) - $1.1) }
            spikes += wanted.reduce(0) { $0 + abs($1) }
        }
        #expect(
            differing <= (Self.withTies.contains(name) ? Self.countTolerance * spikes : 0), "\(simulator): \(differing) of \(spikes) spikes differ")
    }

    @Test func everyProgramIsThere() { #expect(Self.names.count >= 35) }
}
