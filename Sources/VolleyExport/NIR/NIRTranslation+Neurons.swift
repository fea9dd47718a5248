internal import OrderedCollections
internal import VolleyFormats
internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// Neurons, outputs, and what a reader has to know of both.
extension NIRTranslation {
    /// `v(t) = v(t−1) + I(t)`, a spike above `v_threshold`. What divides a site's currents, and a scale of what arrives, are in the threshold:
    /// `s·v/d ≥ θ` is `v ≥ θ·d/s`.
    mutating func translateNeurons(_ id: NodeID, _ node: Node, _ shape: Shape) {
        let layer = network.neurons[node.name]!
        guard let neuron = layer.model as? IntegrateAndFireNeuron else {
            return refuse(
                node,
                layer.model is InputNeuron
                    ? "it sends random spikes at an input, and NIR has no such node: convert with analog input"
                    : "its neurons are of the family '\(layer.family)', and those of NIR's IF have one threshold, no leak and no other state")
        }
        if neuron.isLate { return refuse(node, "its neurons hear a current a step later, and NIR's at once") }
        if neuron.deafSteps > 0 { return refuse(node, "its neurons do not hear the first \(neuron.deafSteps) time-steps") }
        guard sampleShape(node.shape) == shape else { return refuse(node, "its neurons are of another shape than what arrives") }

        let (nodes, scale) = settle(values[node.inputs[0]]!, shape, for: node, when: \.isPositive)
        let divisors = node.inputs.count > 1 ? network.graph[node.inputs[1]].constant : nil
        let scales = scale.elements(shape)
        let thresholds = scales.indices.map { index in
            // A neuron without a threshold never fires.
            guard neuron.threshold > 0 else { return Float.greatestFiniteMagnitude }
            let threshold = neuron.threshold * (divisors.map { $0.values[index % $0.count] } ?? 1) / scales[index]
            return neuron.isStrict ? threshold : threshold.nextDown
        }
        var parameters: [String: HDF5Object] = [
            "r": .floats(Tensor(shape, repeating: 1)), "v_threshold": .floats(Tensor(shape, thresholds)),
        ]
        if neuron.reset == .zero { parameters["v_reset"] = .floats(Tensor(shape)) }
        let name = add(node.name, for: node, NIRGraph.Node("IF", parameters), nodes)
        values[id] = [NIRTerm(node: name, scale: .uniform(layer.alphabet.values[0]))]
        sites.append((name, neuron, thresholds))
    }

    mutating func addOutput(_ output: Graph.Output) {
        let node = network.graph[output.value]
        guard let terms = values[output.value], let shape = sampleShape(node.shape) else { return }
        var (nodes, scale) = settle(terms, shape, for: node)
        if case .channels = scale { (nodes, scale) = ([addScale(scale.elements(shape), shape, to: nodes, for: node)], .one) }
        let name = graph.add(
            network.graph.outputs.count == 1 ? "output" : output.name, NIRGraph.Node("Output", ["shape": .integers(shape.dimensions)]), reading: nodes
        )
        names[name] = .text(output.name)
        guard case .uniform(let factor) = scale, factor != 1 else { return }
        outputScales[name] = .floats(Tensor(scalar: factor))
        remarks.append("What '\(name)' has is to be multiplied by \(factor).")
    }

    /// An IF of NIR has one kind of reset, which one it is says the version.
    mutating func checkResets() {
        let subtracting = sites.filter { $0.neuron.reset == .subtraction }
        if subtracting.count == sites.count {
            graph.version = Self.subtracting
        } else if let (name, _, _) = subtracting.first, case .texts(_, let original)? = names[name] {
            refusals.append((original[0], "it resets by subtraction and others to 0, and versions of NIR have one or the other"))
        }
    }

    /// Notes and metadata.
    mutating func describe() {
        if sites.contains(where: { $0.neuron.reset == .subtraction }) {
            differences.append(
                "Neurons reset by subtraction. That is what an IF did up to version \(Self.subtracting) of NIR, which the file states; later ones reset it to "
                    + "v_reset, so programs that go by those take it for a reset to 0. See that yours subtracts.")
        } else if !sites.isEmpty {
            remarks.append("Neurons reset to v_reset = 0, which versions of the package nir before 1.0.6 do not read.")
        }
        let charged = sites.filter { $0.neuron.initialPotential != 0 }
        if !charged.isEmpty {
            differences.append(
                "\(charged.count) of \(sites.count) layers begin with a membrane potential, which NIR does not say: set it before the first time-step, from "
                    + "the metadata initial_potential, in units of v_threshold.")
            graph.metadata["initial_potential"] = .group(
                Dictionary(uniqueKeysWithValues: charged.map { ($0.node, .floats(Tensor(scalar: $0.neuron.initialPotential))) }))
        }
        let tolerant = sites.filter { $0.neuron.tolerance > 0 }
        if !tolerant.isEmpty {
            differences.append(
                "\(tolerant.count) of \(sites.count) layers fire a little below their threshold, so that rounding does not decide ties; in NIR it does."
            )
        }
        if sites.contains(where: { !$0.neuron.isStrict }) {
            remarks.append("Neurons fire at their threshold, and those of NIR above theirs: v_threshold is the next smaller float.")
        }
        remarks.append(
            "A time-step is 1 and r is 1. Feed the input at every time-step; the answer at t is the mean over steps 1…t of what the output has.")
        graph.metadata["producer"] = .text("Volley \(network.provenance.version)")
        graph.metadata["method"] = .text(network.provenance.method)
        graph.metadata["time_step"] = .floats(Tensor(scalar: 1))
        graph.metadata["readout"] = .text("mean over time-steps")
        graph.metadata["names"] = .group(names)
        if !outputScales.isEmpty { graph.metadata["output_scale"] = .group(outputScales) }
    }
}
