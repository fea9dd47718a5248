import Foundation
import Testing
import VolleyConversion
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

/// Every observer against sorting or summing all values at once, and the law of observers: how the values are parted, and in which
/// order the parts are merged, cannot be seen in the result.
@Suite struct ObserverTests {
    /// `[samples, 3, 5]`: values over many orders of magnitude, zeros, subnormal ones and ends of ranges among them.
    static let samples: [Tensor] = {
        var random = SeededGenerator(seed: 71)
        return (0..<24).map { sample in
            Tensor(
                [1, 3, 5],
                (0..<15).map { index in
                    switch (sample + index) % 6 {
                    case 0: 0
                    case 1: Float(sign: index % 2 == 0 ? .plus : .minus, exponent: sample % 9 - 4, significand: 1)
                    case 2: sample == 7 ? Float.leastNonzeroMagnitude * Float(index) : Float(index) / 3
                    case 3: -Float(sample) * 0.37
                    default:
                        Float(sign: .plus, exponent: Int(random.next() % 40) - 20, significand: 1 + Float(random.next() % 1000) / 1000)
                            * (random.next() % 2 == 0 ? 1 : -1)
                    }
                })
        }
    }()

    private static var all: [Float] { samples.flatMap(\.values) }

    private static func observation(_ samples: [Tensor]) -> Observation {
        Observation(BatchAxis(0).joining(samples), samples: samples.count, batchAxis: BatchAxis(0))
    }

    /// Adds the samples in parts, on several observers, and merges these in an order of their own.
    private func observed<Kind: Observer>(_ make: () -> Kind, _ order: [Int], parts: Int, reversed: Bool) -> Kind {
        var merged: [Kind] = evenRanges(of: order.count, parts: parts).map { range in
            var observer = make()
            for piece in evenRanges(of: range.count, parts: 3) where !piece.isEmpty {
                observer.add(Self.observation(piece.map { Self.samples[order[range.lowerBound + $0]] }))
            }
            return observer
        }
        // As from another process.
        if reversed { merged = merged.reversed().map(copied) }
        // Pairs first, as a tree; one without any value among them.
        merged.append(make())
        while merged.count > 1 {
            var (left, right) = (merged.removeFirst(), merged.removeFirst())
            if reversed { swap(&left, &right) }
            left.merge(right)
            merged.append(left)
        }
        return merged[0]
    }

    private func copied<Kind: Observer>(_ observer: Kind) -> Kind {
        let encoder = JSONEncoder(), decoder = JSONDecoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try! decoder.decode(Kind.self, from: encoder.encode(observer))
    }

    private func holdsLaw<Kind: Observer, Result: Equatable>(_ make: () -> Kind, _ result: (Kind) -> Result) -> Bool {
        let order = Array(Self.samples.indices)
        var whole = make()
        whole.add(Self.observation(Self.samples))
        let expected = result(whole)
        return [
            (order, 1, false), (order, 5, true), (order.reversed(), 7, false),
            (order.filter { $0 % 2 == 0 } + order.filter { $0 % 2 == 1 }, 24, true),
        ]
        .allSatisfy { order, parts, reversed in
            result(observed(make, order, parts: parts, reversed: reversed)) == expected
        }
    }

    @Test(arguments: [0.5, 0.75, 0.99, 1]) func tails(_ quantile: Double) throws {
        let make = { Tails(quantile: quantile, ofAtMost: Self.all.count) }
        var tails = make()
        tails.add(Self.observation(Self.samples))
        let sorted = Self.all.sorted()
        let high = max(1, Int(quantile * Double(sorted.count)))
        let low = max(1, Int((1 - quantile) * Double(sorted.count)))
        let found = try #require(tails.quantiles())
        #expect(found.high == sorted[high - 1] && found.low == sorted[low - 1])
        #expect(tails.extremes() == sorted[0]...sorted.last!)
        #expect(holdsLaw(make) { [$0.quantiles()!.high, $0.quantiles()!.low, Float($0.count)] })
        let empty = make()
        #expect(empty.quantiles() == nil && empty.extremes() == nil)
    }

    /// Many more values than are kept, so that the bound moves.
    @Test func tailsOfManyValues() throws {
        var random = SeededGenerator(seed: 5)
        let values = (0..<40_000).map { _ in Float(random.next() % 100_000) / 7 - 3000 }
        var left = Tails(quantile: 0.999, ofAtMost: values.count)
        var right = left
        for start in stride(from: 0, to: values.count, by: 1000) {
            let part = Observation(Tensor([1000], Array(values[start..<start + 1000])), samples: 1000, batchAxis: BatchAxis(0))
            if start % 3000 == 0 { left.add(part) } else { right.add(part) }
        }
        left.merge(right)
        let sorted = values.sorted()
        let found = try #require(left.quantiles())
        #expect(found.high == sorted[39_960 - 1] && found.low == sorted[40 - 1])
    }

    @Test func moments() {
        var moments = Moments()
        #expect(moments.mean == 0 && moments.rootMeanSquare == 0)
        moments.add(Self.observation(Self.samples))
        // Ascending by size, the sums in double precision are exact to a few of their last bits.
        let sorted = Self.all.map(Double.init).sorted { abs($0) < abs($1) }
        let mean = sorted.reduce(0, +) / Double(sorted.count)
        let meanSquare = sorted.reduce(0) { $0 + $1 * $1 } / Double(sorted.count)
        #expect(moments.count == sorted.count)
        #expect(abs(moments.mean - mean) <= 1e-13 * abs(mean))
        #expect(abs(moments.meanSquare - meanSquare) <= 1e-13 * meanSquare)
        #expect(moments.rootMeanSquare == moments.meanSquare.squareRoot())
        #expect(holdsLaw(Moments.init) { $0 })
    }

    /// In floating point, 1 is lost beside 10³⁰, and what cancels leaves a rest.
    @Test func momentsAreExact() {
        func mean(_ values: [Float]) -> Double {
            var moments = Moments()
            moments.add(Observation(Tensor([values.count], values), samples: 1, batchAxis: nil))
            return moments.mean
        }
        #expect(mean([1e30, 1, -1e30, 1]) == 0.5)
        #expect(mean([.leastNonzeroMagnitude, .leastNonzeroMagnitude]) == Double(Float.leastNonzeroMagnitude))
        #expect(mean([.greatestFiniteMagnitude, .greatestFiniteMagnitude]) == Double(Float.greatestFiniteMagnitude))
        // More equal values than 64 bits hold squares of.
        let many = [Float](repeating: 1.9999999, count: 300_000)
        var moments = Moments()
        moments.add(Observation(Tensor([many.count], many), samples: many.count, batchAxis: BatchAxis(0)))
        // The sum has more bits than a double: it is rounded once, and so is the quotient.
        let square = Double(many[0]) * Double(many[0])
        #expect(abs(moments.meanSquare - square) <= square.ulp)
    }

    @Test(arguments: [2, 16, 1024]) func histogram(bins: Int) {
        var histogram = Histogram(bins: bins)
        histogram.add(Self.observation(Self.samples))
        #expect(histogram.counts.reduce(0, +) == Self.all.count)
        for bin in 0..<bins {
            let range = histogram.range(ofBin: bin)
            #expect(histogram.counts[bin] == Self.all.count { range.contains(Double($0)) }, "\(range)")
        }
        // Half the width would not hold all values.
        let half = Double(bins / 2) * histogram.width / 2
        #expect(Self.all.contains { Double($0) < -half || Double($0) >= half })
        #expect(holdsLaw({ Histogram(bins: bins) }) { $0 })
    }

    @Test func histogramsOfEnds() {
        func histogram(_ values: [Float]) -> Histogram {
            var histogram = Histogram(bins: 4)
            histogram.add(Observation(Tensor([values.count], values), samples: 1, batchAxis: nil))
            return histogram
        }
        // −2 is the lower end of the range −2 ≤ x < 2, and 2 lies beyond it.
        #expect(histogram([-2, 0.5]).width == 1 && histogram([-2, 0.5]).counts == [1, 0, 1, 0])
        #expect(histogram([2, 0.5]).width == 2 && histogram([2, 0.5]).counts == [0, 0, 1, 1])
        #expect(histogram([0, 0]).counts == [0, 0, 2, 0])
        #expect(histogram([.leastNonzeroMagnitude]).counts == [0, 0, 0, 1])
        #expect(histogram([.greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1]).counts == [1, 0, 1, 1])
        #expect(histogram([]).counts == [0, 0, 0, 0])
    }

    @Test func maxima() {
        for (axis, width, position) in [(1, 3, { $0 / 5 }), (-1, 5, { $0 % 5 })] as [(Int, Int, (Int) -> Int)] {
            var found = ChannelMaximum(axis: axis)
            #expect(found.maxima.isEmpty)
            found.add(Self.observation(Self.samples))
            var expected = [Float](repeating: -.infinity, count: width)
            for sample in Self.samples {
                for (index, value) in sample.values.enumerated() { expected[position(index)] = max(expected[position(index)], value) }
            }
            #expect(found.maxima == expected)
            #expect(holdsLaw({ ChannelMaximum(axis: axis) }) { $0 })
        }
        var neurons = NeuronMaximum()
        neurons.add(Self.observation(Self.samples))
        #expect(neurons.maxima == (0..<15).map { index in Self.samples.map { $0.values[index] }.max()! })
        #expect(holdsLaw(NeuronMaximum.init) { $0 })
    }

    @Test func everyValue() {
        var values = EveryValue()
        #expect(values.extremes == nil && values.values(at: 1, of: 5).isEmpty)
        for sample in Self.samples { values.add(Self.observation([sample])) }
        #expect(values.extremes == Self.all.min()!...Self.all.max()!)
        for place in 0..<5 {
            #expect(
                values.values(at: place, of: 5) == Self.samples.flatMap { [$0.values[place], $0.values[place + 5], $0.values[place + 10]] }.sorted())
        }
        #expect(holdsLaw(EveryValue.init) { $0 })
    }

    /// The batch may lie anywhere in a value, and run through an axis several times.
    @Test func neuronsAreFoundWhereverTheBatchLies() {
        func maxima(_ lengths: [Int], _ samples: Int, _ axis: BatchAxis?) -> [Float] {
            var maximum = NeuronMaximum()
            let count = lengths.reduce(1, *)
            maximum.add(Observation(Tensor(Shape(lengths), (0..<count).map { Float($0) }), samples: samples, batchAxis: axis))
            return maximum.maxima
        }
        // [2, N = 2, 3]: the second sample holds the larger values.
        #expect(maxima([2, 2, 3], 2, BatchAxis(1)) == [3, 4, 5, 9, 10, 11])
        // [2N = 4, 2] in two blocks: N runs within each.
        #expect(maxima([4, 2], 2, BatchAxis(0, blocks: 2)) == [2, 3, 6, 7])
        #expect(maxima([2, 2], 2, nil) == [0, 1, 2, 3])
    }

    /// Percentiles as programs take them, by sorting; and merging in any order gives the same.
    @Test func upperTails() {
        var random = SeededGenerator(seed: 12)
        let values = (0..<500).map { _ in random.normal() }
        for (percentile, countsZeros, interpolates) in [
            (99.9, true, true), (99, false, true), (95, true, false), (99, false, false), (100, true, true),
        ] {
            func tail(_ values: some Sequence<Float>) -> UpperTail {
                var tail = UpperTail(percentile: percentile, countsZeros: countsZeros, interpolates: interpolates, ofAtMost: 500)
                let values = Array(values)
                tail.add(Observation(Tensor([values.count], values), samples: 1, batchAxis: nil))
                return tail
            }
            let sorted = values.filter { countsZeros || $0 > 0 }.sorted().map { max(0, Double($0)) }
            let place = percentile / 100 * Double(sorted.count - 1)
            let upper = sorted[min(Int(place) + 1, sorted.count - 1)]
            let expected =
                interpolates
                ? sorted[Int(place)] + (upper - sorted[Int(place)]) * (place - place.rounded(.down))
                : sorted[Int(percentile / 100 * Double(sorted.count)) - 1]
            let whole = tail(values)
            #expect(abs(Double(whole.percentile) - expected) < 1e-6 && whole.maximum == values.max()!)
            var (left, right) = (tail(values[..<120]), tail(values[120...]))
            let kept = right
            right.merge(left)
            left.merge(kept)
            #expect(left.percentile == whole.percentile && right.percentile == whole.percentile && left.maximum == whole.maximum)
        }
        #expect(UpperTail(percentile: 99, countsZeros: true, interpolates: true, ofAtMost: 0).percentile == 0)
    }
}
