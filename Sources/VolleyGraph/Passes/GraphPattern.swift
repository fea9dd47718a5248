internal import VolleyTensors

/// Answers questions about a graph's expressions, by which passes recognise patterns.
struct GraphPattern {
    let graph: Graph

    /// The value of a constant with one element.
    func scalar(_ id: NodeID) -> Float? {
        guard let tensor = graph[id].constant, tensor.count == 1 else { return nil }
        return tensor.values[0]
    }

    /// A constant that varies along the last axis only, which has `width` elements.
    func row(_ id: NodeID, width: Int) -> Tensor? {
        guard let tensor = graph[id].constant else { return nil }
        if tensor.count == 1 { return Tensor([width], repeating: tensor.values[0]) }
        guard tensor.shape.dimensions.last == width, tensor.count == width else { return nil }
        return tensor.reshaped(to: [width])
    }

    /// The two sides of an element-wise function.
    func operands(_ id: NodeID, _ function: BinaryFunction) -> (left: NodeID, right: NodeID)? {
        guard graph[id].operation == .elementwise(Elementwise(function)) else { return nil }
        return (graph[id].inputs[0], graph[id].inputs[1])
    }

    /// The two sides of a sum or product, either way round.
    func commuted(_ id: NodeID, _ function: BinaryFunction) -> [(NodeID, NodeID)] {
        operands(id, function).map { [($0.left, $0.right), ($0.right, $0.left)] } ?? []
    }

    func argument(_ id: NodeID, of function: UnaryFunction) -> NodeID? {
        graph[id].operation == .activation(Activation(function)) ? graph[id].inputs[0] : nil
    }

    /// The value whose mean over the last axis an operation computes; the axis is kept.
    func meanOfRows(_ id: NodeID) -> NodeID? {
        guard case .reduction(let reduction)? = graph[id].operation, reduction.function == .mean, reduction.keepsAxes,
            reduction.axes == [graph[id].shape.rank - 1]
        else { return nil }
        return graph[id].inputs[0]
    }

    /// The value that an operation squares, as a product with itself or as a power.
    func squared(_ id: NodeID) -> NodeID? {
        if let (left, right) = operands(id, .multiply), isSame(left, right) { return left }
        if let (base, exponent) = operands(id, .power), scalar(exponent) == 2 { return base }
        return nil
    }

    /// The value whose reciprocal an operation computes, as such or as a quotient of 1.
    func reciprocal(_ id: NodeID) -> NodeID? {
        if let value = argument(id, of: .reciprocal) { return value }
        if let (one, value) = operands(id, .divide), scalar(one) == 1 { return value }
        return nil
    }

    /// Whether two values are computed alike from the same values; exporters write shared parts out twice.
    func isSame(_ a: NodeID, _ b: NodeID, depth: Int = 4) -> Bool {
        if a == b { return true }
        guard depth > 0, let operation = graph[a].operation, operation == graph[b].operation,
            graph[a].inputs.count == graph[b].inputs.count, graph[a].inputs.count <= 4
        else { return false }
        return zip(graph[a].inputs, graph[b].inputs).allSatisfy { isSame($0, $1, depth: depth - 1) }
    }
}

extension GraphBuilder {
    /// Puts a constant that a pass has made, under a name that neither graph has.
    mutating func addConstant(_ name: String, _ tensor: Tensor) throws -> NodeID { try constant(unused(name), tensor) }

    /// Puts an operation that a pass has made, under a name that neither graph has.
    mutating func addOperation(_ name: String, _ operation: Operator, _ inputs: [NodeID]) throws -> NodeID {
        try add(unused(name), operation, inputs)
    }

    private func unused(_ name: String) -> String {
        var unused = name
        var count = 0
        while isTaken(unused) {
            count += 1
            unused = "\(name).\(count)"
        }
        return unused
    }

    /// The place of a value of the graph that is being rebuilt.
    func moved(_ id: NodeID, of graph: Graph) throws -> NodeID {
        guard let moved = node(named: graph[id].name) else {
            throw GraphError(.malformed, "a pass lost this value", node: graph[id].name)
        }
        return moved
    }
}
