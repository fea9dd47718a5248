import VolleyFormats
import VolleyTensors

/// Data sets in an `.npz` archive: samples `x`, labels `y`, or as ``ArrayRoles`` finds them.
enum NpzDataset {
    static func open(_ path: String, _ options: Dataset.Options) throws -> Dataset {
        let archive = try NpzArchive(path: path)
        let roles = try ArrayRoles(archive.names, chosen: options.arrays, input: options.input, path: path)
        let array = try archive.array(roles.samples)
        guard array.shape.rank > 0 else {
            throw EvaluationError(
                .malformedDataset, "The array \(roles.samples) holds no samples.",
                context: .init(file: path, expected: "[N, …]", found: "\(array.shape)"))
        }
        let annotation: Annotation
        do {
            let name = try roles.labels.get()
            annotation = try LabelArray(try archive.array(name).tensor, name: name, samples: array.shape[0], path: path).annotation
        } catch let error as EvaluationError {
            annotation = .missing(error)
        }
        let used = [roles.samples] + ((try? roles.labels.get()).map { [$0] } ?? [])
        let others = archive.names.filter { !used.contains($0) }
        let left = Diagnostic(path, "Arrays besides \(used.joined(separator: " and ")) are left out: \(others.listed()).")
        return Dataset(
            path: path, source: try source(array, name: roles.samples, path: path), annotation: annotation,
            diagnostics: (others.isEmpty ? [] : [left]) + membersLeftOut(of: archive))
    }

    /// A note on what a file holds besides arrays.
    static func membersLeftOut(of archive: NpzArchive) -> [Diagnostic] {
        let others = archive.otherMembers
        return others.isEmpty ? [] : [Diagnostic(archive.path, "What is no array (.npy) is left out: \(others.listed()).")]
    }

    private static func source(_ array: NpyArray, name: String, path: String) throws -> SampleSource {
        switch array.elementType {
        case .uint8:
            return .images(try images(array.tensor, name: name, path: path))
        case .float16, .bfloat16, .float32, .float64:
            return try .finite(array.tensor, name: name, path: path)
        case .bool, .int8, .int16, .uint16, .int32, .uint32, .int64, .uint64:
            throw EvaluationError(
                .malformedDataset, "The array \(name) holds neither network inputs nor images.",
                context: .init(
                    file: path, expected: "floats, or 8-bit unsigned integers for images",
                    found: array.elementType.rawValue))
        }
    }

    private static func images(_ tensor: Tensor, name: String, path: String) throws -> ImageArray {
        let lengths = tensor.shape.dimensions
        let hasChannelsLast = lengths.count == 4 && [1, 3].contains(lengths[3])
        let hasChannelsFirst = lengths.count == 4 && [1, 3].contains(lengths[1])
        let isImages = lengths.count == 3 || hasChannelsLast != hasChannelsFirst
        guard isImages, !lengths.dropFirst().contains(0) else {
            let message =
                hasChannelsLast && hasChannelsFirst
                ? "Which axis of \(name) holds the channels cannot be told: save preprocessed floats instead."
                : "The array \(name) holds bytes, but no images."
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
}
