public import VolleyGraph

/// The operators that random graphs are made of, one case for each of ``Operator``; neuron layers are placed afterwards.
///
/// A new operator breaks `init` until it has a family, and a new family breaks ``RandomGraph`` until it can draw one.
public enum OperatorFamily: String, Sendable, CaseIterable {
    case linear, convolution, matrixProduct, elementwise, activation, parametricActivation, softmax, layerNormalization
    case rmsNormalization, pooling, reduction, argMaximum, cumulativeSum, triangle, selection, reshape, transpose, slice
    case gather, gatherElements, gatherND, padding, concatenation, expansion
    case transposedConvolution, resize, topK, quantization, trainedActivation

    /// nil for a place of neurons.
    public init?(_ operation: Operator) {
        switch operation {
        case .linear: self = .linear
        case .convolution: self = .convolution
        case .matrixProduct: self = .matrixProduct
        case .elementwise: self = .elementwise
        case .activation: self = .activation
        case .parametricActivation: self = .parametricActivation
        case .softmax: self = .softmax
        case .layerNormalization: self = .layerNormalization
        case .rmsNormalization: self = .rmsNormalization
        case .pooling: self = .pooling
        case .reduction: self = .reduction
        case .argMaximum: self = .argMaximum
        case .cumulativeSum: self = .cumulativeSum
        case .triangle: self = .triangle
        case .selection: self = .selection
        case .reshape: self = .reshape
        case .transpose: self = .transpose
        case .slice: self = .slice
        case .gather: self = .gather
        case .gatherElements: self = .gatherElements
        case .gatherND: self = .gatherND
        case .padding: self = .padding
        case .concatenation: self = .concatenation
        case .expansion: self = .expansion
        case .transposedConvolution: self = .transposedConvolution
        case .resize: self = .resize
        case .topK: self = .topK
        case .quantization: self = .quantization
        case .trainedActivation: self = .trainedActivation
        case .neuron: return nil
        }
    }

    /// How often it is drawn: layers often, since neurons stand before them.
    var weight: Int {
        switch self {
        case .linear: 10
        case .elementwise: 6
        case .gatherND: 6
        case .convolution, .activation, .expansion: 4
        case .matrixProduct, .reshape, .transpose, .transposedConvolution, .topK: 3
        default: 2
        }
    }
}
