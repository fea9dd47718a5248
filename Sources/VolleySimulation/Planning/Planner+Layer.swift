internal import VolleyGraph
internal import VolleyTensors

extension Planner {
    /// A linear layer or a convolution; then a kernel's activation and an addend of the same shape, in either order; then neurons that join:
    /// as many of these as follow each other.
    func layer(_ id: NodeID, _ pass: Plan.Stage.Pass) throws(Unfused) -> Plan.Stage {
        if let reason = graph.whyNoLayer(id) { throw Unfused(reason) }
        var nodes = [id]
        var epilogue = bias(of: id)
        var inputs = [input(of: id)]
        var isActivated = false
        func activate() {
            guard !isActivated, let (next, function) = activation(behind: nodes.last!) else { return }
            nodes.append(next)
            epilogue.append(.activation(function))
            isActivated = true
        }
        activate()
        if let (next, other) = sum(behind: nodes.last!) {
            nodes.append(next)
            epilogue.append(.residual(other))
            inputs.append(.init(value: other, reading: .values))
        }
        activate()
        if let next = onlyReader(of: nodes.last!), [.joining, .behindLayers].contains(neurons[next]) {
            nodes.append(next)
            epilogue.append(.neurons(next))
        }
        var output = nodes.last!
        if let (reshape, turned, value) = split(of: output), keepsTokenOrder.contains(value) {
            nodes += [reshape, turned]
            epilogue.append(.layout([reshape, turned]))
            if value != turned {
                nodes.append(value)
                epilogue.append(.neurons(value))
                output = value
            }
        }
        return Plan.Stage(
            pass: pass, inputs: inputs, epilogue: epilogue, nodes: nodes, output: output, booked: id,
            multiplyAccumulates: multiplyAccumulates[id], why: whyItEnds(with: nodes.last!))
    }

    /// What a layer reads: spikes where neurons send them.
    func input(of id: NodeID) -> Plan.Stage.Input {
        let input = graph[id].inputs[0]
        return .init(value: input, reading: neurons[input] == nil ? .values : .spikes)
    }

    func bias(of id: NodeID) -> [Plan.Stage.Epilogue] { graph[id].inputs.count == 2 ? [] : [.bias(graph[id].inputs[2])] }

    /// The activation that alone reads a value, where a pass can apply it.
    func activation(behind id: NodeID) -> (node: NodeID, function: UnaryFunction)? {
        guard let next = onlyReader(of: id) else { return nil }
        let function: UnaryFunction? =
            switch graph[next].content {
            case .operation(.activation(let activation)): activation.function
            case .operation(.parametricActivation(let activation)): activation.fixedFunction
            default: nil
            }
        guard let function, function.kernel != nil else { return nil }
        return (next, function)
    }

    /// Whether a linear layer is the first node of a pass.
    func isLayer(_ id: NodeID) -> Bool { graph[id].operation == .linear(Linear()) && graph.whyNoLayer(id) == nil }

    /// The sum that alone reads a value, and what it adds to it.
    private func sum(behind id: NodeID) -> (node: NodeID, addend: NodeID)? {
        guard let next = onlyReader(of: id), case .operation(.elementwise(let sum)) = graph[next].content, sum.function == .add,
            let other = graph[next].inputs.first(where: { $0 != id }), isAddend(other, to: id)
        else { return nil }
        return (next, other)
    }

    /// Whether a value can be added to a layer's as they lie in memory: of the same shape, and, if one changes over time and
    /// the other does not, with time-steps one behind the other in both.
    private func isAddend(_ other: NodeID, to value: NodeID) -> Bool {
        let shape = graph[other].shape
        return shape == graph[value].shape && graph[other].operation != nil
            && (timeVarying[other] == timeVarying[value] || shape.dimensions.first?.scalesWithBatch == true)
    }
}

extension Graph {
    /// Whether it is a layer of constant weight: linear, or a convolution with one group and the channels last.
    func isLayer(_ id: NodeID) -> Bool {
        switch nodes[id].content {
        case .operation(.linear): nodes[nodes[id].inputs[1]].constant != nil
        case .operation(.convolution(let convolution)):
            convolution.groups == 1 && convolution.channels == .last && nodes[nodes[id].inputs[1]].constant != nil
        default: false
        }
    }

    /// The bias of a layer that runs in a pass: it is constant, and the layer's inputs can be listed with 16 bits. Empty for no bias,
    /// nil for other layers.
    func layerBias(of id: NodeID) -> [Float]? {
        guard whyNoLayer(id) == nil else { return nil }
        return nodes[id].inputs.count == 2 ? [] : nodes[nodes[id].inputs[2]].constant!.values
    }

    /// What keeps a linear layer or a convolution from running in a pass with what follows it, in words.
    func whyNoLayer(_ id: NodeID) -> String? {
        let inputs = nodes[id].inputs
        if case .operation(.convolution(let convolution)) = nodes[id].content {
            if convolution.channels == .first { return "what it reads is read elsewhere too, with the channels first" }
            let (read, made) = (nodes[inputs[1]].shape[3].size, nodes[inputs[1]].shape[0].size / convolution.groups)
            if convolution.groups > 1 && !(read == made && GroupedKernel.supports(width: read)) {
                return "its \(convolution.groups) groups read \(read) channels and make \(made), for which there is no pass"
            }
        }
        guard let weight = nodes[inputs[1]].constant else { return "its weight is computed" }
        let count = weight.shape.rowCount
        if !(1..<65_536).contains(count) { return "it has \(count) inputs, and lists of spikes hold 1 to 65 535" }
        return inputs.count > 2 && nodes[inputs[2]].constant == nil ? "its bias is computed" : nil
    }
}
