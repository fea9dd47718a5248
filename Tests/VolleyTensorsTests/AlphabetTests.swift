import Testing
import VolleyTensors

@Suite struct AlphabetTests {
    private func ladder(_ base: Float, _ levels: Int, steps: Int = 1) -> [Float] {
        (0..<levels).map { base * Float(sign: .plus, exponent: $0 / steps, significand: 1) * [1, 1.1892071, 1.4142135, 1.6817928][$0 % steps] }
    }

    /// What is exact comes before what is rounded, and one product before two.
    @Test func wholeNumbersAreTheSmallestThatHold() throws {
        func numbers(_ positive: [Float], _ negative: [Float]) -> WholeNumbers? {
            Alphabet(positive: positive, negative: negative).wholeNumbers
        }
        let silent = [Float](repeating: 0, count: 8)
        let same = try #require(numbers(ladder(0.3, 8), ladder(0.3, 8)))
        #expect(same.bytes == 1 && same.units == [0.3] && same.products == 1 && same.error == 0)
        #expect(same.numbers == [1, 2, 4, 8, 16, 32, 64, 128, -1, -2, -4, -8, -16, -32, -64, -128])
        #expect(numbers(ladder(0.3, 8), silent)?.products == 1)
        #expect(numbers(silent, ladder(0.3, 8))?.products == 1)
        let unequal = try #require(numbers(ladder(0.3, 8), ladder(0.2, 8)))
        #expect(unequal.bytes == 1 && unequal.units == [0.3, 0.2] && unequal.products == 2 && unequal.error == 0)
        let high = try #require(numbers(ladder(0.3, 12), ladder(0.3, 12)))
        #expect(high.bytes == 2 && high.units == [0.3] && high.numbers.max() == 2048 && high.error == 0)
        let fine = try #require(numbers(ladder(0.01, 32, steps: 4), ladder(0.01, 32, steps: 4)))
        #expect(fine.bytes == 2 && fine.products == 2 && fine.numbers.max() == 32_640)
        // The smallest of 8 octaves is about 152 units: half a unit is 0.33 % of it.
        #expect(fine.error > 1e-4 && fine.error < 3.4e-3)
        #expect(Alphabet(codes: [1, 2, 3], values: [0.7, 1.4, 0.7 * 3]).wholeNumbers?.products == 1)
        // 16 octaves lie too far apart.
        #expect(numbers(ladder(0.01, 64, steps: 4), ladder(0.01, 64, steps: 4)) == nil)
        #expect(numbers(silent, silent) == nil)
        #expect(numbers([.infinity], [1]) == nil)
    }

    @Test func theTableHasEveryCode() {
        let alphabet = Alphabet(codes: [1, 127, -1, -127], values: [0.5, 3, -0.25, -7])
        var expected = [Float](repeating: 0, count: 256)
        (expected[1], expected[127], expected[255], expected[129]) = (0.5, 3, -0.25, -7)
        #expect(alphabet.table == expected)
        #expect(alphabet.levels == 127 && alphabet.isOneSpikeEach)
        #expect(Alphabet(codes: [1, 2], values: [1, 2], spikes: [1, 2]).spikeCount([3, 5]) == 13)
    }

    @Test func brokenContractsTrap() async {
        await #expect(processExitsWith: .failure) { _ = Alphabet(codes: [1, 1], values: [1, 2]) }
        await #expect(processExitsWith: .failure) { _ = Alphabet(codes: [0], values: [1]) }
        await #expect(processExitsWith: .failure) { _ = Alphabet(codes: [1], values: [1], spikes: [0]) }
    }
}
