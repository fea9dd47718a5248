import VolleyTensors

/// Labels as an array holds them: class indices `[N]` or `[N, 1]` of any kind of number, or one-hot rows `[N, classes]`.
struct LabelArray {
    let annotation: Annotation

    /// - Parameter samples: how many samples there are labels for.
    init(_ array: Tensor, name: String, samples: Int, path: String) throws {
        func failure(_ message: String, expected: String, found: String) -> EvaluationError {
            EvaluationError(.malformedDataset, message, context: .init(file: path, expected: expected, found: found))
        }
        let shape = array.shape
        guard shape.rank == 1 || shape.rank == 2, shape[0] == samples, shape.rank == 1 || shape[1] > 0 else {
            throw failure(
                "The array \(name) needs one label for each of \(samples) samples.",
                expected: "[\(samples)], [\(samples), 1] or one-hot [\(samples), classes]", found: "\(shape)")
        }
        let values = array.values
        if shape.rank == 2, shape[1] > 1 {
            let width = shape[1]
            annotation = .indices(
                try (0..<samples).map { sample in
                    let row = values[sample * width..<(sample + 1) * width]
                    guard let hot = row.firstIndex(of: 1), row.count(where: { $0 == 0 }) == width - 1 else {
                        throw failure(
                            "The array \(name) has several columns, so each row is 1 for its class and 0 elsewhere.",
                            expected: "one 1 in each row",
                            found: "\(name)[\(sample)] = [\(row.prefix(8).map { "\($0)" }.joined(separator: ", "))\(width > 8 ? ", …" : "")]")
                    }
                    return hot - row.startIndex
                }, classes: width)
        } else {
            annotation = .indices(
                try values.enumerated().map { index, value in
                    // Larger numbers are not exact in a tensor.
                    guard let label = Int(exactly: value), 0..<1 << 24 ~= label else {
                        throw failure("A label is the number of a class.", expected: "0, 1, 2, …", found: "\(name)[\(index)] = \(value)")
                    }
                    return label
                }, classes: nil)
        }
    }
}
