import Foundation
import VolleyFormats
public import VolleyGraph
import VolleyTensors

extension EvaluationData {
    /// Opens what lies at a path for a network: what `Dataset.open(_:_:)` opens, and for any inputs an `.npz` file with an array for each
    /// under the input's name.
    ///
    /// Beside the inputs an `.npz` file may hold labels, called `y`, `labels` or as `ArrayRoles` finds them, and a mask, called
    /// `attention_mask`, that says which positions count; `options.arrays` names them otherwise, as `y` and `mask`.
    /// - Parameters:
    ///   - preprocessing: how the network's input is made of images, where it is.
    ///   - task: what is measured; nil for a classification of samples.
    /// - Throws: ``EvaluationError`` or `FormatError`, which name the file and say what was expected.
    public static func open(
        _ path: String, for graph: Graph, preprocessing: Preprocessing?, task: Evaluation.Task? = nil, _ options: Dataset.Options = .init()
    ) throws -> EvaluationData {
        let inputs = graph.inputs.map { graph[$0].name }
        var chosen = options.arrays
        let maskName = chosen.removeValue(forKey: "mask")
        var options = options
        (options.arrays, options.input) = (chosen, inputs.count == 1 ? inputs[0] : nil)
        let isArchive = !Folder.exists(path) && ArrayFileKind(name: path) == .npz && FileManager.default.fileExists(atPath: path)
        guard isArchive, options.labels == nil else {
            if maskName != nil { options.arrays["mask"] = maskName }
            guard inputs.count == 1 else {
                throw EvaluationError(
                    .malformedDataset, "This network has several inputs: give it an .npz file with an array for each.",
                    context: .init(file: path, expected: inputs.listed(12)))
            }
            return EvaluationData(try Dataset.open(path, options))
        }
        let archive = try NpzArchive(path: path)
        let names = archive.names
        let mask = try mask(maskName, in: archive)
        var samples: String?
        if let input = inputs.first, inputs.count == 1 {
            let roles = try ArrayRoles(names, chosen: chosen, input: input, path: path)
            samples = roles.samples
            let array = try archive.array(roles.samples)
            if isRead(array, asDatasetFor: task, preprocessing) {
                try check(mask, samples: array.shape.dimensions.first ?? 0, path: path)
                return EvaluationData(
                    .dataset(try Dataset.open(path, options)), labels: rows(roles.labels, in: archive, samples: array.shape.dimensions.first ?? 0),
                    mask: mask)
            }
            (chosen["x"], chosen[input]) = (nil, roles.samples)
        }
        let found = ArrayRoles.labels(among: names.filter { !inputs.contains($0) }, chosen: chosen, of: samples, path: path)
        let beside = Set([try? found.get(), mask?.name].compactMap(\.self))
        let arrays = try NamedArrays(path: path, for: graph, chosen: chosen.filter { $0.key != "y" }, beside: beside)
            .fitted(to: graph, preprocessing: preprocessing)
        try check(mask, samples: arrays.count, path: path)
        let labels = rows(found, in: archive, samples: arrays.count)
        return EvaluationData(
            .arrays(arrays, annotation(labels, samples: arrays.count, path: path)), labels: labels, mask: mask)
    }

    /// Bytes are images where they may be, and floats for a classifier are a data set's.
    private static func isRead(_ array: NpyArray, asDatasetFor task: Evaluation.Task?, _ preprocessing: Preprocessing?) -> Bool {
        switch array.elementType {
        case .uint8: preprocessing != nil || (task ?? .classification) == .classification && array.shape.rank > 2
        case .float16, .bfloat16, .float32, .float64: (task ?? .classification) == .classification
        case .bool, .int8, .int16, .uint16, .int32, .uint32, .int64, .uint64: false
        }
    }

    private static func mask(_ name: String?, in archive: NpzArchive) throws -> Rows? {
        let names = archive.names
        if let name {
            guard names.contains(name) else {
                throw EvaluationError(
                    .malformedDataset, "There is no array '\(name)' for the mask of positions.",
                    context: .init(file: archive.path, expected: "one of the file's arrays", found: names.listed(12)))
            }
            return Rows(name: name, array: try archive.array(name).tensor)
        }
        let usual = "attention_mask"
        return names.contains(usual) ? Rows(name: usual, array: try archive.array(usual).tensor) : nil
    }

    private static func check(_ mask: Rows?, samples: Int, path: String) throws {
        guard let mask, mask.array.shape.dimensions.first != samples else { return }
        throw EvaluationError(
            .malformedDataset, "The mask '\(mask.name)' needs a row for each of \(samples) samples.",
            context: .init(file: path, expected: "[\(samples), …]", found: "\(mask.array.shape)"))
    }

    private static func rows(_ name: Result<String, EvaluationError>, in archive: NpzArchive, samples: Int) -> Result<Rows, EvaluationError> {
        name.flatMap { name in
            do throws(EvaluationError) {
                guard archive.names.contains(name) else {
                    throw EvaluationError(
                        .malformedDataset, "There is no array '\(name)' for the labels.",
                        context: .init(file: archive.path, expected: "one of the file's arrays", found: archive.names.listed(12)))
                }
                let array: Tensor
                do { array = try archive.array(name).tensor } catch {
                    throw EvaluationError(
                        .malformedDataset, "The labels cannot be read: \(error)", context: .init(file: archive.path), underlying: error)
                }
                guard array.shape.dimensions.first == samples else {
                    throw EvaluationError(
                        .malformedDataset, "The array \(name) needs labels for each of \(samples) samples.",
                        context: .init(file: archive.path, expected: "[\(samples), …]", found: "\(array.shape)"))
                }
                return .success(Rows(name: name, array: array))
            } catch {
                return .failure(error)
            }
        }
    }

    static func annotation(_ labels: Result<Rows, EvaluationError>, samples: Int, path: String) -> Annotation {
        do {
            let rows = try labels.get()
            return try LabelArray(rows.array, name: rows.name, samples: samples, path: path).annotation
        } catch let error as EvaluationError {
            return .missing(error)
        } catch {
            return .missing(EvaluationError(.malformedDataset, "\(error)", context: .init(file: path)))
        }
    }
}
