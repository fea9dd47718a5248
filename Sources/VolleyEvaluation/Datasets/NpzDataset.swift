import VolleyFormats
import VolleyTensors

/// Data sets in an `.npz` archive: samples `x`, labels `y`.
enum NpzDataset {
    static func open(_ path: String) throws -> Dataset {
        let archive = try NpzArchive(path: path)
        guard archive.names.contains("x"), archive.names.contains("y") else {
            throw EvaluationError(
                .malformedDataset, "A data set needs the arrays x, the samples, and y, their labels.",
                context: .init(file: path, expected: "x and y", found: archive.names.listed()))
        }
        let labels = try labels(of: archive.array("y"), path: path)
        let array = try archive.array("x")
        guard array.shape.rank > 0, array.shape[0] == labels.count else {
            throw EvaluationError(
                .malformedDataset, "The array x needs one sample for each label in y.",
                context: .init(file: path, expected: "[\(labels.count), …]", found: "\(array.shape)"))
        }
        let others = archive.names.filter { $0 != "x" && $0 != "y" }
        return Dataset(
            path: path, source: try source(array, path: path), labels: labels,
            diagnostics: others.isEmpty
                ? [] : [Diagnostic(path, "Arrays besides x and y are left out: \(others.listed()).")])
    }

    private static func source(_ array: NpyArray, path: String) throws -> SampleSource {
        switch array.elementType {
        case .uint8:
            return .images(try images(array.tensor, path: path))
        case .float16, .bfloat16, .float32, .float64:
            if let index = array.tensor.values.firstIndex(where: { !$0.isFinite }) {
                throw EvaluationError(
                    .malformedDataset, "The array x has to be finite.",
                    context: .init(
                        file: path,
                        found: "\(array.tensor.values[index]) in sample \(index / array.shape.rowCount)"))
            }
            return .values(array.tensor)
        case .bool, .int8, .int16, .uint16, .int32, .uint32, .int64, .uint64:
            throw EvaluationError(
                .malformedDataset, "The array x holds neither network inputs nor images.",
                context: .init(
                    file: path, expected: "floats, or 8-bit unsigned integers for images",
                    found: array.elementType.rawValue))
        }
    }

    private static func images(_ tensor: Tensor, path: String) throws -> ImageArray {
        let lengths = tensor.shape.dimensions
        let hasChannelsLast = lengths.count == 4 && [1, 3].contains(lengths[3])
        let hasChannelsFirst = lengths.count == 4 && [1, 3].contains(lengths[1])
        let isImages = lengths.count == 3 || hasChannelsLast != hasChannelsFirst
        guard isImages, !lengths.dropFirst().contains(0) else {
            let message = hasChannelsLast && hasChannelsFirst
                ? "Which axis of x holds the channels cannot be told: save preprocessed floats instead."
                : "The array x holds bytes, but no images."
            throw EvaluationError(
                .malformedDataset, message,
                context: .init(
                    file: path, expected: "[N, H, W], [N, H, W, C] or [N, C, H, W] with 1 or 3 channels",
                    found: "\(tensor.shape)"))
        }
        let bytes = tensor.values.map { UInt8($0) }
        if hasChannelsFirst {
            return ImageArray(
                height: lengths[2], width: lengths[3], channels: lengths[1], planes: bytes)
        }
        return ImageArray(
            height: lengths[1], width: lengths[2], channels: hasChannelsLast ? lengths[3] : 1, pixels: bytes)
    }

    /// Labels may be stored as any kind of number, but have to be whole.
    private static func labels(of array: NpyArray, path: String) throws -> [Int] {
        guard array.shape.rank == 1 else {
            throw EvaluationError(
                .malformedDataset, "The array y has to hold one number for each sample.",
                context: .init(file: path, expected: "[N]", found: "\(array.shape)"))
        }
        return try array.tensor.values.enumerated().map { index, value in
            // Larger numbers are not exact in a tensor.
            guard let label = Int(exactly: value), 0..<1 << 24 ~= label else {
                throw EvaluationError(
                    .malformedDataset, "A label is the number of a class.",
                    context: .init(file: path, expected: "0, 1, 2, …", found: "y[\(index)] = \(value)"))
            }
            return label
        }
    }
}
