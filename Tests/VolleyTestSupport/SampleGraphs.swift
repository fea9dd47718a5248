public import VolleyGraph
public import VolleyTensors

/// Small networks with random weights, quick to evaluate; between them they hold every operator that a model file can.
public enum SampleGraphs {
    /// What is added to the score of a masked position in ``twoInputs(seed:)``: large enough that its softmax is exactly 0.
    public static let maskedOut: Float = -10_000

    /// Every network, with a name for messages.
    public static func all() throws -> [(name: String, graph: Graph)] {
        [
            ("transformer", try transformer()), ("gatedMLP", try gatedMLP()), ("convolutional", try convolutional()),
            ("twoInputs", try twoInputs()), ("text", try text()), ("windows", try windows()),
            ("decoder", try decoder()),
        ]
    }

    /// A pre-norm vision transformer: "input" `[N, 3, size, size]` to "logits" `[N, classes]`. Its neuron sites are called
    /// as in the timm layout.
    /// - Parameters:
    ///   - depth: the number of blocks.
    ///   - size: the image's height and width in pixels, a multiple of `patch`.
    ///   - width: the length of a token, a multiple of `heads`.
    public static func transformer(
        depth: Int = 2, size: Int = 8, patch: Int = 4, width: Int = 24, heads: Int = 3, classes: Int = 5,
        seed: UInt64 = 1
    ) throws -> Graph {
        var sketch = GraphSketch(seed: seed)
        let input = try sketch.builder.input(
            "input", shape: [.batch, 3, SymbolicLength(size), SymbolicLength(size)])
        let patches = try sketch.convolution(
            "patch_embed.proj", input, outputs: width, kernel: patch, Convolution(stride: [patch, patch]))
        let count = (size / patch) * (size / patch)
        let flat = try sketch.reshape("patch_embed.flat", patches, [.batch, SymbolicLength(width), SymbolicLength(count)])
        let tokens = try sketch.transpose("patch_embed.tokens", flat, [0, 2, 1])
        let classToken = try sketch.offset("cls_token", [1, 1, width])
        let repeated = try sketch.builder.add(
            "cls_token.expanded", .expansion(Expansion(to: [.batch, 1, SymbolicLength(width)])), [classToken])
        let joined = try sketch.builder.add("tokens", .concatenation(Concatenation(axis: 1)), [repeated, tokens])
        let positions = try sketch.offset("pos_embed", [1, count + 1, width])
        var value = try sketch.elementwise("embedded", .add, joined, positions)
        for block in 0..<depth {
            value = try sketch.attention("blocks.\(block)", value, heads: heads)
            value = try sketch.feedForward("blocks.\(block)", value)
        }
        let normalized = try sketch.layerNorm("norm", value)
        let first = try sketch.builder.add(
            "norm.class", .slice(Slicing(axis: 1, start: 0, length: 1)), [normalized])
        let pooled = try sketch.reshape("pooled", first, [.batch, SymbolicLength(width)])
        sketch.builder.output("logits", try sketch.linear("head", pooled, outputs: classes))
        return try sketch.builder.build()
    }

    /// A gated feed-forward network behind a root-mean-square normalisation: "input" `[N, 6, 16]` to "logits" `[N, 4]`. It
    /// multiplies two computed values and divides by one.
    public static func gatedMLP(seed: UInt64 = 2) throws -> Graph {
        var sketch = GraphSketch(seed: seed)
        let input = try sketch.builder.input("input", shape: [.batch, 6, 16])
        let embedded = try sketch.linear("embed", input, outputs: 20)
        let gate = try sketch.linear("gate", embedded, outputs: 33)
        let opened = try sketch.activation("gate.silu", .silu, gate)
        let up = try sketch.linear("up", embedded, outputs: 33)
        let gated = try sketch.elementwise("gated", .multiply, opened, up)
        let down = try sketch.linear("down", gated, outputs: 20)
        let sum = try sketch.elementwise("residual", .add, embedded, down)
        let squares = try sketch.elementwise("norm.squares", .multiply, sum, sum)
        let mean = try sketch.builder.add(
            "norm.mean", .reduction(Reduction(.mean, axes: [2], keepsAxes: true)), [squares])
        let epsilon = try sketch.builder.constant("norm.epsilon", Tensor(scalar: 1e-5))
        let raised = try sketch.elementwise("norm.raised", .add, mean, epsilon)
        let root = try sketch.activation("norm.root", .sqrt, raised)
        let divided = try sketch.elementwise("norm.divided", .divide, sum, root)
        let scale = try sketch.builder.constant(
            "norm.scale", Tensor([20], sketch.random.normalTensor([20], deviation: 0.1).values.map { 1 + $0 }))
        let scaled = try sketch.elementwise("norm.scaled", .multiply, divided, scale)
        let tokens = try sketch.linear("head", scaled, outputs: 4)
        sketch.builder.output(
            "logits", try sketch.builder.add("pooled", .reduction(Reduction(.mean, axes: [1])), [tokens]))
        return try sketch.builder.build()
    }

    /// Convolutions with padding, strides and groups, and a residual: "input" `[N, 3, 9, 7]` to "logits" `[N, 4]`.
    public static func convolutional(seed: UInt64 = 3) throws -> Graph {
        var sketch = GraphSketch(seed: seed)
        let input = try sketch.builder.input("input", shape: [.batch, 3, 9, 7])
        let stem = try sketch.convolution(
            "stem", input, outputs: 8, kernel: 3, Convolution(stride: [2, 2], padding: [[1, 1], [1, 0]]))
        let stemActive = try sketch.activation("stem.relu", .relu, stem)
        let grouped = try sketch.convolution(
            "grouped", stemActive, outputs: 8, kernel: 3,
            Convolution(stride: [1, 1], padding: [[1, 1], [1, 1]], groups: 4))
        let groupedActive = try sketch.activation("grouped.relu", .relu, grouped)
        let sum = try sketch.elementwise("residual", .add, stemActive, groupedActive)
        let pooled = try sketch.builder.add("pooled", .reduction(Reduction(.mean, axes: [2, 3])), [sum])
        sketch.builder.output("logits", try sketch.linear("head", pooled, outputs: 4))
        return try sketch.builder.build()
    }

    /// Single-head attention over "tokens" `[N, 5, 12]` with a "mask" `[N, 1, 5]` that is added to its scores; gives
    /// "logits" `[N, 3]` and "attention" `[N, 5, 5]`.
    public static func twoInputs(seed: UInt64 = 4) throws -> Graph {
        var sketch = GraphSketch(seed: seed)
        let tokens = try sketch.builder.input("tokens", shape: [.batch, 5, 12])
        let mask = try sketch.builder.input("mask", shape: [.batch, 1, 5])
        let embedded = try sketch.linear("embed", tokens, outputs: 16)
        let q = try sketch.linear("q", embedded, outputs: 16)
        let k = try sketch.linear("k", embedded, outputs: 16)
        let v = try sketch.linear("v", embedded, outputs: 16)
        let scores = try sketch.matrixProduct("scores", q, try sketch.transpose("k.transposed", k, [0, 2, 1]))
        let scale = try sketch.builder.constant("scale", Tensor(scalar: 0.25))
        let scaled = try sketch.elementwise("scores.scaled", .multiply, scores, scale)
        let masked = try sketch.elementwise("scores.masked", .add, scaled, mask)
        let attention = try sketch.softmax("attention", masked)
        let mixed = try sketch.matrixProduct("mixed", attention, v)
        let active = try sketch.activation("mixed.gelu", .gelu, mixed)
        let sum = try sketch.builder.add("pooled", .reduction(Reduction(.sum, axes: [1])), [active])
        sketch.builder.output("logits", try sketch.linear("head", sum, outputs: 3))
        sketch.builder.output("attention", attention)
        return try sketch.builder.build()
    }

    /// Random arrays for all inputs of a graph: standard normal values; for an input called "mask", 0 or ``maskedOut``, and 0
    /// at the first position of each row. Sample i is the same whatever the batch size.
    public static func inputs(for graph: Graph, batch: Int, seed: UInt64) -> [String: Tensor] {
        var inputs: [String: Tensor] = [:]
        for id in graph.inputs {
            let node = graph[id]
            let length = node.shape.perSample.dimensions.last ?? 1
            var random = SeededGenerator(seed: seed &+ UInt64(id) &* 1_000_003)
            let shape = node.shape.resolved(batch: batch)
            let values = (0..<shape.count).map { index in
                let value = random.normal()
                guard node.name == "mask" else { return value }
                return value > 0.5 && index % length != 0 ? maskedOut : 0
            }
            inputs[node.name] = Tensor(shape, values)
        }
        return inputs
    }
}

extension GraphSketch {
    /// `x + proj(softmax(q·kᵀ/√d)·v)` of the normalised tokens x `[N, L, D]`.
    fileprivate mutating func attention(_ block: String, _ value: NodeID, heads: Int) throws -> NodeID {
        let name = block + ".attn"
        let shape = builder.shape(of: value)
        let (count, width) = (shape[1], shape[2].size)
        let normalized = try layerNorm(block + ".norm1", value)
        builder.nameSite(on: normalized, name + ".qkv.in")
        func split(_ part: String, _ permutation: [Int], in sketch: inout GraphSketch) throws -> NodeID {
            let projected = try sketch.linear(name + ".qkv." + part, normalized, outputs: width)
            let divided = try sketch.reshape(
                name + ".\(part).heads", projected, [.batch, count, SymbolicLength(heads), SymbolicLength(width / heads)])
            let moved = try sketch.transpose(name + ".\(part).moved", divided, permutation)
            sketch.builder.nameSite(on: moved, name + "." + part)
            return moved
        }
        let q = try split("q", [0, 2, 1, 3], in: &self)
        let k = try split("k", [0, 2, 3, 1], in: &self)
        let v = try split("v", [0, 2, 1, 3], in: &self)
        let scores = try matrixProduct(name + ".scores", q, k)
        let scale = try builder.constant(
            name + ".scale", Tensor(scalar: 1 / Float(width / heads).squareRoot()))
        let scaled = try elementwise(name + ".scaled", .multiply, scores, scale)
        let weights = try softmax(name + ".softmax", scaled)
        builder.nameSite(on: weights, name + ".s")
        let mixed = try matrixProduct(name + ".mixed", weights, v)
        let back = try transpose(name + ".back", mixed, [0, 2, 1, 3])
        let joined = try reshape(name + ".joined", back, shape)
        let projected = try linear(name + ".proj", joined, outputs: width)
        return try elementwise(name + ".residual", .add, value, projected)
    }

    /// `x + fc2(gelu(fc1(norm(x))))`.
    fileprivate mutating func feedForward(_ block: String, _ value: NodeID) throws -> NodeID {
        let name = block + ".mlp"
        let width = builder.shape(of: value)[2].size
        let normalized = try layerNorm(block + ".norm2", value)
        let hidden = try linear(name + ".fc1", normalized, outputs: 2 * width)
        let active = try activation(name + ".gelu", .gelu, hidden)
        let projected = try linear(name + ".fc2", active, outputs: width)
        return try elementwise(name + ".residual", .add, value, projected)
    }
}
