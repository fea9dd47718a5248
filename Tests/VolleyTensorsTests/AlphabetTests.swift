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
        #expect(same.bytes == 1 && same.units == [0.3] && same.error == 0)
        #expect(same.numbers == [1, 2, 4, 8, 16, 32, 64, 128, -1, -2, -4, -8, -16, -32, -64, -128])
        #expect(numbers(ladder(0.3, 8), silent)?.units == [0.3])
        #expect(numbers(silent, ladder(0.3, 8))?.units == [0.3])
        let unequal = try #require(numbers(ladder(0.3, 8), ladder(0.2, 8)))
        #expect(unequal.bytes == 1 && unequal.units == [0.3, 0.2] && unequal.error == 0)
        let high = try #require(numbers(ladder(0.3, 12), ladder(0.3, 12)))
        #expect(high.bytes == 2 && high.units == [0.3] && high.numbers.max() == 2048 && high.error == 0)
        let fine = try #require(numbers(ladder(0.01, 32, steps: 4), ladder(0.01, 32, steps: 4)))
        #expect(fine.bytes == 2 && fine.numbers.max() == 32_640)
        // The smallest of 8 octaves is about 152 units: half a unit is 0.33 % of it.
        #expect(fine.error > 1e-4 && fine.error < 3.4e-3)
        #expect(Alphabet(codes: [1, 2, 3], values: [0.7, 1.4, 0.7 * 3]).wholeNumbers?.bytes == 1)
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

    /// A spike is graded where its value is no power of two times the smallest of its sign; counts are not.
    @Test func gradedSpikesAreThoseThatMultiply() {
        for steps in [1, 2, 4] {
            let size = 4 / steps
            let positive = (0..<12).map { ladder(0.3, 48, steps: 4)[$0 * size] }
            let alphabet = Alphabet(positive: positive, negative: positive.map { 0.7 * $0 })
            #expect(alphabet.graded == (0..<24).map { $0 % 12 % steps != 0 }, "\(steps)")
            #expect(alphabet.gradedMask == steps - 1 && alphabet.hasGraded == (steps > 1))
            #expect(alphabet.gradedCount((0..<24).map { Int64($0) }) == (0..<24).reduce(0) { $0 + ($1 % 12 % steps != 0 ? $1 : 0) })
        }
        let bursts = Alphabet(codes: [1, 2, 3], values: [0.7, 1.4, 0.7 * 3], spikes: [1, 2, 3])
        #expect(!bursts.hasGraded && bursts.gradedMask == 0)
        let values = Alphabet(codes: [1, 2, 3], values: [0.7, 1.4, 0.7 * 3])
        #expect(values.graded == [false, false, true] && values.gradedMask == nil)
        #expect(values.gradedCodes(of: [9, 1, 2, 3, 0, 3], from: 1, count: 5) == [0, 0, 3, 0, 3])
        #expect(Alphabet(codes: [1, 2], values: [0, 0.5]).graded == [false, false], "a value that is never sent is no base")
    }

    @Test func brokenContractsTrap() async {
        await #expect(processExitsWith: .failure) { _ = Alphabet(codes: [1, 1], values: [1, 2]) }
        await #expect(processExitsWith: .failure) { _ = Alphabet(codes: [0], values: [1]) }
        await #expect(processExitsWith: .failure) { _ = Alphabet(codes: [1], values: [1], spikes: [0]) }
    }

    /// Alphabets of few codes, which are compared one by one, and of many, which a table counts; parts that begin and end anywhere.
    @Test func countsByBruteForce() {
        for (levels, density, isBurst) in [
            (1, 2, false), (7, 10, false), (8, 3, false), (40, 2, false), (127, 50, false), (5, 2, true), (127, 3, true),
        ] {
            // Of bursts, the code is the number of spikes.
            let codes = (1...levels).map { Int8($0) } + (isBurst ? [] : (1...levels).map { -Int8($0) })
            let alphabet = Alphabet(
                codes: codes, values: codes.map { Float($0) }, spikes: codes.map { isBurst ? Int($0) : 1 + abs(Int($0)) % 7 })
            var random = SeededGenerator(seed: UInt64(levels))
            let sent = (0..<3000).map { _ in
                random.next(upperBound: UInt64(density)) == 0 ? codes[Int(random.next(upperBound: UInt64(codes.count)))] : Int8(0)
            }
            for part in [0..<0, 0..<3000, 1..<2, 3..<11, 17..<2048] {
                var counts = [Int64](repeating: 5, count: codes.count + 2)
                alphabet.count(sent, in: part, into: &counts, from: 1)
                #expect(counts == [5] + codes.map { code in 5 + Int64(sent[part].count { $0 == code }) } + [5])
            }
            for (start, rows, width) in [(0, 1, 3000), (7, 11, 13), (1, 40, 64), (2999, 1, 1), (5, 3, 0)] {
                var counts = [Int64](repeating: 2, count: rows + 1)
                alphabet.countSpikes(sent, from: start, rows: rows, width: width, adding: &counts, at: 1)
                let expected = (0..<rows).map { row in
                    sent[start + row * width..<start + (row + 1) * width].reduce(Int64(2)) { $0 + Int64(alphabet.spikeTable[Alphabet.place(of: $1)]) }
                }
                #expect(counts == [2] + expected)
            }
        }
    }
}
