import Testing
import VolleyTensors

@Suite struct SeededGeneratorTests {
    @Test func givesTheSequenceOfSplitMix64() {
        // The published test vector for seed 1234567.
        var random = SeededGenerator(seed: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ]
        #expect(expected.allSatisfy { random.next() == $0 })
    }

    @Test func theSeedDecides() {
        var (a, b, c) = (SeededGenerator(seed: 9), SeededGenerator(seed: 9), SeededGenerator(seed: 10))
        let first = a.normalTensor([50])
        #expect(first == b.normalTensor([50]))
        #expect(first != c.normalTensor([50]))
        #expect(first != a.normalTensor([50]))
    }

    @Test func uniformValues() {
        var random = SeededGenerator(seed: 1)
        let values = (0..<20_000).map { _ in random.uniform() }
        #expect(values.allSatisfy { $0 >= 0 && $0 < 1 && ($0 * 0x1p24).rounded() == $0 * 0x1p24 })
        // Five standard errors: 1/√12/√20000 = 0.002, and for the variance 1/12·√(0.8/20000) = 0.0005.
        let mean = values.reduce(0) { $0 + Double($1) } / 20_000
        let variance = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / 20_000
        #expect(abs(mean - 0.5) < 0.01)
        #expect(abs(variance - 1.0 / 12) < 0.0027)
    }

    @Test func normalValues() {
        var random = SeededGenerator(seed: 2)
        let values = random.normalTensor([20_000], deviation: 3).values
        #expect(values.allSatisfy { abs($0) <= 18 })
        // Five standard errors: 3/√20000 = 0.021, and for the variance 9·√(2/20000) = 0.09.
        let mean = values.reduce(0) { $0 + Double($1) } / 20_000
        let variance = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / 20_000
        #expect(abs(mean) < 0.11)
        #expect(abs(variance - 9) < 0.45)
    }
}
