internal import Foundation
internal import VolleyTensors

/// How closely vectors follow the ANN's: by their cosines, and by whether they say the same about which samples are alike.
struct EmbeddingTally: TaskTally {
    /// The vectors of a sample whose pairs are looked at.
    private struct Vectors: Sendable, Hashable, Codable {
        /// 32-bit floats, least significant byte first.
        var ann: Data
        var steps: [Data]

        var count: Int { ann.count / 4 }
        var isPossible: Bool { ([ann] + steps).allSatisfy { Self.floats($0).allSatisfy(\.isFinite) } }

        static func data(_ values: [Float]) -> Data {
            Data(values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) } })
        }

        static func floats(_ data: Data) -> [Float] {
            let bytes = [UInt8](data)
            return stride(from: 0, to: bytes.count, by: 4).map { place in
                Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) })
            }
        }
    }

    /// The pairs of so many samples, chosen at random where there are more.
    static let mostPaired = 256
    private static let seed: UInt64 = 1

    private var samples = 0
    /// By time-step.
    private var cosines: [ExactSum]
    private var lowest: [Double]
    private var errors: [RelativeErrorTally]
    private var kept: [Int: Vectors] = [:]
    /// The indices of samples whose pairs are looked at, ascending.
    private let paired: [Int]
    private let width: Int

    /// - Parameter count: how many samples there are.
    init(timeSteps: Int, shape: Shape, of count: Int) {
        cosines = Array(repeating: ExactSum(), count: timeSteps)
        lowest = Array(repeating: 1, count: timeSteps)
        errors = Array(repeating: RelativeErrorTally(), count: timeSteps)
        paired = Self.paired(of: count)
        width = shape.dimensions.last ?? 1
    }

    /// The first indices of a shuffled list of all.
    private static func paired(of count: Int) -> [Int] {
        guard count > mostPaired else { return Array(0..<count) }
        var generator = SeededGenerator(seed: seed)
        var indices = Array(0..<count)
        for place in 0..<mostPaired { indices.swapAt(place, place + Int(generator.next() % UInt64(count - place))) }
        return indices.prefix(mostPaired).sorted()
    }

    mutating func add(_ sample: MeasuredSample) {
        let rows = sample.countedRows
        let ann = Self.mean(of: rows, in: sample.ann!, width)
        let steps = sample.steps.map { Self.mean(of: rows, in: $0, width) }
        samples += 1
        for (step, vector) in steps.enumerated() {
            let cosine = Self.cosine(vector, ann)
            cosines[step] += cosine
            lowest[step] = min(lowest[step], cosine)
            errors[step].add(CollectionOfOne((found: vector[...], ann: ann[...])))
        }
        if paired.contains(sample.index) { kept[sample.index] = Vectors(ann: Vectors.data(ann), steps: steps.map(Vectors.data)) }
    }

    static func += (tally: inout EmbeddingTally, other: EmbeddingTally) {
        tally.samples += other.samples
        tally.cosines.add(other.cosines, by: +=)
        tally.lowest.add(other.lowest) { $0 = min($0, $1) }
        tally.errors.add(other.errors, by: +=)
        tally.kept.merge(other.kept) { own, _ in own }
    }

    private static func mean(of rows: [Int], in values: ArraySlice<Float>, _ width: Int) -> [Float] {
        if rows.count == 1 { return Array(values.row(rows[0], of: width)) }
        var sums = [Double](repeating: 0, count: width)
        for row in rows { for (element, value) in values.row(row, of: width).enumerated() { sums[element] += Double(value) } }
        return sums.map { Float($0 / Double(rows.count)) }
    }

    /// `x · y / (‖x‖ ‖y‖)`, and 0 where one of them is 0.
    private static func cosine(_ x: [Float], _ y: [Float]) -> Double {
        var (product, squareX, squareY) = (0.0, 0.0, 0.0)
        for (x, y) in zip(x, y) {
            product += Double(x) * Double(y)
            squareX += Double(x) * Double(x)
            squareY += Double(y) * Double(y)
        }
        guard squareX > 0, squareY > 0 else { return 0 }
        return max(-1, min(1, product / (squareX * squareY).squareRoot()))
    }

    /// Of all pairs.
    private static func cosines(_ vectors: [[Float]]) -> [Double] {
        vectors.indices.flatMap { first in vectors[..<first].map { cosine(vectors[first], $0) } }
    }

    func isPossible(beside empty: EmbeddingTally, samples: Int) -> Bool {
        let timeSteps = empty.cosines.count
        return self.samples == samples && paired == empty.paired && width == empty.width && cosines.count == timeSteps
            && cosines.allSatisfy { abs($0.value) <= Double(samples) } && lowest.count == timeSteps && lowest.allSatisfy { -1...1 ~= $0 }
            && errors.count == timeSteps && errors.allSatisfy(\.isPossible) && kept.keys.allSatisfy(paired.contains)
            && kept.values.allSatisfy { vectors in
                vectors.steps.count == timeSteps && ([vectors.ann] + vectors.steps).allSatisfy { $0.count == 4 * width } && vectors.isPossible
            }
    }

    func result(samples: Int) -> TaskResult {
        let vectors = kept.sorted { $0.key < $1.key }.map(\.value)
        let ann = Self.cosines(vectors.map { Vectors.floats($0.ann) })
        return TaskResult(
            counted: samples,
            steps: cosines.indices.map { step in
                let found = Self.cosines(vectors.map { Vectors.floats($0.steps[step]) })
                return [String: Double]([
                    .meanCosine: cosines[step].value / Double(samples), .lowestCosine: lowest[step],
                    .rankCorrelation: RankCorrelation.spearman(found, ann), .relativeError: errors[step].value,
                ])
            })
    }
}
