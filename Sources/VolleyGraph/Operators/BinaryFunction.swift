internal import Foundation
public import VolleyTensors

/// An element-wise function of two values. Truth values are 0 and 1; whatever is not 0 counts as true.
public enum BinaryFunction: String, Sendable, Hashable, Codable, CaseIterable {
    case add, subtract, multiply, divide, maximum, minimum
    /// `a^b`; NaN for a negative a and a b that is not an integer.
    case power
    /// `a − b·⌊a/b⌋`: what is left of a floored division, with b's sign.
    case modulo
    /// What is left of a division cut towards zero, with a's sign.
    case remainder
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    case and, or, xor

    /// The function that a kernel computes.
    public init(_ kernel: Kernels.Binary) { self = BinaryFunction(rawValue: kernel.rawValue)! }

    /// The kernel that computes it, where there is one.
    public var kernel: Kernels.Binary? { Kernels.Binary(rawValue: rawValue) }

    /// The function itself, for those without a kernel.
    var plain: (Float, Float) -> Float {
        switch self {
        case .add: { $0 + $1 }
        case .subtract: { $0 - $1 }
        case .multiply: { $0 * $1 }
        case .divide: { $0 / $1 }
        case .maximum: { $0 > $1 || $0.isNaN ? $0 : $1 }
        case .minimum: { $0 < $1 || $0.isNaN ? $0 : $1 }
        case .power: { Foundation.pow($0, $1) }
        case .modulo: Self.flooredRemainder
        case .remainder: { $0.truncatingRemainder(dividingBy: $1) }
        case .equal: { $0 == $1 ? 1 : 0 }
        case .notEqual: { $0 != $1 ? 1 : 0 }
        case .less: { $0 < $1 ? 1 : 0 }
        case .lessOrEqual: { $0 <= $1 ? 1 : 0 }
        case .greater: { $0 > $1 ? 1 : 0 }
        case .greaterOrEqual: { $0 >= $1 ? 1 : 0 }
        case .and: { $0 != 0 && $1 != 0 ? 1 : 0 }
        case .or: { $0 != 0 || $1 != 0 ? 1 : 0 }
        case .xor: { ($0 != 0) != ($1 != 0) ? 1 : 0 }
        }
    }

    private static func flooredRemainder(_ a: Float, _ b: Float) -> Float {
        let remainder = a.truncatingRemainder(dividingBy: b)
        return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
    }
}
