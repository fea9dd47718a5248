import Foundation
public import VolleyTensors

/// All tensors of a checkpoint, whether they lie in one safetensors file or in several ("shards").
public struct TensorArchive: Sendable {
    /// The file or index that was opened.
    public let path: String
    /// The tensors' names: file by file, in the order of the data.
    public let names: [String]
    /// The metadata of all files; of two entries of one name, that of the first file.
    public let metadata: [String: String]
    private let files: [SafetensorsFile]
    /// Which file holds a tensor.
    private let places: [String: Int]
    /// What a tensor is called in its file, where it is called otherwise here.
    private let namesInFile: [String: String]

    /// Opens a `.safetensors` file, an index (`.safetensors.index.json`), or a folder that holds `model.safetensors` or
    /// `model.safetensors.index.json`.
    ///
    /// The index says which file holds a tensor; tensors of these files that it does not list are there as well.
    /// - Throws: `FormatError`; where shards are missing, it names them all.
    public init(folderOrFile path: String) throws {
        let path = try TensorArchive.entryFile(path)
        if path.hasSuffix(".json") {
            let index = try ShardIndex(path: path)
            self.init(path, try index.openShards(), places: index.places)
        } else {
            self.init(path, [try SafetensorsFile(path: path)], places: [:])
        }
    }

    private init(_ path: String, _ files: [SafetensorsFile], places indexed: [String: Int]) {
        self.path = path
        self.files = files
        var places = indexed
        var names: [String] = []
        for (number, file) in files.enumerated() {
            for name in file.names where places[name, default: number] == number {
                places[name] = number
                names.append(name)
            }
        }
        self.names = names
        self.places = places
        namesInFile = [:]
        metadata = files.reduce(into: [:]) { all, file in all.merge(file.metadata) { first, _ in first } }
    }

    private init(_ other: TensorArchive, newNames: [String]) {
        (path, metadata, files, names) = (other.path, other.metadata, other.files, newNames)
        places = Dictionary(uniqueKeysWithValues: zip(newNames, other.names.map { other.places[$0]! }))
        namesInFile = Dictionary(uniqueKeysWithValues: zip(newNames, other.names.map { other.namesInFile[$0] ?? $0 }))
    }

    /// The same tensors under other names.
    /// - Returns: nil where two of them would have the same name.
    public func renamed(_ newName: (String) -> String) -> TensorArchive? {
        let newNames = names.map(newName)
        return Set(newNames).count == newNames.count ? TensorArchive(self, newNames: newNames) : nil
    }

    /// The number of elements of all tensors together.
    public var totalParameterCount: Int { names.reduce(0) { $0 + (shape(of: $1)?.count ?? 0) } }

    /// The files that hold the tensors.
    public var paths: [String] { files.map(\.path) }

    /// The tensor's shape; nil where there is no tensor of this name.
    public func shape(of name: String) -> Shape? { places[name].flatMap { files[$0].shape(of: namesInFile[name] ?? name) } }

    /// How the tensor is stored; nil where there is no tensor of this name.
    public func elementType(of name: String) -> ElementType? { places[name].flatMap { files[$0].elementType(of: namesInFile[name] ?? name) } }

    /// Reads a tensor, as `ElementType` says.
    /// - Throws: `FormatError` (`missingEntry`).
    public func tensor(_ name: String) throws -> Tensor {
        guard let place = places[name] else {
            throw FormatError(.missingEntry, "There is no tensor \(name.quoted) in this model.", path: path)
        }
        return try files[place].tensor(namesInFile[name] ?? name)
    }

    private static func entryFile(_ path: String) throws -> String {
        let url = URL(filePath: path)
        guard Folder.exists(path) else { return path }
        let candidates = ["model.safetensors", "model.safetensors.index.json"]
        let paths = candidates.map { url.appending(path: $0).path(percentEncoded: false) }
        if let found = paths.first(where: FileManager.default.fileExists) { return found }
        let message = "The folder holds neither \(candidates.joined(separator: " nor ")). Name the file itself."
        throw FormatError(.notFound, message, path: path)
    }
}
