import Foundation

/// A folder that stands under its name only once everything in it is complete.
public enum OutputFolder {
    /// Looks at a path before there is anything to lose.
    /// - Throws: `FormatError` (`writeFailed`) where something stands that is no empty folder, or the folder around it is missing or
    ///   write-protected.
    public static func check(_ path: String) throws {
        let target = try place(path)
        try withTemporary(beside: target, path: path) { _ in }
    }

    /// Makes a folder of what `body` puts into a temporary one.
    /// - Throws: `FormatError` (`writeFailed`); what `body` throws, and then nothing is left behind.
    public static func write<Result>(to path: String, _ body: (_ temporary: String) throws -> Result) throws -> Result {
        let target = try place(path)
        return try withTemporary(beside: target, path: path) { temporary in
            let result = try body(temporary)
            do {
                // An empty folder may stand there.
                if FileManager.default.fileExists(atPath: target) { try FileManager.default.removeItem(atPath: target) }
                try FileManager.default.moveItem(atPath: temporary, toPath: target)
            } catch {
                throw AtomicFile.failure(error, path)
            }
            return result
        }
    }

    /// A temporary folder beside a file that is to be written; it and all in it are gone afterwards.
    /// - Throws: `FormatError` (`writeFailed`) where it cannot be made; what `body` throws.
    public static func withTemporary<Result>(beside target: String, path: String, _ body: (_ temporary: String) throws -> Result) throws -> Result {
        let suffix = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        let url = URL(filePath: target).deletingLastPathComponent().appending(path: ".volley-\(suffix).partial")
        let temporary = url.path(percentEncoded: false)
        TemporaryFiles.add(temporary)
        defer { TemporaryFiles.remove(temporary) }
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        } catch {
            throw AtomicFile.failure(error, path)
        }
        return try body(temporary)
    }

    private static func place(_ path: String) throws -> String {
        let target = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        func failure(_ message: String) -> FormatError { FormatError(.writeFailed, message, path: path) }
        guard !target.isEmpty else { throw failure("The folder cannot be written: this names none.") }
        if Folder.exists(target) {
            let content = (try? FileManager.default.contentsOfDirectory(atPath: target)) ?? ["?"]
            guard content.isEmpty else { throw failure("The folder is there and not empty. Name another one, or remove it.") }
        } else if FileManager.default.fileExists(atPath: target) {
            throw failure("A file of this name stands where a folder is to be written. Name another one.")
        }
        let around = URL(filePath: target).deletingLastPathComponent().path(percentEncoded: false)
        guard Folder.exists(around) else {
            throw failure("The folder cannot be written, because the directory \(around) does not exist. Make it first.")
        }
        return target
    }
}
