internal import VolleyGraph
internal import VolleyTensors

/// A graph under construction whose weights are drawn at random, scaled so that values keep their size from layer to layer.
struct GraphSketch {
    var builder = GraphBuilder()
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func weight(_ name: String, _ shape: Shape) throws -> NodeID {
        try builder.constant(name, random.normalTensor(shape, deviation: 1 / Float(shape.rowCount).squareRoot()))
    }

    /// A bias or a table of positions.
    mutating func offset(_ name: String, _ shape: Shape) throws -> NodeID {
        try builder.constant(name, random.normalTensor(shape, deviation: 0.1))
    }

    mutating func linear(_ name: String, _ value: NodeID, outputs: Int) throws -> NodeID {
        let shape = builder.shape(of: value)
        let weight = try weight(name + ".weight", [outputs, shape[shape.rank - 1].size])
        let bias = try offset(name + ".bias", [outputs])
        return try builder.add(name, .linear(Linear()), [value, weight, bias])
    }

    mutating func layerNorm(_ name: String, _ value: NodeID) throws -> NodeID {
        let shape = builder.shape(of: value)
        let width = shape[shape.rank - 1].size
        let scale = Tensor([width], random.normalTensor([width], deviation: 0.1).values.map { 1 + $0 })
        let gamma = try builder.constant(name + ".weight", scale)
        let beta = try offset(name + ".bias", [width])
        return try builder.add(name, .layerNormalization(LayerNormalization(epsilon: 1e-6)), [value, gamma, beta])
    }

    mutating func convolution(
        _ name: String, _ value: NodeID, outputs: Int, kernel: Int, _ convolution: Convolution
    ) throws -> NodeID {
        let channels = builder.shape(of: value)[1].size / convolution.groups
        let weight = try weight(name + ".weight", [outputs, channels, kernel, kernel])
        let bias = try offset(name + ".bias", [outputs])
        return try builder.add(name, .convolution(convolution), [value, weight, bias])
    }

    mutating func activation(_ name: String, _ function: UnaryFunction, _ value: NodeID) throws -> NodeID {
        try builder.add(name, .activation(Activation(function)), [value])
    }

    mutating func elementwise(_ name: String, _ function: BinaryFunction, _ a: NodeID, _ b: NodeID) throws -> NodeID {
        try builder.add(name, .elementwise(Elementwise(function)), [a, b])
    }

    mutating func reshape(_ name: String, _ value: NodeID, _ shape: SymbolicShape) throws -> NodeID {
        try builder.add(name, .reshape(Reshape(to: shape)), [value])
    }

    mutating func transpose(_ name: String, _ value: NodeID, _ permutation: [Int]) throws -> NodeID {
        try builder.add(name, .transpose(Transpose(permutation)), [value])
    }

    mutating func matrixProduct(_ name: String, _ a: NodeID, _ b: NodeID) throws -> NodeID {
        try builder.add(name, .matrixProduct(MatrixProduct()), [a, b])
    }

    mutating func softmax(_ name: String, _ value: NodeID) throws -> NodeID {
        try builder.add(name, .softmax(Softmax()), [value])
    }
}
