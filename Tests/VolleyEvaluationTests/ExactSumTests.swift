import Foundation
import Testing
import VolleyEvaluation
import VolleyTensors

/// Sums that no order and no parting changes.
@Suite struct ExactSumTests {
    private func sum(_ values: [Double]) -> ExactSum { values.reduce(into: ExactSum()) { $0 += $1 } }

    private static let extremes: [Double] = [
        0, -0.0, 1, -1, 0.1, -0.3, 1e300, -1e300, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 2.2250738585072014e-308, 1e-300 * 1e-10,
        .greatestFiniteMagnitude, 0x1.fffffffffffffp-1000,
    ]

    @Test func oneValueIsItself() {
        for value in Self.extremes {
            #expect(sum([value]).value == value)
            #expect(sum([value, -value]).value == 0 && sum([value, -value]) == ExactSum())
        }
        #expect(sum([]).value == 0)
    }

    /// What doubles lose is kept.
    @Test func cancellationLosesNothing() {
        #expect(sum([1e300, 1, -1e300]).value == 1)
        #expect(sum([1e16, 1, -1e16, 1e-20, -1]).value == 1e-20)
        #expect(sum([Double](repeating: 0.1, count: 10)).value == 1, "ten times the double next to 0.1")
        #expect(sum([.greatestFiniteMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude]).value == .greatestFiniteMagnitude)
        // Halves go to the even neighbour, and anything beyond a half does not.
        #expect(sum([1, 0x1p-53]).value == 1 && sum([1, 0x1p-53, .leastNonzeroMagnitude]).value == 1 + 0x1p-52)
        #expect(sum([-1, -0x1p-53]).value == -1 && sum([-1, -0x1p-53, -.leastNonzeroMagnitude]).value == -1 - 0x1p-52)
    }

    /// Whole numbers are summed as integers, where nothing rounds.
    @Test func integersAgree() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<50 {
            let numbers = (0..<200).map { _ in (Int(truncatingIfNeeded: random.next()) >> 12) >> Int(random.next() % 40) }
            #expect(sum(numbers.map { Double($0) * 0x1p-70 }).value == Double(numbers.reduce(0, +)) * 0x1p-70)
        }
    }

    @Test func orderAndPartsChangeNothing() throws {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<50 {
            var values = (0..<60).map { _ in Double(random.normal()) * pow(10, Double(random.next() % 60) - 30) }
            let whole = sum(values)
            values.shuffle(using: &random)
            #expect(sum(values) == whole && sum(values).value == whole.value)
            let cut = Int(random.next() % 60)
            var parts = sum(Array(values[cut...]))
            parts += sum(Array(values[..<cut]))
            #expect(parts == whole)
            #expect(try JSONDecoder().decode(ExactSum.self, from: JSONEncoder().encode(whole)) == whole)
        }
        for value in Self.extremes {
            let one = sum([value])
            #expect(try JSONDecoder().decode(ExactSum.self, from: JSONEncoder().encode(one)) == one)
        }
    }

    @Test(arguments: [
        "[1]", "[1,0]", "[2,0,1]", "[1,-1,1]", "[1,67,1]", "[1,66,1,1]", "[1,0,-1]", "[1,0,4294967296]", "[-9223372036854775808,0,1]", "[0.5]",
    ])
    func whatIsNoSumIsRefused(text: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(ExactSum.self, from: Data(text.utf8)) }
    }

    /// Ties share the mean of their ranks; the values are worked out by hand.
    @Test func rankCorrelations() {
        #expect(RankCorrelation.spearman([1, 2, 3], [10, 100, 1000]) == 1)
        #expect(RankCorrelation.spearman([1, 2, 3], [3, 2, 1]) == -1)
        // Ranks 0, 1.5, 1.5, 3 and 0, 2, 1, 3: 4.5 / √(4.5 · 5).
        #expect(abs(RankCorrelation.spearman([1, 2, 2, 5], [1, 3, 2, 9])! - 4.5 / (4.5 * 5).squareRoot()) < 1e-15)
        #expect(RankCorrelation.spearman([1, 1, 1], [1, 2, 3]) == nil && RankCorrelation.spearman([1], [2]) == nil)
    }
}
