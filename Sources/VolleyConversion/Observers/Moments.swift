internal import VolleyTensors

/// The mean and the root mean square of a distribution.
///
/// Sums are exact and so do not depend on the order of the values: by exponent e of a value `±s·2^e`, whose significand s is a whole
/// number below 2²⁴, the sums of `±s` and of `s²` are whole numbers.
public struct Moments: Observer, Hashable {
    public static let title = "moments"

    /// How many values were seen.
    public private(set) var count = 0
    /// By exponent.
    private var sums = [Int64](repeating: 0, count: Self.exponents)
    private var squares = [UInt128](repeating: 0, count: Self.exponents)

    /// Exponent fields of finite floats; the significand of a field f counts units of `2^(max(f, 1) − 150)`.
    private static let exponents = 255
    /// So many squares below 2⁴⁸ fit in 64 bits.
    private static let block = 1 << 16

    public init() {}

    public mutating func add(_ observation: Observation) {
        let values = observation.value.values
        count += values.count
        var block = [UInt64](repeating: 0, count: Self.exponents)
        for start in stride(from: 0, to: values.count, by: Self.block) {
            for index in start..<min(values.count, start + Self.block) {
                let bits = values[index].bitPattern
                let field = Int(bits >> 23 & 0xFF)
                let significand = Int64(bits & 0x7F_FFFF) | (field == 0 ? 0 : 0x80_0000)
                sums[field] += bits >> 31 == 0 ? significand : -significand
                block[field] += UInt64(significand * significand)
            }
            for field in 0..<Self.exponents where block[field] > 0 {
                squares[field] += UInt128(block[field])
                block[field] = 0
            }
        }
    }

    public mutating func merge(_ other: Moments) {
        count += other.count
        for field in 0..<Self.exponents {
            sums[field] += other.sums[field]
            squares[field] += other.squares[field]
        }
    }

    /// `Σx/n`; 0 where no value was seen.
    public var mean: Double {
        sums.enumerated().reduce(0) { $0 + Double($1.element) * Self.unit($1.offset) } / Double(max(1, count))
    }

    /// `Σx²/n`; 0 where no value was seen.
    public var meanSquare: Double {
        squares.enumerated().reduce(0) { $0 + Double($1.element) * Self.unit($1.offset) * Self.unit($1.offset) } / Double(max(1, count))
    }

    /// `√(Σx²/n)`, in the unit of the values.
    public var rootMeanSquare: Double { meanSquare.squareRoot() }

    private static func unit(_ field: Int) -> Double { Double(sign: .plus, exponent: max(field, 1) - 150, significand: 1) }
}
