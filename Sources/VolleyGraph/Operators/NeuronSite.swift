public import VolleyTensors

/// The place of a layer of spiking neurons; the node's name is the site's name.
///
/// Neurons stand before a layer, where the ANN hands the value on, or in the place of an activation function, which the ANN computes
/// there. What stands there in the spiking network is not the graph's business.
///
/// A second input, a constant whose shape is that of the last axes of the first, divides what arrives: neurons whose thresholds differ are
/// neurons of one threshold behind such a division. What they send is in that unit.
///
/// Where sites stand: <doc:Semantics>, section 6; what stands there: <doc:Semantics>, section 3.
public struct NeuronSite: GraphOperation {
    /// The activation function in whose place neurons stand; nil where they stand before a layer.
    public var activation: ReplacedActivation?

    public init(insteadOf activation: ReplacedActivation? = nil) { self.activation = activation }

    public var arity: ClosedRange<Int> { 1...2 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        if inputs.count > 1 {
            guard inputs[1].rank < inputs[0].rank, inputs[1].dimensions == inputs[0].dimensions.suffix(inputs[1].rank) else {
                throw GraphError(.shapeMismatch, "divisors of shape \(inputs[1]) do not fit neurons of shape \(inputs[0])")
            }
        }
        return try activation?.operator.operation.outputShape([inputs[0]]) ?? inputs[0]
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? {
        guard let activation else { return inputs[0].axis }
        return activation.operator.operation.batchAxis([inputs[0]])
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind { .neuron }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        if let activation {
            activation.operator.operation.evaluate([inputs[0]], into: &output, on: kernels)
        } else {
            output = inputs[0]
        }
        guard inputs.count > 1 else { return }
        let divisors = inputs[1].values
        for index in output.values.indices { output.values[index] /= divisors[index % divisors.count] }
    }
}

/// An activation function that neurons can stand in the place of.
public enum ReplacedActivation: Sendable, Hashable, Codable {
    case unary(Activation)
    case parametric(ParametricActivation)
    case trained(TrainedActivation)

    /// The rectifier, and what is bounded or rounded besides; nil for other operators.
    public init?(_ operation: Operator) {
        switch operation {
        case .activation(let activation) where activation.function == .relu: self = .unary(activation)
        case .parametricActivation(let clip) where operation.trainedActivation != nil: self = .parametric(clip)
        case .trainedActivation(let activation): self = .trained(activation)
        default: return nil
        }
    }

    /// The function by itself.
    public var `operator`: Operator {
        switch self {
        case .unary(let activation): .activation(activation)
        case .parametric(let activation): .parametricActivation(activation)
        case .trained(let activation): .trainedActivation(activation)
        }
    }

    /// As the operator stands in a file.
    public func encode(to encoder: any Encoder) throws { try `operator`.encode(to: encoder) }

    /// - Throws: `DecodingError` for an operator that neurons cannot stand in the place of.
    public init(from decoder: any Decoder) throws {
        let operation = try Operator(from: decoder)
        guard let activation = ReplacedActivation(operation) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "neurons in the place of '\(operation.name)', which is no rectifier"))
        }
        self = activation
    }

    /// What it was trained with; nil for the plain rectifier.
    public var trained: TrainedActivation? { `operator`.trainedActivation }
}

extension Operator {
    /// The neuron site that an operator is.
    public var neuronSite: NeuronSite? { if case .neuron(let site) = self { site } else { nil } }
}

extension Node {
    /// Whether neurons stand there.
    public var isNeuronSite: Bool { operation?.neuronSite != nil }
}
