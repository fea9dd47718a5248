public import VolleyGraph
internal import VolleyTensors

/// Networks as model files of other programs hold them: lookups, masks that are selected, windows.
extension SampleGraphs {
    /// A language model of one block, in which each token sees those before it and the next one: "ids" `[N, 5]`, whose rounded
    /// values look tokens up, to "logits" `[N, 4]`, read where the largest id stands.
    public static func text(seed: UInt64 = 5) throws -> Graph {
        var sketch = GraphSketch(seed: seed)
        let ids = try sketch.builder.input("ids", shape: [.batch, 5])
        let table = try sketch.builder.constant("table", sketch.random.normalTensor([13, 12]))
        let embedded = try sketch.builder.add("embedded", .gather(Gather(axis: 0)), [table, ids])
        var value = try sketch.elementwise("placed", .add, embedded, try sketch.offset("positions", [5, 12]))

        let normal = try sketch.rmsNorm("norm1", value)
        let q = try sketch.linear("q", normal, outputs: 12)
        let k = try sketch.transpose("k.transposed", try sketch.linear("k", normal, outputs: 12), [0, 2, 1])
        let v = try sketch.linear("v", normal, outputs: 12)
        let scores = try sketch.matrixProduct("scores", q, k)
        let root = try sketch.builder.constant("root", Tensor(scalar: Float(12).squareRoot()))
        let scaled = try sketch.elementwise("scores.scaled", .divide, scores, root)
        let ones = try sketch.builder.constant("ones", Tensor([5, 5], repeating: 1))
        let past = try sketch.builder.add("past", .triangle(Triangle(upper: false, diagonal: 1)), [ones])
        let hidden = try sketch.builder.constant("hidden", Tensor(scalar: maskedOut))
        let masked = try sketch.builder.add("scores.masked", .selection(Selection()), [past, scaled, hidden])
        let mixed = try sketch.matrixProduct("mixed", try sketch.softmax("attention", masked), v)
        value = try sketch.elementwise("residual1", .add, value, try sketch.linear("proj", mixed, outputs: 12))

        let normal2 = try sketch.rmsNorm("norm2", value)
        let gate = try sketch.activation("gate.silu", .silu, try sketch.linear("gate", normal2, outputs: 21))
        let gated = try sketch.elementwise("gated", .multiply, gate, try sketch.linear("up", normal2, outputs: 21))
        value = try sketch.elementwise("residual2", .add, value, try sketch.linear("down", gated, outputs: 12))

        let sums = try sketch.builder.add("sums", .cumulativeSum(CumulativeSum(axis: 1)), [value])
        let last = try sketch.builder.add("last", .argMaximum(ArgMaximum(axis: 1, keepsAxes: true)), [ids])
        let pooled = try sketch.builder.add("pooled", .gatherND(GatherND(batchAxes: 1)), [sums, last])
        sketch.builder.output("logits", try sketch.linear("head", pooled, outputs: 4))
        return try sketch.builder.build()
    }

    /// Convolutions between windows of other kinds: "input" `[N, 3, 9, 8]` to "logits" `[N, 4]`.
    public static func windows(seed: UInt64 = 6) throws -> Graph {
        var sketch = GraphSketch(seed: seed)
        let input = try sketch.builder.input("input", shape: [.batch, 3, 9, 8])
        let stem = try sketch.convolution("stem", input, outputs: 6, kernel: 3, Convolution(stride: [1, 1]))
        let clipped = try sketch.builder.add(
            "stem.clip", .parametricActivation(ParametricActivation(.clip, parameters: [0, 1.5])), [stem])
        let largest = try sketch.builder.add(
            "largest", .pooling(Pooling(.maximum, kernel: [3, 3], stride: [2, 2], padding: [[1, 1], [0, 1]], ceilMode: true)), [clipped])
        let padded = try sketch.builder.add(
            "padded", .padding(Padding(.reflect, amounts: [[0, 0], [0, 0], [1, 1], [2, 1]])), [largest])
        let second = try sketch.convolution("second", padded, outputs: 6, kernel: 3, Convolution(stride: [1, 1], groups: 2))
        let leaky = try sketch.builder.add(
            "second.leaky", .parametricActivation(ParametricActivation(.leakyRelu, parameters: [0.1])), [second])
        let mean = try sketch.builder.add(
            "mean", .pooling(Pooling(.average, kernel: [2, 2], stride: [1, 2], padding: [[1, 0], [0, 1]], countsPadding: true)), [leaky])
        let backwards = try sketch.builder.add("backwards", .slice(Slicing(axis: 2, start: 3, length: 2, step: -2)), [mean])
        let pooled = try sketch.builder.add("pooled", .reduction(Reduction(.maximum, axes: [2, 3])), [backwards])
        let negated = try sketch.activation("negated", .negate, pooled)
        sketch.builder.output("logits", try sketch.linear("head", negated, outputs: 4))
        return try sketch.builder.build()
    }

    /// Images that grow again, between roundings: "input" `[N, 3, 5, 4]` to "logits" `[N, 4]`, from the largest elements.
    public static func decoder(seed: UInt64 = 7) throws -> Graph {
        var sketch = GraphSketch(seed: seed)
        let input = try sketch.builder.input("input", shape: [.batch, 3, 5, 4])
        let stem = try sketch.activation(
            "stem.relu", .relu, try sketch.convolution("stem", input, outputs: 6, kernel: 2, Convolution(stride: [1, 1])))
        let step = try sketch.builder.constant("step", Tensor([6, 1, 1], [0.02, 0.03, 0.02, 0.01, 0.02, 0.04]))
        let zero = try sketch.builder.constant("zero", Tensor(scalar: 3))
        let whole = try sketch.builder.add("whole", .quantization(Quantization(lowest: 0, highest: 63)), [stem, step, zero])
        let rounded = try sketch.elementwise(
            "rounded", .multiply, try sketch.elementwise("shifted", .subtract, whole, zero), step)
        // Whole numbers of steps would lie exactly between two thresholds.
        let curved = try sketch.activation("rounded.gelu", .gelu, rounded)
        let growing = TransposedConvolution(stride: [2, 3], dilation: [2, 1], crop: [[1, 0], [2, -1]], groups: 2)
        let grown = try sketch.builder.add(
            "grown", .transposedConvolution(growing),
            [curved, try sketch.weight("grown.weight", [6, 4, 2, 3]), try sketch.offset("grown.bias", [8])])
        let active = try sketch.activation("grown.gelu", .gelu, grown)
        let smooth = Resize(
            axes: [Resize.Axis(axis: 2, length: 6, scale: 0.75), Resize.Axis(axis: 3, length: 11, scale: 1.375)], interpolation: .cubic,
            antialiases: true)
        let smoothed = try sketch.builder.add("smoothed", .resize(smooth), [active])
        let second = try sketch.builder.add(
            "second", .transposedConvolution(TransposedConvolution(stride: [1, 1], crop: [[1, 1], [1, 1]])),
            [smoothed, try sketch.weight("second.weight", [8, 5, 3, 3])])
        let line = try sketch.reshape("line", second, [.batch, 5, 66])
        let largest = try sketch.builder.add("largest", .topK(TopK(axis: 2, count: 7, part: .values)), [line])
        let places = try sketch.builder.add("places", .topK(TopK(axis: 2, count: 2, takesLargest: false, part: .positions)), [largest])
        let joined = try sketch.builder.add("joined", .concatenation(Concatenation(axis: 2)), [largest, places])
        let flat = try sketch.reshape("flat", joined, [.batch, 45])
        sketch.builder.output("logits", try sketch.linear("head", flat, outputs: 4))
        return try sketch.builder.build()
    }
}

extension GraphSketch {
    fileprivate mutating func rmsNorm(_ name: String, _ value: NodeID) throws -> NodeID {
        let shape = builder.shape(of: value)
        let width = shape[shape.rank - 1].size
        let scale = Tensor([width], random.normalTensor([width], deviation: 0.1).values.map { 1 + $0 })
        let gamma = try builder.constant(name + ".weight", scale)
        return try builder.add(name, .rmsNormalization(RMSNormalization(epsilon: 1e-6)), [value, gamma])
    }
}
