/// An `.npz` file of networks of rectifiers that stand for functions (`FittedFunctions`).
public enum FunctionFile {
    /// - Throws: `FileError` or `FormatError` when the file cannot be read, `ConversionError` when it holds something else.
    public static func read(_ path: String) throws -> FittedFunctions {
        let archive = try NpzArchive(path: path)
        return try FittedFunctions(arrays: Dictionary(uniqueKeysWithValues: archive.names.map { ($0, try archive.array($0).tensor) }))
    }
}
