internal import VolleyFormats
internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// Layers, pools and layout: what maps a step's values to others.
extension NIRTranslation {
    mutating func translate(_ convolution: Convolution, _ id: NodeID, _ node: Node, _ input: Shape) {
        guard let (weight, bias) = parameters(of: node) else { return refuse(node, "its weights are not constant") }
        guard convolution.channels == .first else { return refuse(node, "its channels come last") }
        guard let padding = Self.symmetric(convolution.padding) else {
            return refuse(node, "it pads its sides differently, and NIR pads both alike")
        }
        let (nodes, scale) = settle(values[node.inputs[0]]!, input, for: node)
        let (outputs, depth, taps) = (weight.shape[0], weight.shape[1], weight.shape[2] * weight.shape[3])
        var folded = weight
        for index in folded.values.indices {
            let group = index / (depth * taps) / (outputs / convolution.groups)
            folded.values[index] *= scale.at(group * depth + index / taps % depth)
        }
        if weight.shape[2] != weight.shape[3] {
            remarks.append(
                "The kernel of '\(node.name)' is no square, which the package nir takes every kernel for: read the file without type_check.")
        }
        let content = NIRGraph.Node(
            "Conv2d",
            [
                "input_shape": .integers(Array(input.dimensions.dropFirst())), "weight": .floats(folded), "bias": .floats(bias),
                "stride": .integers(convolution.stride), "padding": .integers(padding), "dilation": .integers(convolution.dilation),
                "groups": .integer(convolution.groups),
            ])
        values[id] = [NIRTerm(node: add(node.name, for: node, content, nodes), scale: .one)]
    }

    mutating func translateLinear(_ id: NodeID, _ node: Node, _ input: Shape) {
        guard let (weight, bias) = parameters(of: node) else { return refuse(node, "its weights are not constant") }
        guard input.rank == 1 else { return refuse(node, "it maps every position of \(input), and NIR's Affine one vector") }
        let (nodes, scale) = settle(values[node.inputs[0]]!, input, for: node)
        var folded = weight
        for index in folded.values.indices { folded.values[index] *= scale.at(index % input[0]) }
        let content = NIRGraph.Node("Affine", ["weight": .floats(folded), "bias": .floats(bias)])
        values[id] = [NIRTerm(node: add(node.name, for: node, content, nodes), scale: .one)]
    }

    /// Weight and bias; zeros where there is none.
    private func parameters(of node: Node) -> (weight: Tensor, bias: Tensor)? {
        guard let weight = network.graph[node.inputs[1]].constant else { return nil }
        guard node.inputs.count > 2 else { return (weight, Tensor([weight.shape[0]])) }
        return network.graph[node.inputs[2]].constant.map { (weight, $0) }
    }

    /// One number for each axis; nil where its two ends differ.
    private static func symmetric(_ padding: [[Int]]) -> [Int]? {
        padding.allSatisfy { $0[0] == $0[1] } ? padding.map { $0[0] } : nil
    }

    // MARK: Pools

    mutating func translate(_ pooling: Pooling, _ id: NodeID, _ node: Node, _ input: Shape, _ output: Shape) {
        guard pooling.function == .average else { return refuse(node, "it is a maximum pool, and NIR has sums and means alone") }
        guard pooling.channels == .first, pooling.kernel.count == 2 else { return refuse(node, "it does not pool the two axes of images [C, H, W]") }
        guard pooling.dilation == [1, 1] else { return refuse(node, "it is dilated, and pools of NIR are not") }
        guard let padding = Self.symmetric(pooling.padding), pooling.countsPadding || padding == [0, 0] else {
            return refuse(node, "windows at its borders hold fewer values, and NIR does not say what their mean is")
        }
        let floor = (0..<2).map { (input[$0 + 1] + 2 * padding[$0] - pooling.kernel[$0]) / pooling.stride[$0] + 1 }
        guard Array(output.dimensions.dropFirst()) == floor else {
            return refuse(node, "its last windows reach beyond the image, and those of NIR do not")
        }
        addPool(id, node, kernel: pooling.kernel, stride: pooling.stride, padding: padding)
    }

    private mutating func addPool(_ id: NodeID, _ node: Node, kernel: [Int], stride: [Int], padding: [Int]) {
        let terms = values[node.inputs[0]]!
        let (nodes, scale) = settle(terms, sampleShape(network.graph[node.inputs[0]].shape)!, for: node)
        let content = NIRGraph.Node(
            pools == .sum ? "SumPool2d" : "AvgPool2d",
            ["kernel_size": .integers(kernel), "stride": .integers(stride), "padding": .integers(padding)])
        let mean = NIRScale.uniform(pools == .sum ? 1 / Float(kernel[0] * kernel[1]) : 1)
        values[id] = [NIRTerm(node: add(node.name, for: node, content, nodes), scale: scale * mean)]
    }

    /// The mean over whole images is one window.
    mutating func translate(_ reduction: Reduction, _ id: NodeID, _ node: Node, _ input: Shape) {
        guard reduction.function == .mean, input.rank == 3, reduction.axes.sorted() == [2, 3] else {
            return refuse(node, "NIR has no operator for it (\(reduction.function.rawValue) over axes \(reduction.axes))")
        }
        let kernel = [input[1], input[2]]
        addPool(id, node, kernel: kernel, stride: kernel, padding: [0, 0])
        if !reduction.keepsAxes { flatten(id, node, values[id]!, [input[0], 1, 1]) }
    }

    // MARK: Layout

    mutating func translateReshape(_ id: NodeID, _ node: Node, _ input: Shape, _ output: Shape) {
        let terms = values[node.inputs[0]]!
        if input == output {
            values[id] = terms
        } else if output.rank == 1 {
            flatten(id, node, terms, input)
        } else {
            refuse(node, "it makes \(output) of \(input), and NIR can only flatten")
        }
    }

    private mutating func flatten(_ id: NodeID, _ node: Node, _ terms: [NIRTerm], _ input: Shape) {
        let (nodes, scale) = settle(terms, input, for: node)
        let content = NIRGraph.Node("Flatten", ["input_type": .integers(input.dimensions), "start_dim": .integer(0), "end_dim": .integer(-1)])
        let name = add(node.name, for: node, content, nodes)
        let elements = scale.elements(input)
        values[id] = [NIRTerm(node: name, scale: NIRScale(elements, shape: [elements.count])!)]
    }
}
