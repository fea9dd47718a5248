/// A sum of doubles without rounding: whatever their order, and however they are parted, the same number.
///
/// It is a fixed-point number as wide as all finite doubles, `Σ_i digits[i] · 2^(32 i − 1074)`, so that every addition is exact and sums of
/// parts add up to the sum of the whole, bit for bit. Only ``value`` rounds, once. Kulisch, *Very Fast and Exact Accumulation of Products*,
/// Computing 91, 2011.
public struct ExactSum: Sendable, Hashable {
    /// Doubles end below 2^1024, which is digit 65; what is above holds the carries of 2^63 of them.
    private static let places = 68
    private static let mask: Int64 = 0xFFFF_FFFF

    /// All but the last within 0 ..< 2^32; the last one has the sign.
    private var digits = [Int64](repeating: 0, count: places)

    public init() {}

    /// - Precondition: `value` is finite.
    public static func += (sum: inout ExactSum, value: Double) {
        precondition(value.isFinite, "a sum of what is not finite has no value")
        guard value != 0 else { return }
        let isNormal = value.exponentBitPattern > 0
        let significand = value.significandBitPattern | (isNormal ? 1 << 52 : 0)
        let place = Int(value.exponentBitPattern) - (isNormal ? 1 : 0)
        let (first, shift) = (place / 32, UInt64(place % 32))
        let (low, high) = ((significand & 0xFFFF_FFFF) << shift, (significand >> 32) << shift)
        let parts = [Int64(low & 0xFFFF_FFFF), Int64(low >> 32) + Int64(high & 0xFFFF_FFFF), Int64(high >> 32)]
        for (index, part) in parts.enumerated() { sum.digits[first + index] += value < 0 ? -part : part }
        sum.carry(from: first, through: first + parts.count - 1)
    }

    public static func += (sum: inout ExactSum, other: ExactSum) {
        for index in sum.digits.indices { sum.digits[index] += other.digits[index] }
        sum.carry(from: 0, through: places - 1)
    }

    /// Puts the digits from `first` on back into their range; beyond `last` it ends where nothing is carried.
    private mutating func carry(from first: Int, through last: Int) {
        var index = first
        while index < Self.places - 1 {
            let carried = digits[index] >> 32
            if carried == 0, index > last { return }
            digits[index] &= Self.mask
            digits[index + 1] += carried
            index += 1
        }
    }

    private var isNegative: Bool { digits[Self.places - 1] < 0 }

    /// The digits of the number without its sign.
    private var magnitude: [Int64] {
        guard isNegative else { return digits }
        var negated = ExactSum()
        negated.digits = digits.map { -$0 }
        negated.carry(from: 0, through: Self.places - 1)
        return negated.digits
    }

    /// The double next to the sum, the even one of two that are as close.
    public var value: Double {
        let digits = magnitude
        guard let top = digits.lastIndex(where: { $0 != 0 }) else { return 0 }
        func digit(_ index: Int) -> UInt64 { index >= 0 ? UInt64(digits[index]) : 0 }
        let free = UInt64(digit(top).leadingZeroBitCount - 32)
        // The 64 bits from the first one on; whatever is below shows in the last of them alone.
        var bits = digit(top) << (32 + free) | digit(top - 1) << free
        if free > 0 { bits |= digit(top - 2) >> (32 - free) }
        let rest = free > 0 ? digit(top - 2) << (32 + free) : digit(top - 2)
        if rest != 0 || digits.prefix(max(0, top - 2)).contains(where: { $0 != 0 }) { bits |= 1 }
        let exponent = 32 * (top - 1) - Int(free) - 1074
        return Double(sign: isNegative ? .minus : .plus, exponent: exponent, significand: Double(bits))
    }
}

extension ExactSum: Codable {
    /// Written as its sign, the place of its first digit and its digits, in base 2^32 from the smallest on.
    public func encode(to encoder: any Encoder) throws {
        let digits = magnitude
        var container = encoder.unkeyedContainer()
        guard let first = digits.firstIndex(where: { $0 != 0 }), let last = digits.lastIndex(where: { $0 != 0 }) else { return }
        for number in [isNegative ? -1 : 1, Int64(first)] + digits[first...last] { try container.encode(number) }
    }

    public init(from decoder: any Decoder) throws {
        self.init()
        var container = try decoder.unkeyedContainer()
        var numbers: [Int64] = []
        while !container.isAtEnd { numbers.append(try container.decode(Int64.self)) }
        guard !numbers.isEmpty else { return }
        let range = 0..<Int64(Self.places - 1)
        guard numbers.count > 2, [1, -1].contains(numbers[0]), range ~= numbers[1], Int(numbers[1]) + numbers.count - 2 < Self.places,
            numbers[2...].allSatisfy({ 0...Self.mask ~= $0 })
        else { throw DecodingError.dataCorruptedError(in: container, debugDescription: "a sum is a sign, a place and digits") }
        for (index, digit) in numbers[2...].enumerated() { digits[Int(numbers[1]) + index] = numbers[0] * digit }
        carry(from: 0, through: Self.places - 1)
    }
}
