internal import VolleyTensors

/// What a network answers to one sample, beside what is known of it.
struct MeasuredSample {
    /// Its place in the data.
    let index: Int
    /// Of the part of the output that is its own.
    let shape: Shape
    /// nil where the ANN is left out.
    let ann: ArraySlice<Float>?
    /// By time-step, the estimates.
    let steps: [ArraySlice<Float>]
    /// By position of the output, the class or token that is right there, −1 where none counts; empty where the task takes none.
    let targets: ArraySlice<Int>
    /// What a regression should find; empty for other tasks.
    let values: ArraySlice<Float>
    /// By position, whether it counts; nil where all do.
    let mask: ArraySlice<Bool>?

    /// The rows of an output `[positions, width]` that count; a vector is one row.
    var countedRows: [Int] {
        let rows = shape.count / max(1, width)
        guard let mask else { return Array(0..<rows) }
        return (0..<rows).filter { mask[mask.startIndex + $0] }
    }

    var width: Int { shape.dimensions.last ?? 1 }
}

/// `‖x − a‖ / ‖a‖` over many samples, with exact sums of what each sample adds.
struct RelativeErrorTally: Sendable, Hashable, Codable {
    private(set) var difference = ExactSum()
    private(set) var size = ExactSum()

    /// - Parameter rows: pairs of what is found and what the ANN has, of one sample.
    mutating func add(_ rows: some Sequence<(found: ArraySlice<Float>, ann: ArraySlice<Float>)>) {
        var (difference, size) = (0.0, 0.0)
        for (found, ann) in rows {
            for (x, a) in zip(found, ann) {
                difference += (Double(x) - Double(a)) * (Double(x) - Double(a))
                size += Double(a) * Double(a)
            }
        }
        self.difference += difference
        self.size += size
    }

    static func += (tally: inout RelativeErrorTally, other: RelativeErrorTally) {
        tally.difference += other.difference
        tally.size += other.size
    }

    /// What is 0 in the ANN is missed wholly by anything else.
    var value: Double {
        let (difference, size) = (difference.value, size.value)
        return size > 0 ? (difference / size).squareRoot() : difference > 0 ? 1 : 0
    }

    var isPossible: Bool { difference.value >= 0 && size.value >= 0 }
}
