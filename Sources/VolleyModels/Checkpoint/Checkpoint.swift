import Foundation
import VolleyFormats
import VolleyTensors

/// The files of a model: weights, `config.json`, and where there is one `preprocessor_config.json`.
struct Checkpoint {
    let configuration: Configuration
    let preprocessor: Configuration?
    let archive: TensorArchive

    /// - Parameter path: a folder or a weight file.
    init(_ path: String) throws {
        let url = URL(filePath: path)
        guard FileManager.default.fileExists(atPath: path) else {
            throw ModelError(.notFound, "There is no such file or folder. Check the path.", path: path)
        }
        let isFolder = Folder.exists(path)
        let endings = [".safetensors", ".safetensors.index.json"]
        guard isFolder || endings.contains(where: path.hasSuffix) else {
            let message = "Expected a folder or a file whose name ends in \(endings.joined(separator: " or "))."
            throw ModelError(.unsupported, message, path: path)
        }
        let folder = isFolder ? url : url.deletingLastPathComponent()
        func file(_ name: String) -> String? {
            let path = folder.appending(path: name).path(percentEncoded: false)
            return FileManager.default.fileExists(atPath: path) ? path : nil
        }
        guard let configurationFile = file("config.json") else {
            let message = """
                There is no config.json beside the weights, so the architecture and the number of heads are unknown. Put the \
                file that was published or saved with the weights into the same folder.
                """
            throw ModelError(.missingConfiguration, message, path: path)
        }
        configuration = try Configuration(path: configurationFile)
        preprocessor = try file("preprocessor_config.json").map { try Configuration(path: $0) }
        archive = try TensorArchive(folderOrFile: path)
    }

    private init(_ other: Checkpoint, _ archive: TensorArchive) {
        (configuration, preprocessor) = (other.configuration, other.preprocessor)
        self.archive = archive
    }

    /// The same without what wrappers put in front of tensors' names, and all that they put there.
    /// - Returns: nil where they put nothing, or tensors would have the same name.
    func withoutWrappers() -> (checkpoint: Checkpoint, prefixes: [String])? {
        let prefixes = Set(archive.names.map(WrapperPrefix.found)).subtracting([""]).sorted()
        guard !prefixes.isEmpty, let bare = archive.renamed(WrapperPrefix.stripped) else { return nil }
        return (Checkpoint(self, bare), prefixes)
    }

    func has(_ tensor: String) -> Bool { archive.shape(of: tensor) != nil }

    /// A length of a tensor, to be used where the configuration does not state one.
    /// - Throws: `ModelError` where there is no such tensor, or it has too few axes.
    func size(of tensor: String, axis: Int) throws -> Size {
        guard let shape = archive.shape(of: tensor) else {
            let message = "The tensor \(tensor.quoted) is missing."
            throw ModelError(.missingTensors, message, path: archive.paths[0], tensors: [tensor])
        }
        guard axis < shape.rank, (1...Size.largest).contains(shape[axis]) else {
            let message = "The tensor \(tensor.quoted) has the shape \(shape), which is none that it can have."
            throw ModelError(.contradiction, message, path: archive.paths[0], tensors: [tensor])
        }
        return Size(shape[axis], "\(tensor.quoted) has the shape \(shape)")
    }

    /// How many blocks the file holds, counted by the names `prefix0.…`, `prefix1.…`.
    /// - Throws: `ModelError` where `stated` disagrees, or a block between others is missing.
    func depth(stated: Size?, prefix: String) throws -> Int {
        let names = archive.names.filter { $0.hasPrefix(prefix) }
        let indices = Set(names.compactMap { Int($0.dropFirst(prefix.count).prefix { $0 != "." }) })
        let depth = stated?.value ?? indices.count
        guard depth == indices.count, indices.allSatisfy((0..<depth).contains), depth > 0 else {
            let message = """
                \(stated.map { "\($0.origin), but the" } ?? "The") file holds tensors of \(indices.count) blocks \
                \((prefix + "*").quoted): \(indices.sorted().map(String.init).listed).
                """
            throw ModelError(.contradiction, message, path: archive.paths[0])
        }
        return depth
    }
}
