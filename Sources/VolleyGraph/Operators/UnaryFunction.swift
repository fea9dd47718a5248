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
    /// `x · min(1, max(0, x/6 + 1/2))`.
    case hardSwish
    case isNaN

    /// The function that a kernel computes.
    public init(_ kernel: Kernels.Unary) { self = UnaryFunction(rawValue: kernel.rawValue)! }

    /// The kernel that computes it, where there is one.
    public var kernel: Kernels.Unary? { Kernels.Unary(rawValue: rawValue) }

    /// The function itself, for those without a kernel.
    var plain: ((Float) -> Float)? {
        switch self {
        case .exp, .erf, .tanh, .sigmoid, .relu, .gelu, .geluTanh, .quickGELU, .silu, .sqrt: nil
        case .negate: { -$0 }
        case .absolute: { $0.magnitude }
        case .log: { Foundation.log($0) }
        case .reciprocal: { 1 / $0 }
        case .floor: { $0.rounded(.down) }
        case .ceil: { $0.rounded(.up) }
        case .round: { $0.rounded(.toNearestOrEven) }
        case .truncate: { $0.rounded(.towardZero) }
        case .sign: { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }
        case .sin: { Foundation.sin($0) }
        case .cos: { Foundation.cos($0) }
        case .not: { $0 == 0 ? 1 : 0 }
        case .softplus: Self.softplus
        case .mish: { $0 * Foundation.tanh(Self.softplus($0)) }
        case .hardSwish: { $0 * min(max($0 / 6 + 0.5, 0), 1) }
        case .isNaN: { $0.isNaN ? 1 : 0 }
        }
    }

    /// Written so that exp does not overflow.
    private static func softplus(_ x: Float) -> Float { max(x, 0) + Foundation.log1p(Foundation.exp(-x.magnitude)) }
}
