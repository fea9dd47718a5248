internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// How much the error of one site alone changes the outputs of a network: what the site sends at the first time-step goes on in the place of
/// its values, and everything that depends on it is computed anew.
struct OutputSensitivity: Sendable {
    /// `Σ (x̂ − x)²` of a site's values, and the sum over outputs of `‖ŷ − y‖²/‖y‖²`.
    struct Shift: Sendable {
        var own = 0.0
        var outputs = 0.0

        /// The squared relative error of the outputs per squared error of the site.
        var weight: Double { own > 0 ? outputs / own : 0 }

        static func += (sum: inout Shift, other: Shift) {
            sum.own += other.own
            sum.outputs += other.outputs
        }
    }

    private let executable: Executable
    private let sites: [NodeID]
    private let layers: [NeuronLayer]

    /// - Parameter layers: what stands at the neuron sites, in their order.
    init(_ executable: Executable, sites: [NodeID], layers: [NeuronLayer]) {
        self.executable = executable
        self.sites = sites
        self.layers = layers
    }

    /// - Returns: by site, in their order, the sums over the samples, which are taken as they are grouped.
    func shifts(on inputs: BoundInputs) -> [Shift] {
        let values = everyValue(inputs)
        let outputs = executable.graph.outputs.map(\.value)
        let squares = outputs.map { values[$0].values.reduce(0.0) { $0 + Double($1) * Double($1) } }
        return zip(sites, layers).map { site, layer in
            let sent = layer.valuesOfFirstStep(values[site])
            let after = outcome(changing: site, to: sent, values, batch: inputs.batch)
            var shift = Shift(own: distance(sent, values[site]), outputs: 0)
            for (index, output) in outputs.enumerated() where squares[index] > 0 {
                if let changed = after[output] { shift.outputs += Double(inputs.count) * distance(changed, values[output]) / squares[index] }
            }
            return shift
        }
    }

    private func distance(_ a: Tensor, _ b: Tensor) -> Double {
        var sum = 0.0
        for (x, y) in zip(a.values, b.values) { sum += (Double(x) - Double(y)) * (Double(x) - Double(y)) }
        return sum.isFinite ? sum : .greatestFiniteMagnitude
    }

    private func everyValue(_ inputs: BoundInputs) -> [Tensor] {
        let graph = executable.graph
        var values: [Tensor] = []
        for (id, node) in graph.nodes.enumerated() {
            switch node.content {
            case .input: values.append(inputs[node.name]!)
            case .constant(let tensor): values.append(tensor)
            case .operation:
                var output = Tensor(node.shape.resolved(batch: inputs.batch))
                executable.evaluate(id, node.inputs.map { values[$0] }, into: &output)
                values.append(output)
            }
        }
        return values
    }

    /// The outputs that depend on a site, for other values of it.
    private func outcome(changing site: NodeID, to sent: Tensor, _ values: [Tensor], batch: Int) -> [NodeID: Tensor] {
        let graph = executable.graph
        let outputs = Set(graph.outputs.map(\.value))
        var changed = [site: sent]
        var found = outputs.contains(site) ? [site: sent] : [:]
        var pool = ArrayPool<Float>()
        for id in graph.nodes.indices.dropFirst(site + 1) {
            let inputs = graph[id].inputs
            guard inputs.contains(where: { changed[$0] != nil }) else { continue }
            var output = Tensor(graph[id].shape.resolved(batch: batch))
            executable.evaluate(id, inputs.map { changed[$0] ?? values[$0] }, into: &output, pool: &pool)
            if outputs.contains(id) { found[id] = output }
            changed[id] = output
            for input in inputs where executable.lastUses[input] == id { changed[input] = nil }
        }
        return found
    }
}

extension NeuronLayer {
    /// What neurons at rest send for values that arrive as currents.
    fileprivate func valuesOfFirstStep(_ value: Tensor) -> Tensor {
        var neurons = population(value.count)
        let table = alphabet.table
        return Tensor(value.shape, neurons.step(value.values, time: 1).codes.map { table[Alphabet.place(of: $0)] })
    }
}
