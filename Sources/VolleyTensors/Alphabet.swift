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
    /// The codes as whole numbers of one or two bytes; nil where they are too far apart.
    public let wholeNumbers: WholeNumbers?

    /// - Parameter spikes: by code; nil for one each.
    /// - Precondition: as many values as codes, at least one; codes differ, are not 0 and lie in −127…127.
    public init(codes: [Int8], values: [Float], spikes: [Int]? = nil) {
        precondition(codes.count == values.count && !codes.isEmpty, "a value for every code")
        precondition(spikes.map { $0.count == codes.count && $0.allSatisfy { $0 > 0 } } ?? true, "at least one spike for every code")
        precondition(Set(codes).count == codes.count && codes.allSatisfy { $0 != 0 && $0 != -128 }, "codes differ and none is 0")
        self.codes = codes
        self.values = values
        self.spikes = spikes ?? codes.map { _ in 1 }
        wholeNumbers = WholeNumbers(values)
    }

    /// Codes 1 … n with positive values, and −1 … −n with the negatives of others.
    public init(positive: [Float], negative: [Float]) {
        let levels = { (values: [Float]) in values.indices.map { Int8($0 + 1) } }
        self.init(codes: levels(positive) + levels(negative).map { -$0 }, values: positive + negative.map { $0 == 0 ? 0 : -$0 })
    }

    /// The largest size of a code.
    public var levels: Int { codes.map { abs(Int($0)) }.max()! }

    /// Whether every code is one spike.
    public var isOneSpikeEach: Bool { spikes.allSatisfy { $0 == 1 } }

    /// How often each code stands in an array, in the order of ``codes``.
    public func counts(of sent: [Int8]) -> [Int64] {
        var counts = [Int64](repeating: 0, count: codes.count)
        count(sent, into: &counts)
        return counts
    }

    /// Adds how often each code stands in an array, in the order of ``codes``.
    public func count(_ sent: [Int8], into counts: inout [Int64]) {
        precondition(counts.count == codes.count, "a number for every code")
        // Comparing all with one code takes many at a time; for many codes a table is faster.
        if codes.count <= 16 {
            for (index, code) in codes.enumerated() {
                counts[index] += unsafe sent.withUnsafeBufferPointer { Int64(unsafe vk_count_equal($0.count, $0.baseAddress, code)) }
            }
        } else {
            var table = [Int64](repeating: 0, count: 256)
            for code in sent { table[Self.place(of: code)] += 1 }
            for (index, code) in codes.enumerated() { counts[index] += table[Self.place(of: code)] }
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

    private func byPlace<Value: Numeric>(_ values: [Value]) -> [Value] {
        var table = [Value](repeating: 0, count: 256)
        for (code, value) in zip(codes, values) { table[Self.place(of: code)] = value }
        return table
    }
}
