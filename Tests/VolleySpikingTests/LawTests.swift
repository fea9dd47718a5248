import Testing
import VolleyGraph
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// What must hold for every network: expectation compensation is exact, charge is conserved.
@Suite struct LawTests {
    /// Sums of eight terms of either sign, divided by differences of the step number: a few units of float rounding.
    static let roundingTolerance: Float = 2e-4

    private static let timeSteps = 6

    /// Everything that every node carried, `[step][node]`.
    private func currents(_ network: SpikingNetwork) throws -> [[Tensor?]] {
        var all = Array(
            repeating: [Tensor?](repeating: nil, count: network.graph.nodes.count), count: Self.timeSteps)
        _ = try ReferenceSimulator(network, timeSteps: Self.timeSteps).run(
            SampleGraphs.inputs(for: network.graph, batch: 2, seed: 11)
        ) { step, node, current in all[step - 1][node] = current }
        return all
    }

    @Test func meanOfCompensatedOutputsIsTheFunctionOfMeanInputs() throws {
        for (name, graph) in try SampleGraphs.all() {
            let network = try SampleNetworks.network(graph, coding: .rate)
            let currents = try currents(network)
            let kinds = network.graph.kinds(timeVarying: network.graph.isTimeVarying)
            let executable = Executable(network.graph)
            let statics = try staticValues(network)
            var checked = 0
            for (id, node) in network.graph.nodes.enumerated() where [.nonlinear, .bilinear].contains(kinds[id]) {
                for step in 1...Self.timeSteps {
                    let inputs = node.inputs.map { input in
                        currents[0][input] == nil ? statics[input]! : mean(currents, input, step)
                    }
                    var expected = Tensor(node.shape.resolved(batch: 2))
                    executable.evaluate(id, inputs, into: &expected)
                    let difference = Difference(mean(currents, id, step), expected)
                    #expect(
                        difference.absolute <= Self.roundingTolerance * max(1, difference.scale), "\(name), \(node.name), step \(step): \(difference)"
                    )
                    checked += 1
                }
            }
            #expect(checked > 0 || name == "convolutional", "\(name) has compensated operators")
        }
    }

    @Test(
        arguments: [
            (.rate, .subtraction, 0), (.rate, .subtraction, 0.5), (.rate, .zero, 0), (.rate, .zero, 0.25), (.differential, .subtraction, 0),
            (.differential, .subtraction, -0.25),
        ] as [(Coding, Reset, Float)])
    func chargeIsConserved(coding: Coding, reset: Reset, initialPotential: Float) throws {
        for (name, graph) in try SampleGraphs.all() {
            let network = try SampleNetworks.network(graph, coding: coding, reset: reset, initialPotential: initialPotential).observingSites()
            let inputs = SampleGraphs.inputs(for: network.graph, batch: 2, seed: 11)
            let law = FiringLaw(network, try ReferenceSimulator(network, timeSteps: Self.timeSteps).run(inputs))
            #expect(law.violations.isEmpty, "\(name): \(law.violations.count) violations, the first: \(law.violations.first ?? "")")
            #expect(law.positive > 0, "\(name)")
            // Behind ReLU nothing is negative, and only corrections are.
            #expect(law.negative > 0 || coding == .rate && ["convolutional", "windows"].contains(name), "\(name)")
        }
    }

    private func staticValues(_ network: SpikingNetwork) throws -> [NodeID: Tensor] {
        var values: [NodeID: Tensor] = [:]
        let inputs = SampleGraphs.inputs(for: network.graph, batch: 2, seed: 11)
        for (id, node) in network.graph.nodes.enumerated() {
            if let constant = node.constant { values[id] = constant }
            if let input = inputs[node.name], node.content == .input { values[id] = input }
        }
        _ = try Evaluator(network.graph).run(inputs) { node, value in
            values[network.graph.node(named: node.name)!] = value
        }
        return values
    }

    private func mean(_ currents: [[Tensor?]], _ node: NodeID, _ steps: Int) -> Tensor {
        var sum = Tensor(currents[0][node]!.shape)
        for step in 0..<steps {
            for index in sum.values.indices { sum.values[index] += currents[step][node]!.values[index] }
        }
        return Tensor(sum.shape, sum.values.map { $0 / Float(steps) })
    }
}
