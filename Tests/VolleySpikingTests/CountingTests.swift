import OrderedCollections
import Testing
import VolleyGraph
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// Synaptic operations against a count, spike by spike, of what it reaches.
@Suite struct CountingTests {
    private static let timeSteps = 4
    private static let batch = 2

    @Test func countsAreThoseOfBruteForce() throws {
        for (name, graph) in try SampleGraphs.all() {
            let network = try SampleNetworks.network(graph, coding: .rate)
            let inputs = SampleGraphs.inputs(for: network.graph, batch: Self.batch, seed: 21)
            var currents: [[NodeID: Tensor]] = Array(repeating: [:], count: Self.timeSteps)
            let result = try ReferenceSimulator(network).run(inputs, timeSteps: Self.timeSteps) { step, node, current in
                currents[step - 1][node] = current
            }
            for step in 0..<Self.timeSteps {
                let counted = Self.bruteForce(network.graph, currents, step)
                #expect(result.steps[step].accumulates == counted.exact, "\(name), step \(step + 1)")
                #expect(result.steps[step].paperAccumulates - Self.analog(network.graph) == counted.paper, "\(name), step \(step + 1)")
                #expect(result.steps[step].spikes == result.spikes.values.reduce(0) { $0 + Int($1[step].reduce(0, +)) })
            }
        }
    }

    @Test func everythingFiringCostsWhatTheANNCosts() throws {
        // One accumulate per multiply-accumulate, borders included, when every input of a layer is a spike.
        let graph = try SampleGraphs.convolutional()
        let network = try SampleNetworks.network(graph, coding: .rate)
        let map = SynapseMap(network.graph)
        var counter = SynapseCounter(map, batch: 1, timeSteps: 1)
        for (id, node) in network.graph.nodes.enumerated() where network.layer(at: id) != nil {
            let ones = Tensor(node.shape.perSample, repeating: 1)
            counter.record(site: id, step: 1, emitted: ones, sent: ones, spikes: ones.count)
        }
        let counts = counter.finish()[0]
        #expect(counts.accumulates + counts.analogMultiplyAccumulates == map.dense.multiplyAccumulates)
    }

    @Test func energyByHand() {
        var counts = OperationCounts()
        counts.accumulates = 1000
        counts.paperAccumulates = 1500
        counts.analogMultiplyAccumulates = 100
        counts.neuronUpdates = 50
        counts.nonlinearElements = 10
        counts.scalings = 20
        var dense = DenseCosts()
        dense.multiplyAccumulates = 600
        dense.paperMultiplyAccumulates = 500
        dense.nonlinearElements = 5
        let ratios = EnergyRatios(counts, dense: dense, samples: 2)
        #expect(abs(ratios.paper - 1350.0 / 4600) < 1e-12)
        #expect(abs(ratios.exact - 1360.0 / 5520) < 1e-12)
        let spiking: Double = 900 + 460 + 90 + 460 + 74
        let ann: Double = 2760 + 230
        #expect(abs(ratios.full - spiking / (2 * ann)) < 1e-12)
    }

    /// Multiply-accumulates of layers that see analog values at every step: counted by the paper as if all inputs were spikes.
    private static func analog(_ graph: Graph) -> Int {
        let varying = graph.isTimeVarying
        return zip(graph.nodes, graph.multiplyAccumulates).reduce(0) { sum, entry in
            let (node, cost) = entry
            guard cost > 0, node.inputs.contains(where: { varying[$0] }),
                !node.inputs.contains(where: { graph[$0].operation?.name == "neuron" })
            else { return sum }
            return sum + cost * batch
        }
    }

    /// Walks over every multiplication of every layer behind neurons.
    private static func bruteForce(_ graph: Graph, _ currents: [[NodeID: Tensor]], _ step: Int) -> (exact: Int, paper: Int) {
        var total = (exact: 0, paper: 0)
        func sums(_ node: NodeID, through step: Int) -> Tensor {
            var sum = Tensor(currents[0][node]!.shape)
            for earlier in 0..<max(0, step) {
                for index in sum.values.indices { sum.values[index] += currents[earlier][node]!.values[index] }
            }
            return sum
        }
        for node in graph.nodes where node.inputs.contains(where: { graph[$0].operation?.name == "neuron" }) {
            switch node.operation {
            case .linear, .convolution:
                let operation = node.operation!.operation
                let weight = graph[node.inputs[1]].constant!
                let mask = currents[step][node.inputs[0]]!
                let spikes = Tensor(mask.shape, mask.values.map { $0 != 0 ? 1 : 0 })
                // Counting is the layer itself with every weight 1 and every spike 1.
                var reached = Tensor(node.shape.resolved(batch: batch))
                let ones = Tensor(weight.shape, repeating: 1)
                operation.evaluate([spikes, ones], into: &reached, on: Kernels.available[0])
                let count = reached.values.reduce(0) { $0 + Int($1) }
                total = (total.exact + count, total.paper + count)
            case .matrixProduct, .elementwise:
                let (a, b) = (node.inputs[0], node.inputs[1])
                let (now, other) = (currents[step][a]!, currents[step][b]!)
                func meet(_ left: Tensor, _ right: Tensor) -> Int {
                    var product = Tensor(node.shape.resolved(batch: batch))
                    node.operation!.operation.evaluate(
                        [left, right].map { Tensor($0.shape, $0.values.map { $0 != 0 ? 1 : 0 }) }, into: &product,
                        on: Kernels.available[0])
                    return product.values.reduce(0) { $0 + Int($1) }
                }
                let both = meet(now, other)
                total.exact += both + meet(now, sums(b, through: step)) + meet(sums(a, through: step), other)
                total.paper += both + meet(now, sums(b, through: step + 1)) + meet(sums(a, through: step + 1), other)
            default:
                break
            }
        }
        return total
    }
}
