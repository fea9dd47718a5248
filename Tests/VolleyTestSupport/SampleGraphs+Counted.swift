public import VolleyGraph
internal import VolleyTensors

extension SampleGraphs {
    /// A small random network for counting: "input" `[N, C, H, W]` and "gates" `[N, 1, 1]` through a convolution of any window, stride,
    /// dilation, padding and groups, layers, and products of every kind and stretch, to "logits" `[N, 3]`.
    public static func counted(seed: UInt64) throws -> Graph {
        var sketch = GraphSketch(seed: seed)
        var choices = SeededGenerator(seed: seed ^ 0xC0FFEE)
        func pick<T>(_ options: [T]) -> T { options[Int.random(in: options.indices, using: &choices)] }
        let groups = pick([1, 2, 3])
        let channels = groups * pick([1, 2])
        let (height, width) = (pick([3, 4, 5, 6]), pick([3, 4, 5, 6]))
        let input = try sketch.builder.input("input", shape: [.batch, 3, SymbolicLength(height), SymbolicLength(width)])
        let gates = try sketch.builder.input("gates", shape: [.batch, 1, 1])
        let stem = try sketch.convolution("stem", input, outputs: channels, kernel: 1, Convolution(stride: [1, 1]))
        let window = Convolution(
            stride: [pick([1, 2, 3]), pick([1, 2])], dilation: [pick([1, 2]), pick([1, 2])],
            padding: [[pick([0, 1, 2]), pick([0, 1])], [pick([0, 1]), pick([0, 1, 2])]], groups: groups)
        let kernel: Shape = [groups * pick([1, 2]), channels / groups, pick([1, 2]), pick([1, 2])]
        let images = try sketch.builder.add(
            "windows", .convolution(window), [sketch.activation("stem.relu", .relu, stem), sketch.weight("windows.weight", kernel)])
        let shape = sketch.builder.shape(of: images)
        let (depth, places) = (shape[1], SymbolicLength(shape[2].size * shape[3].size))
        let tokens = try sketch.transpose("tokens", sketch.reshape("flat", images, [.batch, depth, places]), [0, 2, 1])

        let features = pick([1, 2, 4])
        let left = try sketch.linear("left", tokens, outputs: features)
        let right = try sketch.transpose("right.turned", sketch.linear("right", tokens, outputs: features), [0, 2, 1])
        var value = try sketch.matrixProduct("scores", left, right)
        if pick([true, false]) {
            // A row or a column stretched over the matrix.
            let axis = pick([1, 2])
            let mean = try sketch.builder.add("mean", .reduction(Reduction(.mean, axes: [axis], keepsAxes: true)), [value])
            value = try sketch.elementwise("stretched", .multiply, pick([true, false]) ? mean : value, pick([true, false]) ? value : mean)
            if sketch.builder.shape(of: value)[1] != places || sketch.builder.shape(of: value)[2] != places {
                value = try sketch.elementwise(
                    "restored", .multiply, value, try sketch.activation("tanh", .tanh, sketch.matrixProduct("again", left, right)))
            }
        }
        if pick([true, false]) { value = try sketch.elementwise("gated", .multiply, value, gates) }
        // A constant matrix, or several, on either side.
        let copies = pick([1, 3])
        let stacked = try sketch.reshape("stacked", value, [.batch, 1, places, places])
        switch pick([0, 1, 2]) {
        case 0: value = try sketch.matrixProduct("times", stacked, sketch.weight("times.weight", [copies, places.size, 2]))
        case 1: value = try sketch.matrixProduct("times", sketch.weight("times.weight", [copies, 2, places.size]), stacked)
        default:
            // Two computed values of which one is stretched over the copies of the other.
            let several = try sketch.matrixProduct("several", stacked, sketch.weight("several.weight", [copies, places.size, 2]))
            value = try sketch.matrixProduct("times", stacked, several)
        }
        let pooled = try sketch.builder.add("pooled", .reduction(Reduction(.mean, axes: [1, 2])), [value])
        sketch.builder.output("logits", try sketch.linear("head", pooled, outputs: 3))
        return try sketch.builder.build()
    }
}
