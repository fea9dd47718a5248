import Foundation

/// A file that stands under its name only once it is complete.
///
/// The bytes go into a temporary file in the same directory, which is forced to the disk and then takes the name in one
/// step. Whoever reads the name finds what was there before or all of the new file, after a crash as well.
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

    /// Writes a whole file.
    /// - Throws: `FormatError` (`writeFailed`).
    public static func write(_ bytes: [UInt8], to path: String) throws {
        try write(to: path) { try $0.append(bytes) }
    }

    /// Writes a file in pieces: `body` appends them. If it throws, nothing is left behind.
    /// - Throws: `FormatError` (`writeFailed`), or what `body` throws.
    public static func write(to path: String, _ body: (AtomicFile) throws -> Void) throws {
        let target = URL(filePath: path)
        let suffix = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        let temporary = target.deletingLastPathComponent().appending(path: ".volley-\(suffix).partial")
        do {
            try Data().write(to: temporary, options: .withoutOverwriting)
        } catch {
            throw failure(error, path)
        }
        do {
            let handle = try FileHandle(forWritingTo: temporary)
            defer { try? handle.close() }
            try body(AtomicFile(path: path, handle: handle))
            try handle.synchronize()
            try renameFile(temporary.path(percentEncoded: false), to: target.path(percentEncoded: false))
        } catch {
            try? FileManager.default.removeItem(at: temporary)
            throw error is CocoaError || error is POSIXError ? failure(error, path) : error
        }
    }

    private static func failure(_ error: any Error, _ path: String) -> FormatError {
        let directory = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
        if !FileManager.default.fileExists(atPath: directory) {
            let message = "The file cannot be written, because the directory \(directory) does not exist. Make it first."
            return FormatError(.writeFailed, message, path: path)
        }
        let message = """
            The file cannot be written (\(error.localizedDescription)). Check that \(directory) is a folder that you may \
            write to, that no folder has the file's name, and that the disk has room.
            """
        return FormatError(.writeFailed, message, path: path)
    }
}
