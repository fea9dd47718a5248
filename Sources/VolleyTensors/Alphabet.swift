internal import CVolleyKernels

/// What the spikes of a site are worth: a code is one signed byte, 0 is silence, and every other code stands for a fixed value.
///
/// It is all that readers of spikes, counters and files know of a neuron.
public struct Alphabet: Sendable, Hashable {
    /// The codes that neurons send, in the order in which they are counted; each other than 0 and named once.
    public let codes: [Int8]
    /// What each of them is worth, in units of the activation; 0 for a code that is never sent.
    public let values: [Float]
    /// How many spikes each of them is: 1, or more where a neuron fires several times in one time-step.
    public let spikes: [Int]
    /// By code, whether it is graded: one event whose value is no power of two times the smallest one of its sign, so that what a synapse
    /// adds takes a multiplication, or a copy of the weight for it. Codes of several spikes are counts, and each of these a plain event.
    public let graded: [Bool]
    /// The codes as whole numbers of one or two bytes; nil where they are too far apart.
    public let wholeNumbers: WholeNumbers?
    /// How many spikes every possible code is, by ``place(of:)``; empty where every code is as many as it says.
    private let spikeBytes: [UInt8]

    /// - Parameters:
    ///   - spikes: by code; nil for one each.
    ///   - graded: by code; nil for what the values say.
    /// - Precondition: as many values as codes, at least one; codes differ, are not 0 and lie in −127…127.
    public init(codes: [Int8], values: [Float], spikes: [Int]? = nil, graded: [Bool]? = nil) {
        precondition(graded.map { $0.count == codes.count } ?? true, "a word on every code")
        precondition(codes.count == values.count && !codes.isEmpty, "a value for every code")
        precondition(spikes.map { $0.count == codes.count && $0.allSatisfy { 1...255 ~= $0 } } ?? true, "1 to 255 spikes for every code")
        precondition(Set(codes).count == codes.count && codes.allSatisfy { $0 != 0 && $0 != -128 }, "codes differ and none is 0")
        self.codes = codes
        self.values = values
        self.spikes = spikes ?? codes.map { _ in 1 }
        self.graded = graded ?? Self.graded(values, self.spikes)
        wholeNumbers = WholeNumbers(values)
        spikeBytes =
            zip(codes, self.spikes).allSatisfy { Int($0) == $1 } ? [] : Self.byPlace(codes, self.spikes.map { UInt8(clamping: $0) })
    }

    /// Codes 1 … n with positive values, and −1 … −n with the negatives of others.
    /// - Parameter graded: by code; nil for what the values say.
    public init(positive: [Float], negative: [Float], graded: [Bool]? = nil) {
        let levels = { (values: [Float]) in values.indices.map { Int8($0 + 1) } }
        self.init(
            codes: levels(positive) + levels(negative).map { -$0 }, values: positive + negative.map { $0 == 0 ? 0 : -$0 },
            graded: graded)
    }

    private static func graded(_ values: [Float], _ spikes: [Int]) -> [Bool] {
        func base(isNegative: Bool) -> Float {
            zip(values, spikes).filter { $0.0 != 0 && ($0.0 < 0) == isNegative && $0.1 == 1 }.map { abs($0.0) }.min() ?? 1
        }
        let bases = (base(isNegative: false), base(isNegative: true))
        return zip(values, spikes).map { value, spikes in
            spikes == 1 && value != 0 && (abs(value) / (value < 0 ? bases.1 : bases.0)).significand != 1
        }
    }

    /// A mask, a power of two less 1, so that exactly the codes c with `(|c| − 1) & mask` not 0 are graded: that of a ladder with so many
    /// steps per octave, or 0 where none is graded. nil where no mask says so.
    public var gradedMask: Int? {
        [0, 1, 3, 7, 15, 31, 63, 127].first { mask in
            codes.indices.allSatisfy { values[$0] == 0 || graded[$0] == ((abs(Int(codes[$0])) - 1) & mask != 0) }
        }
    }

    public var hasGraded: Bool { graded.contains(true) }

    /// How many graded spikes there are, from how often each code was sent.
    public func gradedCount(_ counts: [Int64]) -> Int {
        precondition(counts.count == graded.count, "a number for every code")
        return counts.indices.reduce(0) { $0 + (graded[$1] ? Int(counts[$1]) : 0) }
    }

    /// Some codes of an array, 0 in the place of those that are not graded.
    public func gradedCodes(of sent: [Int8], from start: Int, count: Int) -> [Int8] {
        let isGraded = byPlace(graded.map { $0 ? Int8(-1) : 0 })
        var found = [Int8](repeating: 0, count: count)
        for index in 0..<count { found[index] = sent[start + index] & isGraded[Self.place(of: sent[start + index])] }
        return found
    }

    /// The largest size of a code.
    public var levels: Int { codes.map { abs(Int($0)) }.max()! }

    /// Whether every code is one spike.
    public var isOneSpikeEach: Bool { spikes.allSatisfy { $0 == 1 } }

    /// How often each code stands in an array, in the order of ``codes``.
    public func counts(of sent: [Int8]) -> [Int64] {
        var counts = [Int64](repeating: 0, count: codes.count)
        count(sent, in: 0..<sent.count, into: &counts, from: 0)
        return counts
    }

    /// Adds how often each code stands in a part of an array, in the order of ``codes``, to counts from `start` on.
    public func count(_ sent: [Int8], in part: Range<Int>, into counts: inout [Int64], from start: Int) {
        precondition(start >= 0 && start + codes.count <= counts.count, "a number for every code")
        precondition(part.lowerBound >= 0 && part.upperBound <= sent.count, "a part of what was sent")
        unsafe sent.withUnsafeBufferPointer { sent in
            guard let base = sent.baseAddress else { return }
            // Comparing all with one code takes many at a time; for many codes a table is faster.
            if codes.count <= 16 {
                for (index, code) in codes.enumerated() {
                    counts[start + index] += unsafe Int64(Kernels.best.countEqual(part.count, base + part.lowerBound, code))
                }
            } else {
                var table = [Int64](repeating: 0, count: 256)
                unsafe vk_count_codes(part.count, base + part.lowerBound, &table)
                for (index, code) in codes.enumerated() { counts[start + index] += table[Self.place(of: code)] }
            }
        }
    }

    /// Adds how many spikes each row of a matrix of codes holds.
    /// - Parameters:
    ///   - start: where the matrix begins among the codes; `place`: where the numbers of its rows begin.
    public func countSpikes(_ sent: [Int8], from start: Int, rows: Int, width: Int, adding counts: inout [Int64], at place: Int) {
        precondition(start >= 0 && start + rows * width <= sent.count && place + rows <= counts.count, "a number for every row")
        unsafe sent.withUnsafeBufferPointer { sent in
            unsafe counts.withUnsafeMutableBufferPointer { counts in
                guard let codes = sent.baseAddress, let numbers = counts.baseAddress else { return }
                unsafe withOptionalPointer(spikeBytes) { spikes in
                    unsafe vk_count_spikes_rows(rows, width, codes + start, spikes, numbers + place)
                }
            }
        }
    }

    /// All spikes, from how often each code was sent.
    public func spikeCount(_ counts: [Int64]) -> Int {
        precondition(counts.count == spikes.count, "a number for every code")
        return counts.indices.reduce(0) { $0 + Int(counts[$1]) * spikes[$1] }
    }

    /// What every possible code is worth, by ``place(of:)``; 0 for those that are never sent.
    public var table: [Float] { byPlace(values) }
    /// How many spikes every possible code is, likewise.
    public var spikeTable: [Int] { byPlace(spikes) }

    /// Where a code stands in a table of all of them: the code as an unsigned byte.
    public static func place(of code: Int8) -> Int { Int(UInt8(bitPattern: code)) }

    private func byPlace<Value: Numeric>(_ values: [Value]) -> [Value] { Self.byPlace(codes, values) }

    private static func byPlace<Value: Numeric>(_ codes: [Int8], _ values: [Value]) -> [Value] {
        var table = [Value](repeating: 0, count: 256)
        for (code, value) in zip(codes, values) { table[place(of: code)] = value }
        return table
    }
}
