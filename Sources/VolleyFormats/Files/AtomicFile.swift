import Foundation
public import VolleyTensors

/// A file that stands under its name only once it is complete.
///
/// The bytes go into a temporary file in the same directory, which is forced to the disk and then takes the name in one
/// step. Whoever reads the name finds what was there before or all of the new file, after a crash as well. Where a link to
/// a file stands, the file behind it is replaced.
public struct AtomicFile {
    private let path: String
    private let handle: FileHandle

    /// Adds bytes at the end.
    /// - Throws: `FormatError` (`writeFailed`) when the disk is full or fails.
    public func append(_ bytes: [UInt8]) throws {
        do {
            try handle.write(contentsOf: bytes)
        } catch {
            throw AtomicFile.failure(error, path)
        }
    }

    /// Adds the elements of a tensor at the end, as little-endian 32-bit floats.
    /// - Throws: `FormatError` (`writeFailed`) when the disk is full or fails.
    public func append(_ tensor: Tensor) throws { try tensor.forEachPieceOfBytes(append) }

    /// Writes a whole file.
    /// - Throws: `FormatError` (`writeFailed`).
    public static func write(_ bytes: [UInt8], to path: String) throws {
        try write(to: path) { try $0.append(bytes) }
    }

    /// Writes a file in pieces: `body` appends them. If it throws, nothing is left behind.
    /// - Throws: `FormatError` (`writeFailed`), or what `body` throws.
    public static func write(to path: String, _ body: (AtomicFile) throws -> Void) throws {
        let output = try OutputPath(path)
        try withTemporary(for: output) { temporary, handle in
            try body(AtomicFile(path: path, handle: handle))
            try handle.synchronize()
            try renameFile(temporary, to: output.target)
        }
    }

    /// Makes a temporary file as for writing, and removes it.
    /// - Throws: `FormatError` (`writeFailed`) where it cannot be made.
    static func tryWriting(to output: OutputPath) throws { try withTemporary(for: output) { _, _ in } }

    private static func withTemporary(for output: OutputPath, _ body: (String, FileHandle) throws -> Void) throws {
        let suffix = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        let url = URL(filePath: output.target).deletingLastPathComponent().appending(path: ".volley-\(suffix).partial")
        let temporary = url.path(percentEncoded: false)
        TemporaryFiles.add(temporary)
        defer { TemporaryFiles.remove(temporary) }
        do {
            try Data().write(to: url, options: .withoutOverwriting)
            let handle = try FileHandle(forWritingTo: url)
            defer { try? handle.close() }
            try body(temporary, handle)
        } catch {
            throw error is CocoaError || error is POSIXError ? failure(error, output.path) : error
        }
    }

    static func failure(_ error: any Error, _ path: String) -> FormatError {
        let directory = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
        let message = """
            The file cannot be written (\(error.localizedDescription)). Check that \(directory) is a folder that you may \
            write to, and that the disk has room.
            """
        return FormatError(.writeFailed, message, path: path)
    }
}
