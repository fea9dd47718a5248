internal import VolleyTensors

/// Files in the Hierarchical Data Format, version 5, through libhdf5 (The HDF Group), which is found at run time.
///
/// A file is a tree of groups and arrays. The library makes and reads it in memory, so that files are written as all others are:
/// complete, or not at all. The same tree gives the same bytes with the same version of the library.
public enum HDF5File {
    /// Writes a file with these names at its top.
    /// - Throws: `FormatError`: `libraryMissing` with what to install; `unsupported` for a name that HDF5 does not allow; `writeFailed`.
    public static func write(_ objects: [String: HDF5Object], to path: String) throws {
        try AtomicFile.write(bytes(of: objects, path: path), to: path)
    }

    /// Reads a whole file.
    /// - Throws: `FormatError`: `libraryMissing` with what to install; `malformed` and `unsupported` for bytes that are no HDF5 file, and
    ///   for objects that ``HDF5Object`` cannot hold; the error of a file that cannot be read.
    public static func read(_ path: String) throws -> [String: HDF5Object] {
        let bytes = try InputFile.opening(path).allBytes
        return try LibHDF5.installed.get().objects(in: bytes, path: path)
    }

    static func bytes(of objects: [String: HDF5Object], path: String) throws -> [UInt8] {
        try check(objects, path: path)
        return try LibHDF5.installed.get().bytes(of: objects, path: path)
    }

    /// Names are parts of paths, and as many elements are needed as shapes say.
    private static func check(_ objects: [String: HDF5Object], path: String) throws {
        for (name, object) in objects {
            guard !name.isEmpty, name != ".", !name.utf8.contains(UInt8(ascii: "/")), !name.utf8.contains(0) else {
                throw FormatError(
                    .unsupported, "An HDF5 file cannot hold an object named \(name.quoted). Call it otherwise, without '/'.", path: path)
            }
            switch object {
            case .group(let members): try check(members, path: path)
            case .floats: break
            case .integers(let shape, let values): precondition(shape.count == values.count, "\(values.count) integers \(shape)")
            case .texts(let shape, let values): precondition(shape.count == values.count, "\(values.count) texts \(shape)")
            }
        }
    }
}
