internal import VolleyTensors

/// Takes what is multiplied with and added to the output of a linear layer or convolution into its weight and bias, where that
/// is one number per channel: batch normalisation, layer scale, a bias of its own.
///
/// The layer stays affine (<doc:Semantics>, section 2), and a site behind it sees the normalised value.
/// Batch normalisation: Ioffe and Szegedy, 2015 (arXiv 1502.03167); at inference, its algorithm 2 is one factor and one addend for each
/// channel.
public enum FoldScaleAndShift {
    /// - Throws: ``GraphError`` never for a graph that was verified.
    public static func apply(to graph: Graph) throws -> Graph {
        let readers = graph.consumers.map(\.count)
        let outputs = Set(graph.outputs.map(\.value))
        let folded = try graph.rebuilt { builder, node, _, inputs in
            if case .elementwise(let elementwise)? = node.operation {
                for (layer, constant) in [(0, 1), (1, 0)] {
                    guard readers[node.inputs[layer]] == 1, !outputs.contains(node.inputs[layer]), let value = builder.constant(of: inputs[constant]),
                        let change = ChannelChange(elementwise.function, constantIsLeft: constant == 0),
                        let new = try fold(change, value, into: inputs[layer], node, &builder, graph)
                    else { continue }
                    return new
                }
            }
            return try builder.copy(node, inputs: inputs)
        }
        return try RemoveUnusedNodes.apply(to: folded)
    }

    /// Puts the layer with changed weights under the node's name.
    /// - Returns: nil where that cannot be done.
    private static func fold(
        _ change: ChannelChange, _ value: Tensor, into layer: NodeID, _ node: Node, _ builder: inout GraphBuilder, _ graph: Graph
    ) throws -> NodeID? {
        let old = builder[layer]
        let axis: Int
        switch old.operation {
        case .linear?: axis = old.shape.rank - 1
        case .convolution?: axis = 1
        default: return nil
        }
        guard old.shape == node.shape, !old.shape[axis].scalesWithBatch, var weight = builder.constant(of: old.inputs[1]),
            let values = perChannel(value, axis: axis, of: old.shape)
        else { return nil }
        var bias = [Float](repeating: 0, count: values.count)
        if old.inputs.count > 2 {
            guard let constant = builder.constant(of: old.inputs[2]) else { return nil }
            bias = constant.values
        }
        let taps = weight.shape.rowCount
        for (channel, value) in values.enumerated() {
            let (scale, shift) = (change.scale(value), change.shift(value))
            if scale != 1 {
                for index in channel * taps..<(channel + 1) * taps { weight.values[index] *= scale }
            }
            bias[channel] = bias[channel] * scale + shift
        }
        guard weight.values.allSatisfy(\.isFinite), bias.allSatisfy(\.isFinite) else { return nil }
        var inputs = [old.inputs[0], old.inputs[1]]
        if change.scales { inputs[1] = try builder.addConstant(node.name + ".weight", weight) }
        if old.inputs.count > 2 || change.shifts {
            inputs.append(try builder.addConstant(node.name + ".bias", Tensor([bias.count], bias)))
        }
        return try builder.add(node.name, old.operation!, inputs)
    }

    /// The elements of a constant that differs along one axis of a shape at most.
    private static func perChannel(_ value: Tensor, axis: Int, of shape: SymbolicShape) -> [Float]? {
        let channels = shape[axis].size
        guard value.shape.rank <= shape.rank else { return nil }
        if value.count == 1 { return Array(repeating: value.values[0], count: channels) }
        let own = axis - (shape.rank - value.shape.rank)
        return own >= 0 && value.shape[own] == channels && value.count == channels ? value.values : nil
    }
}

/// What one element-wise function with a constant does to each channel: `y = scale·x + shift`.
private struct ChannelChange {
    let function: BinaryFunction
    let constantIsLeft: Bool

    init?(_ function: BinaryFunction, constantIsLeft: Bool) {
        guard [.add, .subtract, .multiply].contains(function) || function == .divide && !constantIsLeft else { return nil }
        self.function = function
        self.constantIsLeft = constantIsLeft
    }

    /// Whether the weight changes.
    var scales: Bool { function != .add && !(function == .subtract && !constantIsLeft) }

    /// Whether the bias changes, or comes into being.
    var shifts: Bool { function == .add || function == .subtract }

    func scale(_ value: Float) -> Float {
        switch function {
        case .multiply: value
        case .divide: 1 / value
        case .subtract where constantIsLeft: -1
        default: 1
        }
    }

    func shift(_ value: Float) -> Float {
        switch function {
        case .add: value
        case .subtract: constantIsLeft ? value : -value
        default: 0
        }
    }
}
