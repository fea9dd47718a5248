public import VolleyTensors

/// One `.safetensors` file: named tensors, read and converted when they are asked for.
///
/// The layout is that of the reference implementation (https://github.com/huggingface/safetensors): the length of the
/// header as 64 bits, the header as JSON, the data without gaps. Everything is checked when the file is opened.
public struct SafetensorsFile: Sendable {
    private let file: InputFile
    private let header: SafetensorsHeader

    /// - Throws: `FormatError`.
    public init(path: String) throws {
        file = try InputFile.opening(path)
        header = try SafetensorsHeader(of: file)
    }

    public var path: String { file.path }

    /// The names in the order of the data.
    public var names: [String] { header.entries.map(\.name) }

    /// What the header says under `__metadata__`.
    public var metadata: [String: String] { header.metadata }

    /// The number of elements of all tensors together.
    public var totalParameterCount: Int { header.entries.reduce(0) { $0 + $1.shape.count } }

    /// The tensor's shape; nil where there is no tensor of this name.
    public func shape(of name: String) -> Shape? { header.entry(name)?.shape }

    /// How the tensor is stored; nil where there is no tensor of this name.
    public func elementType(of name: String) -> ElementType? { header.entry(name)?.elementType }

    /// Reads a tensor, as `ElementType` says.
    /// - Throws: `FormatError` (`missingEntry`).
    public func tensor(_ name: String) throws -> Tensor {
        guard let entry = header.entry(name) else {
            throw FormatError(.missingEntry, "There is no tensor \(name.quoted) in this file.", path: path)
        }
        let bytes = try file.bytes(entry.bytes)
        return Tensor(entry.shape, entry.elementType.floats(in: bytes, at: 0, count: entry.shape.count, .little))
    }
}
