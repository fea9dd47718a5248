import Foundation
import OrderedCollections
import Testing
import VolleyGraph
import VolleySimulation
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// What must hold for every family of neurons. Its tests give a trace worked out by hand and layers to put into networks.
struct NeuronConformance {
    /// Sums of some dozens of currents in 32-bit floats.
    private static let roundingTolerance = 1e-5
    private static let timeSteps = 4

    /// The currents of a trace, and what follows from them.
    struct Trace {
        var model: any NeuronModel
        var currents: [Float]
        /// The codes that are sent, and `v(t)`.
        var codes: [Int8]
        var potentials: [Float]
    }

    var traces: [Trace]
    /// Layers for activations of about this size, and the codings under which they are possible.
    var layers: [(make: (_ size: Float) -> any NeuronModel, codings: [Coding])]
    /// Whether what is sent is all that leaves a membrane.
    var isSubtractive = true

    func check() throws {
        for trace in traces { check(trace) }
        for (make, codings) in layers {
            let layer = Self.layer(make(1))
            checkAlphabet(layer)
            if isSubtractive { checkCharge(layer) }
            for coding in codings {
                #expect(layer.model.problem(coding) == nil)
                var compared = 0
                let graphs = try SampleGraphs.all()
                for (name, graph) in graphs {
                    let network = try SampleNetworks.network(graph, coding: coding) { Self.layer(make($0)) }
                    compared += try checkSimulators(network, name) ? 1 : 0
                    try checkCounts(network, name)
                }
                #expect(3 * compared >= 2 * graphs.count, "most networks send the same spikes")
                try checkFile(try SampleNetworks.network(try SampleGraphs.transformer(depth: 1), coding: coding) { Self.layer(make($0)) })
            }
        }
    }

    private static func layer(_ model: any NeuronModel) -> NeuronLayer { NeuronLayer(model) }

    private func check(_ trace: Trace) {
        // Several neurons do the same, each by itself.
        var neurons = Self.layer(trace.model).population(3)
        for (index, current) in trace.currents.enumerated() {
            let (codes, broken) = neurons.step([current, current, current], time: index + 1)
            #expect(codes == Array(repeating: trace.codes[index], count: 3), "\(trace.model), step \(index + 1)")
            #expect(neurons.potentials == Array(repeating: trace.potentials[index], count: 3), "\(trace.model), step \(index + 1)")
            #expect(broken == 0)
        }
        #expect(neurons.step([.nan, 0, .infinity], time: trace.currents.count + 1).broken == 2)
    }

    private func checkAlphabet(_ layer: NeuronLayer) {
        let alphabet = layer.alphabet
        #expect(!layer.isSilent && alphabet.values.contains { $0 != 0 })
        guard let whole = alphabet.wholeNumbers else { return }
        for (value, rounded) in zip(alphabet.values, whole.values) {
            #expect(abs(Double(rounded - value)) <= (whole.error + 1e-6) * Double(abs(value)))
        }
    }

    /// `v(t) = v(0) + Σ I(i) − Σ x(i)`, by its own sums in double precision.
    private func checkCharge(_ layer: NeuronLayer) {
        let count = 50
        var neurons = layer.population(count)
        var random = SeededGenerator(seed: 3)
        var expected = neurons.potentials.map(Double.init)
        var (size, spikes) = (1.0, 0)
        for step in 1...40 {
            let currents = random.normalTensor([count]).values
            let codes = neurons.step(currents, time: step).codes
            for index in 0..<count {
                let value = codes[index] == 0 ? 0 : layer.alphabet.values[layer.alphabet.codes.firstIndex(of: codes[index])!]
                expected[index] += Double(currents[index]) - Double(value)
                size = max(size, abs(expected[index]))
                spikes += codes[index] == 0 ? 0 : 1
            }
            for (found, expected) in zip(neurons.potentials, expected) {
                #expect(abs(Double(found) - expected) <= Self.roundingTolerance * size, "\(layer.model), step \(step)")
            }
        }
        #expect(spikes > count, "the neurons fire")
    }

    /// The engine against the equations, in both orders and with several threads.
    /// - Returns: whether they could be compared: a membrane potential within a rounding error of a cut-off may send another spike.
    private func checkSimulators(_ network: SpikingNetwork, _ name: String) throws -> Bool {
        let inputs = SampleGraphs.inputs(for: network.graph, batch: 2, seed: 7)
        let expected = try ReferenceSimulator(network, timeSteps: Self.timeSteps).run(inputs)
        let program = try Program(network, timeSteps: Self.timeSteps)
        let bits = try ParallelSimulator(program, threads: 1).run(inputs)
        for (order, threads) in [(Session.Order.stepSequential, 1), (.layerSequential, 2)] {
            let found = try ParallelSimulator(program, threads: threads, order: order).run(inputs)
            #expect(found.outputs == bits.outputs && found.spikes == bits.spikes && found.steps == bits.steps, "\(name), \(order)")
        }
        #expect(expected.steps.contains { $0.spikes > 0 }, "\(name): the neurons fire")
        guard bits.spikes == expected.spikes else { return false }
        for (output, tensor) in expected.outputs {
            let difference = Difference(bits.outputs[output], tensor)
            #expect(difference.relative <= SessionTests.tolerance, "\(name): \(output): \(difference)")
        }
        #expect(bits.steps == expected.steps, "\(name)")
        return true
    }

    private func checkCounts(_ network: SpikingNetwork, _ name: String) throws {
        let inputs = SampleGraphs.inputs(for: network.graph, batch: 2, seed: 7)
        let expected = try SynapseCount.steps(of: network, inputs, timeSteps: Self.timeSteps)
        let found = try ReferenceSimulator(network, timeSteps: Self.timeSteps).run(inputs).steps
        #expect(SynapseCount.difference(found, expected) == nil, "\(name)")
    }

    private func checkFile(_ network: SpikingNetwork) throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("network.volley")
        try network.write(to: path)
        let found = try SpikingNetwork(contentsOf: path)
        #expect(found.neurons == network.neurons && found.coding == network.coding)
        #expect(found == network)
    }
}
