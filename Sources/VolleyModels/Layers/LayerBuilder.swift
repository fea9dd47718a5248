import VolleyGraph
import VolleyTensors

/// Puts layers into a graph together with their trained arrays, which it takes by name: "fc1" reads "fc1.weight" and, where
/// there is one, "fc1.bias".
struct LayerBuilder {
    var graph = GraphBuilder()
    /// ε of every layer normalisation.
    let epsilon: Float
    /// What is not yet in the graph.
    private var parameters: [String: Tensor]

    init(epsilon: Float, parameters: [String: Tensor]) {
        self.epsilon = epsilon
        self.parameters = parameters
    }

    /// - Precondition: every parameter is used.
    func build() throws -> Graph {
        precondition(parameters.isEmpty, "unused parameters: \(parameters.keys.sorted())")
        return try graph.build()
    }

    /// Takes a trained array out, to be put into the graph in another form.
    mutating func parameter(_ name: String) -> Tensor {
        guard let tensor = parameters.removeValue(forKey: name) else { preconditionFailure("no parameter '\(name)'") }
        return tensor
    }

    mutating func constant(_ name: String) throws -> NodeID { try graph.constant(name, parameter(name)) }

    /// An operation with a weight and, where there is one, a bias.
    mutating func weighted(_ name: String, _ operation: Operator, _ input: NodeID) throws -> NodeID {
        var inputs = [input, try constant("\(name).weight")]
        if parameters["\(name).bias"] != nil { inputs.append(try constant("\(name).bias")) }
        return try graph.add(name, operation, inputs)
    }

    mutating func linear(_ name: String, _ input: NodeID) throws -> NodeID {
        try weighted(name, .linear(Linear()), input)
    }

    mutating func norm(_ name: String, _ input: NodeID) throws -> NodeID {
        try weighted(name, .layerNormalization(LayerNormalization(epsilon: epsilon)), input)
    }

    mutating func activation(_ name: String, _ function: UnaryFunction, _ input: NodeID) throws -> NodeID {
        try graph.add(name, .activation(Activation(function)), [input])
    }

    mutating func reshape(_ name: String, _ input: NodeID, _ shape: SymbolicShape) throws -> NodeID {
        try graph.add(name, .reshape(Reshape(to: shape)), [input])
    }

    mutating func transpose(_ name: String, _ input: NodeID, _ order: [Int]) throws -> NodeID {
        try graph.add(name, .transpose(Transpose(order)), [input])
    }

    mutating func combine(_ name: String, _ function: BinaryFunction, _ a: NodeID, _ b: NodeID) throws -> NodeID {
        try graph.add(name, .elementwise(Elementwise(function)), [a, b])
    }

    mutating func scale(_ name: String, _ input: NodeID, by factor: Float) throws -> NodeID {
        let constant = try graph.constant("\(name).factor", Tensor(scalar: factor))
        return try combine(name, .multiply, input, constant)
    }

    /// One token of each sample: [N, L, D] → [N, D].
    mutating func token(_ index: Int, of tokens: NodeID, name: String) throws -> NodeID {
        let token = try graph.add("\(name).token", .slice(Slicing(axis: 1, start: index, length: 1)), [tokens])
        let shape = graph.shape(of: tokens)
        return try reshape(name, token, [shape[0], shape[2]])
    }
}
