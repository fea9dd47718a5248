internal import VolleyGraph
internal import VolleyTensors

/// The ways from neurons to a layer through what only moves, weighs or adds spikes: changes of shape, average pools, constant factors,
/// sums. There a spike travels on to the synapses behind, once for every element that it reaches.
struct SpikeRoutes {
    let graph: Graph
    let timeVarying: [Bool]
    let samples: Int

    /// By site, how many synapses each element reaches through a value.
    /// - Parameter fanOut: how many synapses each element of the value has.
    /// - Returns: nil where something else lies on the way, so that no spikes arrive.
    func routes(to value: NodeID, fanOut: [Int]) -> [NodeID: [Int]]? {
        var found: [NodeID: [Int]] = [:]
        return add(value, fanOut, to: &found) ? found : nil
    }

    private func shape(_ id: NodeID) -> Shape { graph[id].shape.resolved(batch: samples) }

    private func add(_ id: NodeID, _ fanOut: [Int], to found: inout [NodeID: [Int]]) -> Bool {
        let node = graph[id]
        if node.isNeuronSite {
            guard node.shape.dimensions.first?.scalesWithBatch == true || samples > 1 else { return false }
            found[id] = found[id].map { zip($0, fanOut).map(+) } ?? fanOut
            return true
        }
        // What is the same at every step is weighed once.
        guard timeVarying[id], let operation = node.operation else { return true }
        switch operation {
        case .elementwise(let elementwise) where [.add, .subtract].contains(elementwise.function),
            .elementwise(let elementwise) where isScaling(node, elementwise):
            let moving = node.inputs.filter { timeVarying[$0] }
            guard moving.allSatisfy({ shape($0) == shape(id) }) else { return false }
            return moving.allSatisfy { add($0, fanOut, to: &found) }
        case .pooling(let pooling) where pooling.function == .average:
            var sums = [Int](repeating: 0, count: shape(node.inputs[0]).count)
            for (window, members) in pooling.windows(input: shape(node.inputs[0]), output: shape(id)).enumerated() {
                for member in members { sums[member] += fanOut[window] }
            }
            return add(node.inputs[0], sums, to: &found)
        case .reshape, .transpose, .slice, .concatenation, .padding, .expansion, .gather: return rearranged(node, operation, fanOut, to: &found)
        default: return false
        }
    }

    private func isScaling(_ node: Node, _ elementwise: Elementwise) -> Bool {
        elementwise.function == .multiply && !node.inputs.allSatisfy { timeVarying[$0] }
            || elementwise.function == .divide && !timeVarying[node.inputs[1]]
    }

    /// Where every element comes from shows when the operator is applied to the places of its inputs' elements.
    private func rearranged(_ node: Node, _ operation: Operator, _ fanOut: [Int], to found: inout [NodeID: [Int]]) -> Bool {
        var total = 0
        let inputs = node.inputs.map { input -> Tensor in
            let shape = shape(input)
            guard timeVarying[input] else { return graph[input].constant ?? Tensor(shape) }
            total += shape.count
            return Tensor(shape, (0..<shape.count).map { Float(total - shape.count + $0 + 1) })
        }
        guard total < 1 << 24 else { return false }
        var places = Tensor(node.shape.resolved(batch: samples))
        operation.operation.evaluate(inputs, into: &places, on: .best)
        var sums = [Int](repeating: 0, count: total + 1)
        for (element, place) in places.values.enumerated() {
            guard place >= 0, place <= Float(total), place == place.rounded() else { return false }
            sums[Int(place)] += fanOut[element]
        }
        var start = 1
        for input in node.inputs where timeVarying[input] {
            let count = shape(input).count
            guard add(input, Array(sums[start..<start + count]), to: &found) else { return false }
            start += count
        }
        return true
    }
}
