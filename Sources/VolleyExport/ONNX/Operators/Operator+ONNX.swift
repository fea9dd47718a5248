internal import VolleyGraph
internal import VolleyONNX

extension VolleyGraph.Operator {
    /// Writes the operator as ordinary ONNX operators: the same function, element for element.
    /// - Returns: its value.
    /// - Throws: ``Refusal`` for what they cannot say.
    func write(_ call: NodeCall) throws -> Symbol {
        switch self {
        case .linear: call.linear()
        case .convolution(let convolution): convolution.write(call)
        case .transposedConvolution(let convolution): convolution.write(call)
        case .matrixProduct: call.operation("MatMul", call.inputs)
        case .elementwise(let elementwise): elementwise.function.write(call[0], call[1])
        case .activation(let activation): activation.function.write(call[0])
        case .parametricActivation(let activation): activation.write(call[0])
        case .trainedActivation(let activation): activation.write(call[0], call)
        case .quantization(let quantization): quantization.write(call)
        case .softmax: call[0].applying("Softmax", [("axis", .int(-1))])
        case .layerNormalization(let normalization):
            call.operation("LayerNormalization", call.inputs, [("axis", .int(-1)), ("epsilon", .float(normalization.epsilon))])
        case .rmsNormalization(let normalization): normalization.write(call)
        case .pooling(let pooling): pooling.write(call[0], from: call.operands[0].shape, to: call.shape)
        case .resize(let resize): resize.write(call)
        case .reduction(let reduction): reduction.write(call)
        case .argMaximum(let maximum): maximum.write(call)
        case .topK(let top): top.write(call)
        case .cumulativeSum(let sum): sum.write(call)
        case .triangle(let triangle):
            call.operation("Trilu", [call[0], call.writer.integer(triangle.diagonal)], [("upper", .int(triangle.upper ? 1 : 0))])
        case .selection: call[0].asTruth.choose(call[1], call[2])
        case .reshape(let reshape): call[0].reshaped(to: reshape.shape)
        case .transpose(let transpose): call[0].transposed(transpose.permutation)
        case .slice(let slicing): slicing.write(call)
        case .gather(let gather):
            call.operation(
                "Gather", [call[0], try call.positions(1, within: call.operands[0].shape.lengths([gather.axis]))], [("axis", .int(gather.axis))])
        case .gatherElements(let gather):
            call.operation(
                "GatherElements", [call[0], try call.positions(1, within: call.operands[0].shape.lengths([gather.axis]))],
                [("axis", .int(gather.axis))])
        case .gatherND(let gather): try gather.write(call)
        case .padding(let padding): padding.write(call)
        case .concatenation(let concatenation): call.operation("Concat", call.inputs, [("axis", .int(concatenation.axis))])
        case .expansion(let expansion): call.operation("Expand", [call[0], call.writer.lengths(expansion.shape)])
        case .neuron: throw Refusal("neurons stand there")
        }
    }
}
