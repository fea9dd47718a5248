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
        _ = try ReferenceSimulator(network).run(
            SampleGraphs.inputs(for: network.graph, batch: 2, seed: 11), timeSteps: Self.timeSteps
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
                    let difference = largestDifference(mean(currents, id, step), expected)
                    #expect(difference.absolute <= Self.roundingTolerance * max(1, difference.scale), "\(name), \(node.name), step \(step)")
                    checked += 1
                }
            }
            #expect(checked > 0 || name == "convolutional", "\(name) has compensated operators")
        }
    }

    @Test func chargeIsConserved() throws {
        let network = try SampleNetworks.network(try SampleGraphs.transformer(), coding: .rate)
        let currents = try currents(network)
        let statics = try staticValues(network)
        for (id, node) in network.graph.nodes.enumerated() {
            guard let layer = network.layer(at: id) else { continue }
            // Every spike is the one that the membrane potential calls for, and v(T) − v(0) = Σ I − Σ x.
            var potential = Tensor(node.shape.resolved(batch: 2))
            for step in 0..<Self.timeSteps {
                let input = currents[step][node.inputs[0]] ?? statics[node.inputs[0]]!
                for index in potential.values.indices {
                    let membrane = potential.values[index] + input.values[index]
                    let sent = currents[step][id]!.values[index]
                    #expect(sent == layer.fire(membrane)?.value ?? 0)
                    potential.values[index] = membrane - sent
                }
            }
            let received = (0..<Self.timeSteps).map { currents[$0][node.inputs[0]] ?? statics[node.inputs[0]]! }
            for index in potential.values.indices {
                let charge = received.reduce(0) { $0 + $1.values[index] }
                let sent = (0..<Self.timeSteps).reduce(Float(0)) { $0 + currents[$1][id]!.values[index] }
                #expect(abs(potential.values[index] - (charge - sent)) <= Self.roundingTolerance * max(1, abs(charge)))
            }
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

    private func largestDifference(_ left: Tensor, _ right: Tensor) -> (absolute: Float, scale: Float) {
        (zip(left.values, right.values).map { abs($0 - $1) }.max() ?? 0, right.values.map(abs).max() ?? 0)
    }
}
