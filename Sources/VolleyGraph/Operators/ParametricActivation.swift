internal import Foundation
public import VolleyTensors

/// `y = f(x; α, β)` element by element, with parameters that are numbers of the model.
///
/// It is nonlinear (<doc:Semantics>, section 4.1; ECMT theorem 4.1).
public struct ParametricActivation: GraphOperation {
    public enum Function: String, Sendable, Hashable, Codable, CaseIterable {
        /// `x` for x ≥ 0, `α·x` below: α.
        case leakyRelu
        /// `x` for x ≥ 0, `α·(exp(x) − 1)` below: α.
        case elu
        /// `x` for x ≥ 0, `α·(exp(x/α) − 1)` below: α ≠ 0.
        case celu
        /// `β·x` for x ≥ 0, `β·α·(exp(x) − 1)` below: α, β.
        case selu
        /// `min(1, max(0, α·x + β))`: α, β.
        case hardSigmoid
        /// `min(high, max(low, x))`: low, high.
        case clip
        /// `x` for x > α, otherwise 0: α.
        case thresholdedRelu
        /// `x + β` for x < −α, `x − β` for x > α, otherwise 0: α, β.
        case shrink
        /// `x · sigmoid(α·x)`: α.
        case swish
        /// Straight lines through points with ascending x, and beyond the first and the last of them: m₀, x₁, y₁, x₂, y₂, …, m, where m₀ is the
        /// slope before the first point and m the slope behind the last one.
        case piecewiseLinear

        /// How many parameters there are; of points, for one point.
        public var parameterCount: Int {
            switch self {
            case .leakyRelu, .elu, .celu, .thresholdedRelu, .swish: 1
            case .selu, .hardSigmoid, .clip, .shrink: 2
            case .piecewiseLinear: 4
            }
        }
    }

    public var function: Function
    /// In the order that the function names them in; finite.
    public var parameters: [Float]

    public init(_ function: Function, parameters: [Float]) {
        self.function = function
        self.parameters = parameters
    }

    public var arity: ClosedRange<Int> { 1...1 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        if function == .piecewiseLinear {
            guard PiecewiseLinear(parameters) != nil else {
                throw GraphError(.malformed, "\(function.rawValue) takes a slope, points with ascending x, and a slope, found \(parameters)")
            }
            return inputs[0]
        }
        guard parameters.count == function.parameterCount, parameters.allSatisfy(\.isFinite) else {
            throw GraphError(
                .malformed,
                "\(function.rawValue) takes \(function.parameterCount) finite parameters, found \(parameters)")
        }
        return inputs[0]
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? { inputs[0].axis }

    public func kind(timeVarying: [Bool]) -> OperatorKind { .nonlinear }

    /// The function without parameters that it is with these.
    public var fixedFunction: UnaryFunction? { function == .clip && parameters == [0, 6] ? .relu6 : nil }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        if let kernel = fixedFunction?.kernel {
            kernels.apply(kernel, to: inputs[0].values, into: &output.values)
        } else {
            inputs[0].map(plain, into: &output)
        }
    }

    private var plain: (Float) -> Float {
        let (first, second) = (parameters[0], parameters.count > 1 ? parameters[1] : 0)
        return switch function {
        case .leakyRelu: { $0 < 0 ? first * $0 : $0 }
        case .elu: { $0 < 0 ? first * expm1($0) : $0 }
        case .celu: { $0 < 0 ? first * expm1($0 / first) : $0 }
        case .selu: { second * ($0 < 0 ? first * expm1($0) : $0) }
        case .hardSigmoid: { min(max(first * $0 + second, 0), 1) }
        case .clip: { min(max($0, first), second) }
        case .thresholdedRelu: { $0 <= first ? 0 : $0 }
        case .shrink: { $0 < -first ? $0 + second : $0 > first ? $0 - second : $0.isNaN ? $0 : 0 }
        case .swish: { $0 / (1 + exp(-first * $0)) }
        case .piecewiseLinear: PiecewiseLinear(parameters)!.value
        }
    }
}
