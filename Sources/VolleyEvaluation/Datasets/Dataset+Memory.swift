public import VolleyTensors

extension Dataset {
    /// Samples of a program's own, in memory.
    ///
    /// They are fed as the floats of an `.npz` file are: as they stand, after their channels are moved to where the network reads them,
    /// with a note where they look like pixels that nobody normalised. The same numbers are the same samples whether they come from
    /// memory or from a file, so a network is not measured by mistake on what it was calibrated with.
    ///
    /// ```swift
    /// let network = try Conversion(of: model, calibrating: CalibrationSet(Dataset(images))).run()
    /// let results = try Evaluation(network, on: Dataset(others, labels: classes), settings: .init(timeSteps: 8)).run()
    /// ```
    /// - Parameters:
    ///   - samples: `[N, …]`, such as `[N, C, H, W]`, preprocessed as the model asks for.
    ///   - labels: the class index of each sample, from 0; calibration needs none.
    ///   - name: what errors and results call them.
    /// - Throws: ``EvaluationError`` (`malformedDataset`) where there are no samples, where one holds NaN or an infinity, and where labels
    ///   are not one for each sample or below 0. Labels beyond a network's classes are found when they are bound to it, `labels(for:)`.
    public init(_ samples: Tensor, labels: [Int]? = nil, name: String = "memory") throws {
        func failure(_ message: String, expected: String? = nil, found: String) -> EvaluationError {
            EvaluationError(.malformedDataset, message, context: .init(file: name, expected: expected, found: found))
        }
        guard samples.shape.rank > 0, samples.shape[0] > 0 else {
            throw failure("The array holds no samples.", expected: "[N, …]", found: "\(samples.shape)")
        }
        var annotation = Annotation.missing(
            EvaluationError(.malformedDataset, "No labels were given for these samples.", context: .init(file: name)))
        if let labels {
            guard labels.count == samples.shape[0] else {
                throw failure("Every sample needs a label.", expected: "\(samples.shape[0]) labels", found: "\(labels.count)")
            }
            if let index = labels.firstIndex(where: { $0 < 0 }) {
                throw failure("A label is the number of a class.", expected: "0, 1, 2, …", found: "labels[\(index)] = \(labels[index])")
            }
            annotation = .indices(labels, classes: nil)
        }
        self.init(path: name, source: try .finite(samples, name: "of samples", path: name), annotation: annotation)
    }
}
