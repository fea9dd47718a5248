public import VolleyGraph
internal import VolleyTensors

/// Networks that move the batch about: what the proof that samples do not meet is held against.
public enum BatchGraphs {
    /// Attention in four windows of a picture, as Swin transformers have it: "x" `[N, 8, 8, 6]` → windows `[4N, 16, 6]`, a
    /// mask by window → "y" `[N, 5]`.
    public static func windows(seed: UInt64 = 21) throws -> Graph {
        var sketch = GraphSketch(seed: seed)
        let x = try sketch.builder.input("x", shape: [.batch, 8, 8, 6])
        let embedded = try sketch.linear("embed", x, outputs: 6)
        let apart = try sketch.reshape("apart", embedded, [.batch, 2, 4, 2, 4, 6])
        let turned = try sketch.transpose("turned", apart, [0, 1, 3, 2, 4, 5])
        let windows = try sketch.reshape("windows", turned, [SymbolicLength(4, scalesWithBatch: true), 16, 6])
        let q = try sketch.linear("q", windows, outputs: 6)
        let k = try sketch.transpose("k.turned", try sketch.linear("k", windows, outputs: 6), [0, 2, 1])
        let scores = try sketch.matrixProduct("scores", q, k)
        let byPicture = try sketch.reshape("scores.byPicture", scores, [.batch, 4, 16, 16])
        let masked = try sketch.elementwise("masked", .add, byPicture, try sketch.offset("mask", [1, 4, 16, 16]))
        let byWindow = try sketch.reshape("scores.byWindow", masked, [SymbolicLength(4, scalesWithBatch: true), 16, 16])
        let mixed = try sketch.matrixProduct(
            "mixed", try sketch.softmax("attention", byWindow), try sketch.linear("v", windows, outputs: 6))
        let back = try sketch.transpose("back", try sketch.reshape("split", mixed, [.batch, 2, 2, 4, 4, 6]), [0, 1, 3, 2, 4, 5])
        let sum = try sketch.elementwise("sum", .add, embedded, try sketch.reshape("picture", back, [.batch, 8, 8, 6]))
        let pooled = try sketch.builder.add("pooled", .reduction(Reduction(.mean, axes: [1, 2])), [sum])
        sketch.builder.output("y", try sketch.linear("head", pooled, outputs: 5))
        return try sketch.builder.build()
    }

    /// Attention with tokens first and heads beside samples, as PyTorch's module has it: "x" `[N, 5, 8]` → `[5, N, 8]` →
    /// heads `[2N, 5, 4]` → "y" `[5, N, 3]`.
    public static func tokensFirst(seed: UInt64 = 22) throws -> Graph {
        var sketch = GraphSketch(seed: seed)
        let x = try sketch.builder.input("x", shape: [.batch, 5, 8])
        let tokens = try sketch.transpose("tokens", x, [1, 0, 2])
        let embedded = try sketch.linear("embed", tokens, outputs: 8)
        func heads(_ name: String, in sketch: inout GraphSketch) throws -> NodeID {
            let flat = try sketch.reshape(
                name + ".heads", try sketch.linear(name, embedded, outputs: 8), [5, SymbolicLength(2, scalesWithBatch: true), 4])
            return try sketch.transpose(name + ".turned", flat, [1, 0, 2])
        }
        let (q, k, v) = (try heads("q", in: &sketch), try heads("k", in: &sketch), try heads("v", in: &sketch))
        let scores = try sketch.matrixProduct("scores", q, try sketch.transpose("k.columns", k, [0, 2, 1]))
        let mixed = try sketch.matrixProduct("mixed", try sketch.softmax("attention", scores), v)
        let back = try sketch.reshape("joined", try sketch.transpose("back", mixed, [1, 0, 2]), [5, .batch, 8])
        let sum = try sketch.elementwise("sum", .add, embedded, try sketch.linear("proj", back, outputs: 8))
        sketch.builder.output("y", try sketch.linear("head", sum, outputs: 3))
        return try sketch.builder.build()
    }

    /// Two views of each sample, all first ones before all second ones: "x" `[N, 2, 6]` → `[2N, 6]` → "y" `[2N, 3]`.
    public static func twoBlocks(seed: UInt64 = 23) throws -> Graph {
        var sketch = GraphSketch(seed: seed)
        let hidden = try sketch.hiddenViews()
        sketch.builder.output("y", try sketch.linear("head", hidden, outputs: 3))
        return try sketch.builder.build()
    }

    /// A layer for every token and no classes: "x" `[N, 3, 6]` → "y" `[N, 3, 5]`.
    public static func tokens(seed: UInt64 = 27) throws -> Graph {
        var sketch = GraphSketch(seed: seed)
        let hidden = try sketch.linear("hidden", sketch.builder.input("x", shape: [.batch, 3, 6]), outputs: 8)
        sketch.builder.output("y", try sketch.linear("layer", hidden, outputs: 5))
        return try sketch.builder.build()
    }

    /// Those of ``twoBlocks(seed:)``, and then read as pairs of neighbours: "y" `[N, 6]`, whose rows hold two samples' views.
    public static func blocksReadAsPairs(seed: UInt64 = 24) throws -> Graph {
        var sketch = GraphSketch(seed: seed)
        let hidden = try sketch.hiddenViews()
        let pairs = try sketch.reshape("pairs", try sketch.linear("second", hidden, outputs: 3), [.batch, 6])
        sketch.builder.output("y", try sketch.linear("head", pairs, outputs: 4))
        return try sketch.builder.build()
    }

    /// "x" `[N, 6]` → hidden values → "y", which an operator makes of them across the batch.
    public static func meeting(_ name: String, _ operation: Operator, seed: UInt64 = 25) throws -> Graph {
        var sketch = GraphSketch(seed: seed)
        let value = try sketch.linear("second", try sketch.hidden([.batch, 6]), outputs: 4)
        let turned = try sketch.transpose("turned", value, [1, 0])
        let inputs = operation.operation.arity.lowerBound == 2 ? [value, turned] : [turned]
        sketch.builder.output("y", try sketch.builder.add(name, operation, inputs))
        return try sketch.builder.build()
    }

    /// "x" `[N, 6]` → the mean of the samples, and a layer and a gate of it → "y" `[N, 4]`: neurons that a batch has once.
    public static func gatedByMean(seed: UInt64 = 26) throws -> Graph {
        var sketch = GraphSketch(seed: seed)
        let value = try sketch.linear("second", try sketch.hidden([.batch, 6]), outputs: 4)
        let mean = try sketch.builder.add("mean", .reduction(Reduction(.mean, axes: [0], keepsAxes: true)), [value])
        let gate = try sketch.activation("gate.tanh", .tanh, try sketch.linear("gate", mean, outputs: 4))
        sketch.builder.output("y", try sketch.linear("head", try sketch.elementwise("gated", .multiply, value, gate), outputs: 4))
        return try sketch.builder.build()
    }

    /// Networks in which samples never meet.
    public static func separate() throws -> [(name: String, graph: Graph)] {
        [("windows", try windows()), ("tokensFirst", try tokensFirst()), ("twoBlocks", try twoBlocks())]
    }

    /// Networks in which they do.
    public static func together() throws -> [(name: String, graph: Graph)] {
        [
            ("blocks read as pairs", try blocksReadAsPairs()),
            ("similarities", try meeting("product", .matrixProduct(MatrixProduct()))),
            ("softmax", try meeting("softmax", .softmax(Softmax()))),
            ("gated by the mean", try gatedByMean()),
            ("mean", try meeting("mean", .reduction(Reduction(.mean, axes: [1])))),
            ("largest of all", try meeting("largest", .reduction(Reduction(.maximum, axes: [0, 1])))),
            ("running sum", try meeting("sums", .cumulativeSum(CumulativeSum(axis: 1)))),
            ("where the largest is", try meeting("best", .argMaximum(ArgMaximum(axis: 1)))),
            ("triangle", try meeting("triangle", .triangle(Triangle(upper: true)))),
        ]
    }
}

extension GraphSketch {
    /// A first layer on an input "x" of a given shape, and its activation: what neurons may stand behind.
    fileprivate mutating func hidden(_ shape: SymbolicShape) throws -> NodeID {
        try hidden(on: try builder.input("x", shape: shape))
    }

    /// The same on two views of each sample, all first ones before all second ones: "x" `[N, 2, 6]` → `[2N, 7]`.
    fileprivate mutating func hiddenViews() throws -> NodeID {
        let views = try transpose("views", try builder.input("x", shape: [.batch, 2, 6]), [1, 0, 2])
        return try hidden(on: try reshape("stacked", views, [SymbolicLength(2, scalesWithBatch: true), 6]))
    }

    private mutating func hidden(on value: NodeID) throws -> NodeID {
        try activation("hidden.relu", .relu, try linear("hidden", value, outputs: 7))
    }
}
