internal import VolleyTensors

/// The mean and the root mean square of a distribution.
///
/// Sums are exact and so do not depend on the order of the values: by sign and exponent e of a value `±s·2^e`, whose significand s is a
/// whole number below 2²⁴, the sums of s and of s² are whole numbers.
public struct Moments: Observer, Hashable {
    public static let title = "moments"

    /// How many values were seen.
    public private(set) var count = 0
    /// By the sign and exponent bits of a value, its uppermost nine.
    private var sums = [Int](repeating: 0, count: Self.kinds)
    private var squares = [UInt128](repeating: 0, count: Self.kinds)

    private static let kinds = 512
    /// So many squares below 2⁴⁸ fit in 64 bits.
    private static let block = 1 << 16

    public init() {}

    public mutating func add(_ observation: Observation) {
        let values = observation.value.values
        count += values.count
        var (blockSums, blockSquares) = ([UInt64](repeating: 0, count: Self.kinds), [UInt64](repeating: 0, count: Self.kinds))
        for start in stride(from: 0, to: values.count, by: Self.block) {
            for index in start..<min(values.count, start + Self.block) {
                let bits = values[index].bitPattern
                let kind = Int(bits &>> 23)
                let significand = UInt64(bits & 0x7F_FFFF) | (Self.exponent(kind) == 0 ? 0 : 0x80_0000)
                blockSums[kind] &+= significand
                blockSquares[kind] &+= significand &* significand
            }
            for kind in 0..<Self.kinds where blockSums[kind] > 0 {
                sums[kind] += Int(blockSums[kind])
                squares[kind] += UInt128(blockSquares[kind])
                (blockSums[kind], blockSquares[kind]) = (0, 0)
            }
        }
    }

    public mutating func merge(_ other: Moments) {
        count += other.count
        for kind in 0..<Self.kinds {
            sums[kind] += other.sums[kind]
            squares[kind] += other.squares[kind]
        }
    }

    /// `Σx/n`; 0 where no value was seen.
    public var mean: Double {
        let sum = (0..<Self.kinds / 2).reduce(0) { $0 + Double(sums[$1] - sums[$1 + Self.kinds / 2]) * Self.unit($1) }
        return sum / Double(max(1, count))
    }

    /// `Σx²/n`; 0 where no value was seen.
    public var meanSquare: Double {
        let sum = (0..<Self.kinds).reduce(0) { $0 + Double(squares[$1]) * Self.unit($1) * Self.unit($1) }
        return sum / Double(max(1, count))
    }

    /// `√(Σx²/n)`, in the unit of the values.
    public var rootMeanSquare: Double { meanSquare.squareRoot() }

    /// The bits of the exponent.
    private static func exponent(_ kind: Int) -> Int { kind & 0xFF }

    /// What a significand counts: `2^(e − 150)` for the exponent bits e, and for subnormal numbers as for the smallest normal ones.
    private static func unit(_ kind: Int) -> Double { Double(sign: .plus, exponent: max(exponent(kind), 1) - 150, significand: 1) }
}
