internal import Foundation
public import VolleyTensors

/// An element-wise function of one value. Truth values are 0 and 1; whatever is not 0 counts as true.
public enum UnaryFunction: String, Sendable, Hashable, Codable, CaseIterable {
    case exp, erf, tanh, sigmoid, relu, gelu, geluTanh, quickGELU, silu, sqrt
    case negate, absolute, log, reciprocal
    /// To an integer: downwards, upwards, to the nearest (halves to the even one), towards zero.
    case floor, ceil, round, truncate
    /// −1, 0 or 1.
    case sign
    case sin, cos
    case not
    /// `log(1 + exp(x))`.
    case softplus
    /// `x · tanh(log(1 + exp(x)))`.
    case mish
    /// `min(6, max(0, x))`.
    case relu6
    /// `x · min(1, max(0, x/6 + 1/2))`.
    case hardSwish
    case isNaN

    /// The function that a kernel computes.
    public init(_ kernel: Kernels.Unary) { self = UnaryFunction(rawValue: kernel.rawValue)! }

    /// The kernel that computes it, where there is one.
    public var kernel: Kernels.Unary? { if case .kernel(let kernel) = implementation { kernel } else { nil } }

    /// What computes a function: a kernel, or the function itself.
    enum Implementation {
        case kernel(Kernels.Unary)
        case plain((Float) -> Float)
    }

    var implementation: Implementation {
        switch self {
        case .exp: .kernel(.exp)
        case .erf: .kernel(.erf)
        case .tanh: .kernel(.tanh)
        case .sigmoid: .kernel(.sigmoid)
        case .relu: .kernel(.relu)
        case .gelu: .kernel(.gelu)
        case .geluTanh: .kernel(.geluTanh)
        case .quickGELU: .kernel(.quickGELU)
        case .silu: .kernel(.silu)
        case .sqrt: .kernel(.sqrt)
        case .relu6: .kernel(.relu6)
        case .hardSwish: .kernel(.hardSwish)
        case .negate: .plain { -$0 }
        case .absolute: .plain { $0.magnitude }
        case .log: .plain { Foundation.log($0) }
        case .reciprocal: .plain { 1 / $0 }
        case .floor: .plain { $0.rounded(.down) }
        case .ceil: .plain { $0.rounded(.up) }
        case .round: .plain { $0.rounded(.toNearestOrEven) }
        case .truncate: .plain { $0.rounded(.towardZero) }
        case .sign: .plain { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }
        case .sin: .plain { Foundation.sin($0) }
        case .cos: .plain { Foundation.cos($0) }
        case .not: .plain { $0 == 0 ? 1 : 0 }
        case .softplus: .plain(Self.softplus)
        case .mish: .plain { $0 * Foundation.tanh(Self.softplus($0)) }
        case .isNaN: .plain { $0.isNaN ? 1 : 0 }
        }
    }

    /// Written so that exp does not overflow.
    private static func softplus(_ x: Float) -> Float { max(x, 0) + Foundation.log1p(Foundation.exp(-x.magnitude)) }
}
