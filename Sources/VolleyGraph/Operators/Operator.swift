/// The closed set of operators. Adding one: a struct that conforms to ``GraphOperation`` in a file of its own, a case here, and
/// the compiler lists the rest.
public enum Operator: Sendable, Hashable {
    case linear(Linear)
    case convolution(Convolution)
    case transposedConvolution(TransposedConvolution)
    case matrixProduct(MatrixProduct)
    case elementwise(Elementwise)
    case activation(Activation)
    case parametricActivation(ParametricActivation)
    case trainedActivation(TrainedActivation)
    case quantization(Quantization)
    case softmax(Softmax)
    case layerNormalization(LayerNormalization)
    case rmsNormalization(RMSNormalization)
    case pooling(Pooling)
    case resize(Resize)
    case reduction(Reduction)
    case argMaximum(ArgMaximum)
    case topK(TopK)
    case cumulativeSum(CumulativeSum)
    case triangle(Triangle)
    case selection(Selection)
    case reshape(Reshape)
    case transpose(Transpose)
    case slice(Slicing)
    case gather(Gather)
    case gatherElements(GatherElements)
    case gatherND(GatherND)
    case padding(Padding)
    case concatenation(Concatenation)
    case expansion(Expansion)
    case neuron(NeuronSite)

    public var operation: any GraphOperation {
        switch self {
        case .linear(let operation): operation
        case .convolution(let operation): operation
        case .transposedConvolution(let operation): operation
        case .matrixProduct(let operation): operation
        case .elementwise(let operation): operation
        case .activation(let operation): operation
        case .parametricActivation(let operation): operation
        case .trainedActivation(let operation): operation
        case .quantization(let operation): operation
        case .softmax(let operation): operation
        case .layerNormalization(let operation): operation
        case .rmsNormalization(let operation): operation
        case .pooling(let operation): operation
        case .resize(let operation): operation
        case .reduction(let operation): operation
        case .argMaximum(let operation): operation
        case .topK(let operation): operation
        case .cumulativeSum(let operation): operation
        case .triangle(let operation): operation
        case .selection(let operation): operation
        case .reshape(let operation): operation
        case .transpose(let operation): operation
        case .slice(let operation): operation
        case .gather(let operation): operation
        case .gatherElements(let operation): operation
        case .gatherND(let operation): operation
        case .padding(let operation): operation
        case .concatenation(let operation): operation
        case .expansion(let operation): operation
        case .neuron(let operation): operation
        }
    }

    /// What kind of operator it is, in a word; also its name in files.
    public var name: String { tag.rawValue }
}

extension Operator: Codable {
    private enum Tag: String, Codable {
        case linear, convolution, transposedConvolution, matrixProduct, elementwise, activation, parametricActivation
        case trainedActivation, quantization, softmax, layerNormalization, rmsNormalization, pooling, resize, reduction, argMaximum, topK
        case cumulativeSum, triangle, selection
        case reshape, transpose, slice, gather, gatherElements, gatherND, padding, concatenation, expansion, neuron
    }

    private enum Key: String, CodingKey { case op }

    private var tag: Tag {
        switch self {
        case .linear: .linear
        case .convolution: .convolution
        case .transposedConvolution: .transposedConvolution
        case .matrixProduct: .matrixProduct
        case .elementwise: .elementwise
        case .activation: .activation
        case .parametricActivation: .parametricActivation
        case .trainedActivation: .trainedActivation
        case .quantization: .quantization
        case .softmax: .softmax
        case .layerNormalization: .layerNormalization
        case .rmsNormalization: .rmsNormalization
        case .pooling: .pooling
        case .resize: .resize
        case .reduction: .reduction
        case .argMaximum: .argMaximum
        case .topK: .topK
        case .cumulativeSum: .cumulativeSum
        case .triangle: .triangle
        case .selection: .selection
        case .reshape: .reshape
        case .transpose: .transpose
        case .slice: .slice
        case .gather: .gather
        case .gatherElements: .gatherElements
        case .gatherND: .gatherND
        case .padding: .padding
        case .concatenation: .concatenation
        case .expansion: .expansion
        case .neuron: .neuron
        }
    }

    /// One object: the operator's name under "op" beside its attributes.
    public init(from decoder: any Decoder) throws {
        switch try decoder.container(keyedBy: Key.self).decode(Tag.self, forKey: .op) {
        case .linear: self = .linear(try Linear(from: decoder))
        case .convolution: self = .convolution(try Convolution(from: decoder))
        case .transposedConvolution: self = .transposedConvolution(try TransposedConvolution(from: decoder))
        case .matrixProduct: self = .matrixProduct(try MatrixProduct(from: decoder))
        case .elementwise: self = .elementwise(try Elementwise(from: decoder))
        case .activation: self = .activation(try Activation(from: decoder))
        case .parametricActivation: self = .parametricActivation(try ParametricActivation(from: decoder))
        case .trainedActivation: self = .trainedActivation(try TrainedActivation(from: decoder))
        case .quantization: self = .quantization(try Quantization(from: decoder))
        case .softmax: self = .softmax(try Softmax(from: decoder))
        case .layerNormalization: self = .layerNormalization(try LayerNormalization(from: decoder))
        case .rmsNormalization: self = .rmsNormalization(try RMSNormalization(from: decoder))
        case .pooling: self = .pooling(try Pooling(from: decoder))
        case .resize: self = .resize(try Resize(from: decoder))
        case .reduction: self = .reduction(try Reduction(from: decoder))
        case .argMaximum: self = .argMaximum(try ArgMaximum(from: decoder))
        case .topK: self = .topK(try TopK(from: decoder))
        case .cumulativeSum: self = .cumulativeSum(try CumulativeSum(from: decoder))
        case .triangle: self = .triangle(try Triangle(from: decoder))
        case .selection: self = .selection(try Selection(from: decoder))
        case .reshape: self = .reshape(try Reshape(from: decoder))
        case .transpose: self = .transpose(try Transpose(from: decoder))
        case .slice: self = .slice(try Slicing(from: decoder))
        case .gather: self = .gather(try Gather(from: decoder))
        case .gatherElements: self = .gatherElements(try GatherElements(from: decoder))
        case .gatherND: self = .gatherND(try GatherND(from: decoder))
        case .padding: self = .padding(try Padding(from: decoder))
        case .concatenation: self = .concatenation(try Concatenation(from: decoder))
        case .expansion: self = .expansion(try Expansion(from: decoder))
        case .neuron: self = .neuron(try NeuronSite(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(tag, forKey: .op)
        try operation.encode(to: encoder)
    }
}
