internal import Foundation
internal import VolleyGraph
public import VolleyTensors

/// The networks of rectifiers that stand for functions: those that were stated, such as trained ones, and otherwise straight lines between
/// knots, in closed form.
///
/// | function | units | knots where nothing is stated |
/// |---|---|---|
/// | GELU and its kin | `activationUnits` | at equal distances from −8 to 8 |
/// | exp | 32 | 4 parts of −20…−6, 28 of −6…3.2; more of the same length where `largestScore` c is above 3 |
/// | 1/x, of sums of n exponentials | 64 | at equal ratios from 1 to n·e^c |
/// | 1/√x | `rootUnits` | at equal ratios over what calibration shows at each place, √2 beyond on both sides |
public struct FittedFunctions: Sendable, Hashable {
    public enum Function: String, Sendable, Hashable, CaseIterable {
        case gelu
        case exponential = "exp"
        case inverse = "inv"
        case inverseRoot = "sqrtinv"
    }

    public var stated: [Function: RectifierNetwork]
    public var activationUnits = 64
    public var rootUnits = 8
    /// Where the arguments of exp are cut off: scores, less the first of their row, plus 1.
    public var largestScore: Float = 3

    public init(_ stated: [Function: RectifierNetwork] = [:]) { self.stated = stated }

    /// From arrays `NAME/w1`, `NAME/b1` and `NAME/w2` of as many numbers and `NAME/b2` of one, with NAME one of gelu, exp, inv and sqrtinv.
    /// - Throws: ``ConversionError`` (`badSettings`) for other names, numbers that do not fit, and numbers that are not finite.
    public init(arrays: [String: Tensor]) throws {
        func fail(_ message: String) -> ConversionError { ConversionError(.badSettings, "the networks that stand for functions: \(message)") }
        let parts = ["w1", "b1", "w2", "b2"]
        let known = Set(Function.allCases.flatMap { function in parts.map { "\(function.rawValue)/\($0)" } })
        if let unknown = arrays.keys.sorted().first(where: { !known.contains($0) }) {
            throw fail("'\(unknown)' is none of \(Function.allCases.map { "\($0.rawValue)/…" }.joined(separator: ", ")) with … = w1, b1, w2, b2")
        }
        guard !arrays.isEmpty else { throw fail("no arrays are given") }
        self.init()
        for function in Function.allCases where arrays.keys.contains(where: { $0.hasPrefix(function.rawValue + "/") }) {
            let found = try parts.map { part in
                guard let array = arrays["\(function.rawValue)/\(part)"] else { throw fail("'\(function.rawValue)/\(part)' is missing") }
                return array.values.map(Double.init)
            }
            guard !found[0].isEmpty, found[1].count == found[0].count, found[2].count == found[0].count, found[3].count == 1 else {
                throw fail("\(function.rawValue) needs as many numbers in w1, b1 and w2 and one in b2, found \(found.map(\.count))")
            }
            guard found.joined().allSatisfy(\.isFinite) else { throw fail("\(function.rawValue) holds NaN or infinite numbers") }
            stated[function] = RectifierNetwork(
                inputWeights: found[0], inputBiases: found[1], outputWeights: found[2], outputBias: found[3][0])
        }
    }

    /// The network of an activation function; nil for those that stay as they are.
    func activation(_ function: UnaryFunction) -> RectifierNetwork? {
        let exact: (Double) -> Double
        switch function {
        case .gelu: exact = { 0.5 * $0 * (1 + erf($0 / 2.squareRoot())) }
        case .geluTanh: exact = { 0.5 * $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }
        case .quickGELU: exact = { $0 / (1 + exp(-1.702 * $0)) }
        case .silu: exact = { $0 / (1 + exp(-$0)) }
        default: return nil
        }
        if let stated = stated[.gelu], function == .gelu { return stated }
        return RectifierNetwork(of: exact, at: .uniform(from: -8, to: 8, parts: activationUnits))
    }

    var exponential: RectifierNetwork {
        if let stated = stated[.exponential] { return stated }
        let last = Double(largestScore) + 0.2
        let parts = max(28, Int((28 * (last + 6) / 9.2).rounded()))
        return RectifierNetwork(of: exp, at: .uniform(from: -20, to: -6, parts: 4) + [Double].uniform(from: -6, to: last, parts: parts).dropFirst())
    }

    /// - Parameter count: how many exponentials are summed.
    func inverse(of count: Int) -> RectifierNetwork {
        stated[.inverse]
            ?? RectifierNetwork(of: { 1 / $0 }, at: .geometric(from: 1, to: Double(max(2, count)) * exp(Double(largestScore)), parts: 64))
    }

    /// - Parameter range: what its argument may be; above 0.
    func inverseRoot(over range: ClosedRange<Double>) -> RectifierNetwork {
        stated[.inverseRoot]
            ?? RectifierNetwork(
                of: { 1 / $0.squareRoot() },
                at: .geometric(from: range.lowerBound / 2.squareRoot(), to: range.upperBound * 2.squareRoot(), parts: rootUnits))
    }
}
