import Foundation
import VolleyGraph

/// Arithmetic of numbers and of multiples of the batch size. N is some number from 1 on, other than any that a model
/// compares it with.
extension KnownNumber {
    /// - Parameter divides: how quotients are treated: integers are cut towards zero.
    /// - Throws: ``ONNXError`` for results that are neither a number nor a multiple of N.
    static func combine(
        _ function: BinaryFunction, _ a: KnownNumber, _ b: KnownNumber, areIntegers: Bool
    ) throws -> KnownNumber {
        switch function {
        case .add:
            if a.value == 0 { return b }
            if b.value == 0 { return a }
            return KnownNumber(a.value + b.value, scalesWithBatch: try sameScale(a, b, function))
        case .subtract:
            if b.value == 0 { return a }
            if a.value == 0 { return KnownNumber(-b.value, scalesWithBatch: b.scalesWithBatch) }
            return KnownNumber(a.value - b.value, scalesWithBatch: try sameScale(a, b, function))
        case .multiply:
            guard !a.scalesWithBatch || !b.scalesWithBatch else { throw inexpressible(function, a, b) }
            return KnownNumber(a.value * b.value, scalesWithBatch: a.scalesWithBatch || b.scalesWithBatch)
        case .divide: return try quotient(a, b, areIntegers: areIntegers)
        case .modulo, .remainder: return try remainder(function, a, b)
        case .power:
            guard !a.scalesWithBatch, !b.scalesWithBatch else { throw inexpressible(function, a, b) }
            return KnownNumber(pow(a.value, b.value))
        case .maximum: return try isLess(a, b, function) ? b : a
        case .minimum: return try isLess(a, b, function) ? a : b
        case .equal: return KnownNumber(a == b)
        case .notEqual: return KnownNumber(a != b)
        case .less: return KnownNumber(try isLess(a, b, function))
        case .greater: return KnownNumber(try isLess(b, a, function))
        case .lessOrEqual: return KnownNumber(try a == b || isLess(a, b, function))
        case .greaterOrEqual: return KnownNumber(try a == b || isLess(b, a, function))
        case .and: return KnownNumber(a.value != 0 && b.value != 0)
        case .or: return KnownNumber(a.value != 0 || b.value != 0)
        case .xor: return KnownNumber((a.value != 0) != (b.value != 0))
        }
    }

    private static func quotient(_ a: KnownNumber, _ b: KnownNumber, areIntegers: Bool) throws -> KnownNumber {
        if areIntegers, b.value == 0 { throw ONNXError(.malformed, "an integer is divided by zero") }
        if b.scalesWithBatch, !a.scalesWithBatch, a.value != 0 { throw inexpressible(.divide, a, b) }
        let quotient = a.value / b.value
        let scales = a.scalesWithBatch && !b.scalesWithBatch
        guard areIntegers else { return KnownNumber(quotient, scalesWithBatch: scales) }
        let whole = quotient.rounded(.towardZero)
        guard !scales || whole == quotient else { throw inexpressible(.divide, a, b) }
        return KnownNumber(whole, scalesWithBatch: scales)
    }

    private static func remainder(_ function: BinaryFunction, _ a: KnownNumber, _ b: KnownNumber) throws -> KnownNumber {
        let rest = a.value.truncatingRemainder(dividingBy: b.value)
        if a.scalesWithBatch, !b.scalesWithBatch {
            guard rest == 0 else { throw inexpressible(function, a, b) }
            return KnownNumber(0)
        }
        let scales = a.value == 0 ? false : try sameScale(a, b, function)
        let isFloored = function == .modulo && rest != 0 && (rest < 0) != (b.value < 0)
        return KnownNumber(isFloored ? rest + b.value : rest, scalesWithBatch: scales)
    }

    private static func sameScale(_ a: KnownNumber, _ b: KnownNumber, _ function: BinaryFunction) throws -> Bool {
        guard a.scalesWithBatch == b.scalesWithBatch else { throw inexpressible(function, a, b) }
        return a.scalesWithBatch
    }

    /// k·N is at least k, and so above every number below k.
    private static func isLess(_ a: KnownNumber, _ b: KnownNumber, _ function: BinaryFunction) throws -> Bool {
        switch (a.scalesWithBatch, b.scalesWithBatch) {
        case (false, false), (true, true): return a.value < b.value
        case (false, true):
            guard b.value > 0, a.value <= b.value else { throw inexpressible(function, a, b) }
            return true
        case (true, false):
            guard a.value > 0, b.value <= a.value else { throw inexpressible(function, a, b) }
            return false
        }
    }

    private static func inexpressible(_ function: BinaryFunction, _ a: KnownNumber, _ b: KnownNumber) -> ONNXError {
        ONNXError(
            .unsupported,
            "the shape arithmetic \(function.rawValue)(\(a), \(b)) depends on the batch size N in a way that is "
                + "not supported; export the model with a fixed batch of 1")
    }

    /// - Returns: nil where the function is not one of shape arithmetic, or not one of multiples of N.
    static func apply(_ function: UnaryFunction, _ x: KnownNumber) -> KnownNumber? {
        let isWhole = x.value == x.value.rounded()
        switch function {
        case .negate: return KnownNumber(-x.value, scalesWithBatch: x.scalesWithBatch)
        case .absolute: return KnownNumber(x.value.magnitude, scalesWithBatch: x.scalesWithBatch)
        case .floor, .ceil, .round, .truncate:
            if x.scalesWithBatch { return isWhole ? x : nil }
            let rule: FloatingPointRoundingRule =
                function == .floor ? .down : function == .ceil ? .up : function == .round ? .toNearestOrEven : .towardZero
            return KnownNumber(x.value.rounded(rule))
        case .not: return KnownNumber(x.value == 0)
        case .sign: return KnownNumber(x.value > 0 ? 1 : x.value < 0 ? -1 : x.value)
        case .isNaN: return KnownNumber(x.value.isNaN)
        default: return x.scalesWithBatch ? nil : real(function, x.value).map { KnownNumber($0) }
        }
    }

    private static func real(_ function: UnaryFunction, _ x: Double) -> Double? {
        switch function {
        case .exp: Foundation.exp(x)
        case .log: Foundation.log(x)
        case .sqrt: x.squareRoot()
        case .reciprocal: 1 / x
        case .sin: Foundation.sin(x)
        case .cos: Foundation.cos(x)
        case .tanh: Foundation.tanh(x)
        case .relu: max(x, 0)
        default: nil
        }
    }
}

extension KnownNumber: CustomStringConvertible {
    var description: String {
        let number = value == value.rounded() && value.magnitude < 0x1p53 ? String(Int(value)) : String(value)
        return scalesWithBatch ? (value == 1 ? "N" : number + "N") : number
    }
}
