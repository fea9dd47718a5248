import VolleyTensors

/// The arrays of an `.npz` file, read when they are asked for.
public struct NpzArchive: Sendable {
    private static let suffix = ".npy"
    private let archive: ZipArchive

    /// - Throws: `FormatError`.
    public init(path: String) throws { archive = try ZipArchive(path: path) }

    public var path: String { archive.path }

    /// The arrays' names, without `.npy`, in the order of the file.
    public var names: [String] {
        archive.members.map(\.name).filter { $0.hasSuffix(NpzArchive.suffix) }
            .map { String($0.dropLast(NpzArchive.suffix.count)) }
    }

    /// What the file holds besides arrays.
    public var otherMembers: [String] { archive.members.map(\.name).filter { !$0.hasSuffix(NpzArchive.suffix) } }

    /// Reads an array and verifies its checksum.
    /// - Throws: `FormatError`.
    public func array(_ name: String) throws -> NpyArray {
        guard let member = archive.member(name + NpzArchive.suffix) else {
            let known = names.prefix(20).map(\.quoted).joined(separator: ", ")
            let message = "There is no array \(name.quoted) in this file. It holds: \(known)."
            throw FormatError(.missingEntry, message, path: path)
        }
        return try NpyArray(bytes: archive.data(of: member), name: "\(path)/\(member.name)")
    }

    /// Writes what `numpy.load` reads, without compression; the same input makes the same bytes. The file appears when it
    /// is complete.
    /// - Precondition: no two arrays have the same name.
    /// - Throws: `FormatError`: `tooLarge` for a name of more than 65 535 bytes; `writeFailed`.
    public static func write(_ arrays: [(String, NpyContent)], to path: String) throws {
        precondition(Set(arrays.map(\.0)).count == arrays.count, "two arrays have the same name")
        try AtomicFile.write(to: path) { file in
            var writer = ZipWriter(file, path: path)
            for (name, content) in arrays { try writer.add(content.encoded(), name: name + suffix) }
            try writer.finish()
        }
    }

    /// The same of arrays that stand in `.npy` files, which are read piece by piece.
    /// - Precondition: no two arrays have the same name.
    /// - Throws: `FormatError`: `tooLarge` for a name of more than 65 535 bytes; `writeFailed`; `FileError` where a file cannot be read.
    public static func write(files: [(name: String, path: String)], to path: String) throws {
        precondition(Set(files.map(\.name)).count == files.count, "two arrays have the same name")
        try AtomicFile.write(to: path) { file in
            var writer = ZipWriter(file, path: path)
            for (name, path) in files { try writer.add(contentsOf: InputFile(path: path), name: name + suffix) }
            try writer.finish()
        }
    }
}
