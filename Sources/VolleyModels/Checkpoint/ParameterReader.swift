import VolleyFormats
import VolleyTensors

/// Reads the tensors of a network and sees to it that the file holds exactly these, in these shapes, with finite values.
struct ParameterReader {
    private let archive: TensorArchive
    private let path: String

    init(_ archive: TensorArchive, path: String) {
        self.archive = archive
        self.path = path
    }

    /// - Returns: the constants by name.
    /// - Throws: `ModelError`, which lists all tensors of one kind of trouble; `FormatError` for damaged files.
    func read(_ parameters: [StoredParameter]) throws -> [String: Tensor] {
        try verifyShapes(parameters)
        try verifyNames(parameters)
        var constants: [String: Tensor] = [:]
        var notFinite: [String] = []
        for parameter in parameters {
            let tensor = try archive.tensor(parameter.tensor)
            if !Kernels.best.allFinite(tensor.values) { notFinite.append(parameter.tensor) }
            let rows = tensor.values.count / parameter.names.count
            for (part, name) in parameter.names.enumerated() {
                constants[name] =
                    parameter.names.count == 1
                    ? tensor
                    : Tensor(
                        Shape([tensor.shape[0] / parameter.names.count] + tensor.shape.dimensions.dropFirst()),
                        Array(tensor.values[part * rows..<(part + 1) * rows]))
            }
        }
        guard notFinite.isEmpty else {
            let message = """
                \(notFinite.count) tensors hold NaN or infinite values: \(notFinite.listed). The training failed or the file \
                is damaged; use other weights.
                """
            throw ModelError(.notFinite, message, path: path, tensors: notFinite)
        }
        return constants
    }

    private func verifyShapes(_ parameters: [StoredParameter]) throws {
        var contradictions: [(tensor: String, text: String)] = []
        for parameter in parameters {
            guard let found = archive.shape(of: parameter.tensor) else { continue }
            let expected = Shape(parameter.shape.map(\.value))
            guard found != expected else { continue }
            let sameRank = found.rank == expected.rank
            let axes = parameter.shape.indices.filter { !sameRank || found[$0] != expected[$0] }
            let reasons = axes.map { parameter.shape[$0] }.reasons
            let text =
                "the tensor \(parameter.tensor.quoted) has the shape \(found), expected \(expected) because \(reasons)"
            contradictions.append((parameter.tensor, text))
        }
        guard contradictions.isEmpty else {
            let rest = contradictions.count > 10 ? "; and \(contradictions.count - 10) more" : ""
            let list = contradictions.prefix(10).map(\.text).joined(separator: "; ")
            let message = "Configuration and weights contradict each other: \(list)\(rest). They must come from one model."
            throw ModelError(.contradiction, message, path: path, tensors: contradictions.map(\.tensor))
        }
    }

    private func verifyNames(_ parameters: [StoredParameter]) throws {
        let expected = Set(parameters.map(\.tensor))
        let missing = parameters.map(\.tensor).filter { archive.shape(of: $0) == nil }
        let unknown = archive.names.filter { !expected.contains($0) }
        let leftOver = "\(unknown.count) tensors that this architecture does not have: \(unknown.listed)"
        guard missing.isEmpty else {
            let message = """
                \(missing.count) tensors are missing: \(missing.listed). \(unknown.isEmpty ? "" : "The file has \(leftOver). ")\
                Check that the weights are complete and belong to the configuration.
                """
            throw ModelError(.missingTensors, message, path: path, tensors: missing)
        }
        guard unknown.isEmpty else {
            let message = "The file has \(leftOver). Without them the network would compute something else."
            throw ModelError(.unknownTensors, message, path: path, tensors: unknown)
        }
        let integers = parameters.map(\.tensor).filter {
            ![.float16, .bfloat16, .float32, .float64].contains(archive.elementType(of: $0))
        }
        guard integers.isEmpty else {
            let message = """
                \(integers.count) tensors are not stored as real numbers: \(integers.listed). Quantised weights are not \
                supported; use the weights from before quantisation.
                """
            throw ModelError(.unsupported, message, path: path, tensors: integers)
        }
    }
}
