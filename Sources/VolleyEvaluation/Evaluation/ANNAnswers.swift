internal import VolleyTensors

/// What a trained network answers to the samples of a data set: computed once for all spiking networks that are made of it.
public struct ANNAnswers: Sendable {
    /// The output that holds the classes.
    public let output: String
    /// By sample, a value for each class.
    private var logits: [Int: [Float]] = [:]

    init(output: String) { self.output = output }

    /// - Parameter values: a row for each of the samples.
    mutating func add(_ values: Tensor, of samples: [Int]) {
        let classes = values.shape.rowCount
        for (row, sample) in samples.enumerated() { logits[sample] = Array(values.values[row * classes..<(row + 1) * classes]) }
    }

    /// A row for each of the samples; nil where one of them was not asked.
    subscript(samples: [Int]) -> Tensor? {
        let rows = samples.compactMap { logits[$0] }
        guard rows.count == samples.count, let classes = rows.first?.count else { return nil }
        return Tensor([rows.count, classes], rows.flatMap(\.self))
    }
}
