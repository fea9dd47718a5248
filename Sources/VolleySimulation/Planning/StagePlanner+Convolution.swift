internal import VolleyGraph
internal import VolleyTensors

extension StagePlanner {
    /// A convolution with one group, constant weight and bias, right behind neurons; and an activation that alone reads it.
    func convolution(_ id: NodeID, _ convolution: Convolution) -> ConvolutionStage? {
        let node = graph[id]
        guard convolution.groups == 1, let source = neurons[node.inputs[0]]?.source, let packed = executable.packedWeight(of: id),
            let weight = graph[node.inputs[1]].constant, let bias = executable.layerBias(of: id)
        else { return nil }
        var nodes = [id]
        var activation: Kernels.Unary?
        if let next = onlyReader(of: id), case .operation(.activation(let function)) = graph[next].content,
            let kernel = function.function.kernel
        {
            activation = kernel
            nodes.append(next)
        }
        let weights = weights(of: id, packed, source)
        let kernel = LayerKernel(
            weights, bias: bias, source: source, activation: activation, target: nil, eventDensity: eventDensity(weights, source))
        // The axes behind the batch have plain lengths.
        let windows = ImageWindows(
            image: graph[node.inputs[0]].shape.dimensions.dropFirst().map(\.size),
            kernel: Array(weight.shape.dimensions.suffix(2)), stride: convolution.stride, dilation: convolution.dilation,
            padding: convolution.padding.map { $0[0] }, positions: node.shape.dimensions.suffix(2).map(\.size))
        return ConvolutionStage(kernel: kernel, windows: windows, convolution: id, input: node.inputs[0], nodes: nodes)
    }
}
