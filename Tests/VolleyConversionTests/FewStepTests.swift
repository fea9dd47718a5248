import OrderedCollections
import Testing
import VolleyConversion
import VolleyGraph
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// Dead zones that are chosen for a number of time-steps and an energy.
@Suite struct FewStepTests {
    private static let samples = 16

    private func convert(_ method: some ConversionMethod, _ graph: Graph, threads: Int = 1, pieces: Int = 1) throws -> SpikingNetwork {
        let data = SampleData(graph, samples: Self.samples, seed: 7, pieces: pieces)
        return try method.convert(graph, on: Calibration(data, threads: threads))
    }

    /// Exact energy after all steps and the relative error of the outputs, on the reference.
    private func measure(_ network: SpikingNetwork, steps: Int) throws -> (energy: Double, error: Double) {
        let simulator = try ReferenceSimulator(network, timeSteps: steps)
        let inputs = SampleGraphs.inputs(for: network.graph, batch: Self.samples, seed: 7)
        let (ann, result) = (try simulator.ann.run(inputs), try simulator.run(inputs))
        var counts = OperationCounts()
        result.steps.forEach { counts += $0 }
        var (distance, size) = (0.0, 0.0)
        for (name, values) in ann {
            for (a, b) in zip(values.values, result.outputs[name]!.values.suffix(values.count)) {
                distance += Double(a - b) * Double(a - b)
                size += Double(a) * Double(a)
            }
        }
        return (EnergyRatios(counts, dense: SynapseMap(network.graph).dense, samples: Self.samples).exact, (distance / size).squareRoot())
    }

    @Test(arguments: [1, 2, 3]) func keepsToTheBudget(steps: Int) throws {
        let graph = try SampleGraphs.transformer(depth: 2)
        var method = FewStep.fewStep
        method.steps = steps
        let free = try measure(convert(withBudget(method, 9), graph), steps: steps)
        var last = Double.infinity
        for part in [0.5, 0.7, 0.9] {
            let found = try measure(convert(withBudget(method, part * free.energy), graph), steps: steps)
            #expect(found.energy <= part * free.energy * 1.000001, "\(found.energy) of \(part * free.energy)")
            #expect(found.energy > part * free.energy * 0.8, "\(found.energy) of \(part * free.energy)")
            // More energy buys less error, and none is better than all that can be sent.
            #expect(found.error < last && found.error > 0.5 * free.error)
            last = found.error
        }
    }

    private func withBudget(_ method: FewStep, _ budget: Double) -> FewStep {
        var method = method
        method.energyBudget = budget
        return method
    }

    /// One dead zone for all sites, in units of their root mean square, is worse at the same energy.
    @Test(arguments: [0.2, 0.4]) func beatsOneDeadZoneForAll(zone: Double) throws {
        let graph = try SampleGraphs.transformer(depth: 2)
        var uniform = MultiThreshold.differential
        (uniform.stepsPerOctave, uniform.deadZones, uniform.quantile, uniform.scale) = (8, [zone], 1, 1)
        let plain = try measure(convert(uniform, graph), steps: 1)
        let chosen = try measure(convert(withBudget(.fewStep, plain.energy), graph), steps: 1)
        #expect(chosen.energy <= plain.energy * 1.000001 && chosen.error < plain.error, "\(chosen) against \(plain)")
    }

    @Test func threadsAndPiecesDoNotMatter() throws {
        let graph = try SampleGraphs.gatedMLP()
        var method = FewStep.fewStep
        method.steps = 2
        let first = try convert(method, graph)
        #expect(try convert(method, graph, threads: 3) == first)
        #expect(try convert(method, graph, threads: 2, pieces: 4) == first)
    }

    @Test func sitesHaveDeadZonesForEveryStep() throws {
        let graph = try SampleGraphs.transformer(depth: 1)
        var method = FewStep.fewStep
        method.steps = 3
        let network = try convert(method, graph)
        #expect(network.coding == .differential && network.provenance.settings["steps"] == "3")
        for layer in network.neurons.values {
            #expect(layer.multiThreshold.deadZones.count == 3 && layer.ladder.stepsPerOctave == 8)
            #expect(layer.multiThreshold.deadZones == layer.multiThreshold.deadZones.sorted(by: >))
        }
        #expect(Set(network.neurons.values.map(\.multiThreshold.deadZones)).count > 1)
    }

    @Test func impossibleBudgetsAreErrors() throws {
        let graph = try SampleGraphs.transformer(depth: 1)
        #expect { try convert(withBudget(.fewStep, 1e-9), graph) } throws: { ($0 as? ConversionError)?.setting == "energy-budget" }
        for (name, text) in [("energy-budget", "0"), ("energy-budget", "nan"), ("energy-budget", "much"), ("steps", "0"), ("steps", "17")] {
            var method = FewStep.fewStep
            #expect(throws: ConversionError.self) { try method.set(name, to: text) }
        }
    }
}
