public import VolleyFormats
public import VolleyTensors

/// Samples for a network with any inputs: one array per input, their first axes count the samples.
public struct NamedArrays: Sendable {
    /// Where the arrays were read.
    public let path: String
    public let arrays: [String: Tensor]
    /// Arrays of the file that are no input's.
    public let others: [String]

    /// Reads the arrays for some inputs from an `.npz` file. A network with one input also takes the array `x`.
    /// - Throws: `EvaluationError` when an input's array is missing or the arrays do not count the same samples.
    public init(path: String, inputs: [String]) throws {
        let archive = try NpzArchive(path: path)
        let names = archive.names
        var arrays: [String: Tensor] = [:]
        for name in inputs where names.contains(name) { arrays[name] = try archive.array(name).tensor }
        if inputs.count == 1, arrays.isEmpty, names.contains("x") { arrays[inputs[0]] = try archive.array("x").tensor }
        guard arrays.count == inputs.count else {
            throw EvaluationError(
                .malformedDataset, "There must be an array for every input of the network.",
                context: .init(file: path, expected: inputs.joined(separator: ", "), found: names.joined(separator: ", ")))
        }
        let counts = arrays.mapValues { $0.shape.dimensions.first ?? 0 }
        guard Set(counts.values).count == 1, counts.values.first! > 0 else {
            let found = counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            throw EvaluationError(
                .malformedDataset, "All arrays must hold the same number of samples, at least one.",
                context: .init(file: path, found: found))
        }
        self.path = path
        self.arrays = arrays
        others = names.filter { !inputs.contains($0) && $0 != "x" && $0 != "y" }
    }

    /// The number of samples.
    public var count: Int { arrays.values.first?.shape[0] ?? 0 }

    /// The last part of the path.
    public var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// Some of the samples.
    public func rows(_ range: Range<Int>) -> [String: Tensor] { arrays.mapValues { $0.rows(range) } }

    /// SHA-256 over names, shapes and elements.
    public var digest: Digest {
        var hash = SHA256()
        for (name, tensor) in arrays.sorted(by: { $0.key < $1.key }) {
            hash.update(Array("\(name) \(tensor.shape)\n".utf8))
            hash.update(tensor.values.flatMap { value in
                (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
            })
        }
        return hash.finalize()
    }

    /// Whether an `.npz` file holds an array for every input under the input's name.
    public static func fits(_ path: String, inputs: [String]) -> Bool {
        guard path.hasSuffix(".npz"), let names = try? NpzArchive(path: path).names else { return false }
        return inputs.allSatisfy(names.contains)
    }
}
