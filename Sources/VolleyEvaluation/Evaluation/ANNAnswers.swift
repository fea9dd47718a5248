internal import Synchronization
public import VolleySimulation
internal import VolleyTensors

/// What a trained network answers to the samples of a data set: each is computed once, for the evaluations of all spiking networks that
/// are made of it.
public final class ANNAnswers: Sendable {
    private let simulator: any Simulator
    /// By sample, a value for each class.
    private let known = Mutex<[Int: [Float]]>([:])

    /// - Parameter simulator: its ANN is the trained network; its spiking network does not count.
    public init(_ simulator: any Simulator) { self.simulator = simulator }

    /// - Parameters:
    ///   - samples: which samples of the data set the inputs are, row by row.
    ///   - output: the output that holds the classes, the same in every call.
    /// - Returns: `[N, classes]`.
    /// - Throws: what `Simulator/annAnswers(_:)` throws.
    func logits(of samples: [Int], _ inputs: [String: Tensor], output: String) throws -> Tensor {
        let rows = known.withLock { known in samples.compactMap { known[$0] } }
        if rows.count == samples.count { return Tensor([rows.count, rows[0].count], rows.flatMap(\.self)) }
        let logits = try simulator.annAnswers(inputs)[output]!
        let classes = logits.shape.rowCount
        known.withLock { known in
            for (row, sample) in samples.enumerated() { known[sample] = Array(logits.values[row * classes..<(row + 1) * classes]) }
        }
        return logits
    }
}
