import VolleyGraph
import VolleyTensors

/// A graph that holds every operator, two inputs, two outputs and a site name.
func graphOfEveryOperator() throws -> Graph {
    var random = SeededGenerator(seed: 90)
    var builder = GraphBuilder()
    let image = try builder.input("image", shape: [.batch, 2, 4, 4])
    let shift = try builder.input("shift", shape: [3])
    let kernel = try builder.constant("kernel", random.normalTensor([4, 1, 3, 3]))
    let convolution = Convolution(stride: [2, 1], dilation: [1, 1], padding: [[1, 0], [1, 1]], groups: 2)
    let windows = try builder.add("convolution", .convolution(convolution), [image, kernel])
    let flat = try builder.add("reshape", .reshape(Reshape(to: [.batch, 4, 8])), [windows])
    let moved = try builder.add("transpose", .transpose(Transpose([0, 2, 1])), [flat])
    let token = try builder.constant("token", random.normalTensor([1, 1, 4]))
    let repeated = try builder.add("expansion", .expansion(Expansion(to: [.batch, 1, 4])), [token])
    let joined = try builder.add("concatenation", .concatenation(Concatenation(axis: 1)), [repeated, moved])
    let gamma = try builder.constant("gamma", random.normalTensor([4]))
    let beta = try builder.constant("beta", random.normalTensor([4]))
    let normal = try builder.add(
        "norm", .layerNormalization(LayerNormalization(epsilon: 1e-5)), [joined, gamma, beta])
    builder.nameSite(on: normal, "blocks.0.in")
    let site = try builder.add("site", .neuron(NeuronSite()), [normal])
    let weight = try builder.constant("weight", random.normalTensor([3, 4]))
    let projected = try builder.add("linear", .linear(Linear()), [site, weight, shift])
    let turned = try builder.add("turned", .transpose(Transpose([0, 2, 1])), [projected])
    let product = try builder.add("product", .matrixProduct(MatrixProduct()), [projected, turned])
    let probabilities = try builder.add("softmax", .softmax(Softmax()), [product])
    let first = try builder.add("slice", .slice(Slicing(axis: 1, start: 0, length: 1)), [probabilities])
    let active = try builder.add("activation", .activation(Activation(.quickGELU)), [first])
    let halved = try builder.add(
        "halved", .elementwise(Elementwise(.multiply)), [active, try builder.constant("half", Tensor(scalar: 0.5))])
    let scanned = try addLookupsAndScans(of: halved, to: &builder)
    builder.output("mean", try builder.add("mean", .reduction(Reduction(.mean, axes: [1, 2])), [scanned]))
    builder.output("probabilities", probabilities)
    return try builder.build()
}

/// The operators that look elements up or along an axis, on a value `[N, 1, 9]`.
private func addLookupsAndScans(of value: NodeID, to builder: inout GraphBuilder) throws -> NodeID {
    func constant(_ name: String, _ values: [Float]) throws -> NodeID {
        try builder.constant(name, Tensor([values.count], values))
    }
    let leaky = try builder.add(
        "leaky", .parametricActivation(ParametricActivation(.leakyRelu, parameters: [0.5])), [value])
    let steps = TrainedActivation(.slip(.init(3, rounding: .nearest), slope: 0.25, shift: -0.5), scales: [0.75], unit: .step, channelAxis: 1)
    let stepped = try builder.add("stepped", .trainedActivation(steps), [leaky])
    let rms = try builder.add(
        "rms", .rmsNormalization(RMSNormalization(epsilon: 0.5)), [stepped, try constant("rms.gamma", Array(repeating: 2, count: 9))])
    let sums = try builder.add("sums", .cumulativeSum(CumulativeSum(axis: 2, reverse: true)), [rms])
    let padded = try builder.add("padded", .padding(Padding(.reflect, amounts: [[0, 0], [0, 0], [1, -1]])), [sums])
    let lower = try builder.add("lower", .triangle(Triangle(upper: false, diagonal: 5)), [padded])
    let gathered = try builder.add("gathered", .gather(Gather(axis: 2)), [lower, try constant("rows", [1, -2])])
    let picture = try builder.add("picture", .reshape(Reshape(to: [.batch, 1, 1, 2])), [gathered])
    let pooling = Pooling(.maximum, kernel: [1, 2], stride: [1, 1], padding: [[0, 0], [1, 0]])
    let pooled = try builder.add("pooled", .pooling(pooling), [picture])
    let spread = TransposedConvolution(stride: [1, 2], crop: [[0, 0], [-1, 0]])
    let tap = try builder.constant("tap", Tensor([1, 1, 1, 1], [2]))
    let grown = try builder.add("grown", .transposedConvolution(spread), [pooled, tap])
    let resize = Resize(axes: [Resize.Axis(axis: 3, length: 3, scale: 0.75)], interpolation: .linear)
    let shrunk = try builder.add("shrunk", .resize(resize), [grown])
    let half = try builder.constant("step", Tensor(scalar: 0.5))
    let whole = try builder.add("whole", .quantization(Quantization(lowest: -8, highest: 7)), [shrunk, half, half])
    let top = try builder.add("top", .topK(TopK(axis: 3, count: 2, part: .values)), [whole])
    let line = try builder.add("line", .reshape(Reshape(to: [.batch, 2])), [top])
    let best = try builder.add("best", .argMaximum(ArgMaximum(axis: 1, keepsAxes: true)), [line])
    let picked = try builder.add("picked", .gatherElements(GatherElements(axis: 1)), [line, best])
    let named = try builder.add("named", .gatherND(GatherND(batchAxes: 1)), [line, best])
    let flat = try builder.add("flat", .reshape(Reshape(to: [.batch, 1])), [named])
    let selected = try builder.add("selected", .selection(Selection()), [try constant("mask", [1]), picked, flat])
    return try builder.add("cube", .reshape(Reshape(to: [.batch, 1, 1])), [selected])
}

/// A graph as small as can be that still has an input, a constant, an operation with attributes and a free batch size.
@Sendable func smallGraph() throws -> Graph {
    var builder = GraphBuilder()
    let input = try builder.input("x", shape: [.batch, 1, 2, 3])
    let kernel = try builder.constant("w", Tensor([2, 1, 1, 2], [1, 2, 3, 4]))
    let y = try builder.add("y", .convolution(Convolution(stride: [1, 1], padding: [[0, 1], [1, 0]])), [input, kernel])
    let z = try builder.add("z", .reshape(Reshape(to: [.batch, 18])), [y])
    let part = try builder.add("p", .slice(Slicing(axis: 1, start: 2, length: 4)), [z])
    let both = try builder.add("c", .concatenation(Concatenation(axis: 1)), [part, z])
    builder.output("out", try builder.add("m", .reduction(Reduction(.mean, axes: [1], keepsAxes: true)), [both]))
    return try builder.build()
}

/// The same with the operators whose attributes are numbers of positions.
@Sendable func smallGraphOfWindows() throws -> Graph {
    var builder = GraphBuilder()
    let x = try builder.input("x", shape: [.batch, 1, 2, 3])
    let a = try builder.add("a", .padding(Padding(.reflect, amounts: [[0, 0], [0, 0], [1, -1], [0, 2]], value: 1)), [x])
    let pooling = Pooling(.average, kernel: [1, 2], stride: [1, 2], padding: [[0, 0], [1, 0]], ceilMode: true)
    let b = try builder.add("b", .pooling(pooling), [a])
    let c = try builder.add("c", .slice(Slicing(axis: 3, start: 2, length: 2, step: -2)), [b])
    let i = try builder.constant("i", Tensor([2], [1, 0]))
    let d = try builder.add("d", .gather(Gather(axis: 2)), [c, i])
    let e = try builder.add("e", .gatherElements(GatherElements(axis: 3)), [d, d])
    let f = try builder.add("f", .cumulativeSum(CumulativeSum(axis: 2)), [e])
    let g = try builder.add("g", .parametricActivation(ParametricActivation(.clip, parameters: [0, 6])), [f])
    let steps = TrainedActivation(.steps(.init(4, shift: 0.5)), scales: [1, 2], channelAxis: 2)
    let s = try builder.add("s", .trainedActivation(steps), [g])
    builder.output("out", try builder.add("h", .argMaximum(ArgMaximum(axis: 3)), [s]))
    return try builder.build()
}

extension Graph {
    /// The constants by name, as a file would hold them.
    var constants: [String: Tensor] {
        Dictionary(uniqueKeysWithValues: nodes.compactMap { node in node.constant.map { (node.name, $0) } })
    }
}
