/// The values of an alphabet as whole numbers times a unit, for products with integer weights.
///
/// `value ≈ unit · number`. Numbers of one byte reach 128, numbers of two bytes 32 767. Where positive and negative values are whole
/// multiples of different smallest ones, each sign has a unit of its own.
public struct WholeNumbers: Sendable, Hashable {
    /// The size of a number: 1 or 2. A dense product takes as many bytes one after the other, or the first of them where few numbers go
    /// beyond it: these add the rest of theirs event by event.
    public let bytes: Int
    /// One for all values, or one for positive and one for negative ones; then a dense product is formed for each.
    public let units: [Float]
    /// As the alphabet lists its values.
    public let numbers: [Int]
    /// `|unit · number − value| / |value|` of the value where it is largest.
    public let error: Double

    /// `unit · number`, as the alphabet lists its values.
    public var values: [Float] { numbers.map { units[$0 < 0 ? units.count - 1 : 0] * Float($0) } }

    /// The largest number of one byte, and of two.
    private static let largest = [1: 128, 2: 32_767]
    /// What the largest value becomes where values are rounded: 255 · 128, so that octaves stay exact, seven of them.
    private static let largestRounded: Float = 32_640
    /// Numbers below this are no longer close to what they stand for.
    private static let smallestRounded = 8

    /// What is exact comes first, and then what is small: one byte of one unit, of two units, two bytes of the smallest value, two
    /// bytes of a fraction of the largest.
    init?(_ values: [Float]) {
        guard values.allSatisfy(\.isFinite), values.contains(where: { $0 != 0 }) else { return nil }
        let positive = values.map { max($0, 0) }, negative = values.map { min($0, 0) }
        let found =
            Self.exact(values, bytes: 1).map { (1, [$0.unit], $0.numbers) }
            ?? Self.both(Self.exact(positive, bytes: 1), Self.exact(negative, bytes: 1)).map { (1, $0.units, $0.numbers) }
            ?? Self.exact(values, bytes: 2).map { (2, [$0.unit], $0.numbers) }
            ?? Self.rounded(values).map { (2, [$0.unit], $0.numbers) }
        guard let found else { return nil }
        (bytes, units, numbers) = found
        let units = found.1
        error = zip(values, found.2).reduce(0) { largest, pair in
            let (value, number) = pair
            guard value != 0 else { return largest }
            return max(largest, abs(Double(units[value < 0 ? units.count - 1 : 0]) * Double(number) / Double(value) - 1))
        }
    }

    private typealias Multiples = (unit: Float, numbers: [Int])

    /// Multiples of the smallest value, if all are.
    private static func exact(_ values: [Float], bytes: Int) -> Multiples? {
        guard let unit = values.lazy.filter({ $0 != 0 }).map(abs).min(), unit.isNormal else { return nil }
        let ratios = values.map { $0 / unit }
        guard zip(values, ratios).allSatisfy({ abs($1) <= Float(largest[bytes]!) && $1.rounded() == $1 && $1 * unit == $0 }) else {
            return nil
        }
        return (unit, ratios.map { Int($0) })
    }

    private static func both(_ positive: Multiples?, _ negative: Multiples?) -> (units: [Float], numbers: [Int])? {
        guard let positive, let negative else { return nil }
        return ([positive.unit, negative.unit], zip(positive.numbers, negative.numbers).map { $0 + $1 })
    }

    private static func rounded(_ values: [Float]) -> Multiples? {
        let unit = values.map(abs).max()! / largestRounded
        guard unit.isNormal else { return nil }
        let numbers = values.map { Int(($0 / unit).rounded()) }
        guard zip(values, numbers).allSatisfy({ $0 == 0 || abs($1) >= smallestRounded }) else { return nil }
        return (unit, numbers)
    }
}
