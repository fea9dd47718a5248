import Foundation
import VolleyTensors

/// A path that will be written to, looked at before there is anything to lose.
public struct OutputPath: Sendable {
    /// As it was given.
    public let path: String
    /// Where the file will stand: links are followed, so that a link stays one.
    let target: String

    private var folder: String { URL(filePath: target).deletingLastPathComponent().path(percentEncoded: false) }

    /// - Throws: `FormatError` (`writeFailed`) where a folder, a pipe, a device or a link to none of the files stands, where
    ///   the folder is missing, or the file is write-protected.
    public init(_ path: String) throws {
        self.path = path
        func failure(_ message: String) -> FormatError { FormatError(.writeFailed, message, path: path) }
        guard !path.isEmpty, !path.hasSuffix("/") else { throw failure("The file cannot be written: this names no file.") }
        let found = FileIdentity(path)
        switch found?.kind {
        case .folder: throw failure("The file cannot be written: a folder of this name stands there. Name a file.")
        case .other:
            throw failure("The file cannot be written: this leads to a pipe or a device. Name a regular file.")
        case .regular where !FileManager.default.isWritableFile(atPath: path):
            throw failure("The file is there and write-protected. Name another one.")
        case .regular: target = resolvedPath(path) ?? path
        case nil:
            guard !isLink(path) else {
                throw failure("The file cannot be written: this is a link to something that is not there. Name a regular file.")
            }
            target = path
        }
        guard FileIdentity(folder)?.kind == .folder else {
            throw failure("The file cannot be written, because the directory \(folder) does not exist. Make it first.")
        }
    }

    /// Tries the outputs of a command before its work begins, once its inputs are open: each can be written, none is
    /// a file that was read, and no two are one.
    /// - Parameter folders: folders of images that will be read later.
    /// - Throws: `FormatError` (`writeFailed`).
    public static func check(_ paths: [String?], imagesIn folders: [String] = []) throws {
        var seen: [String: String] = [:]
        for path in paths.compactMap(\.self) {
            let output = try OutputPath(path)
            if let found = FileIdentity(output.target), found.wasRead || output.isImage(in: folders) {
                throw FormatError(.writeFailed, "This file is an input too, and would be lost. Name another one.", path: path)
            }
            // Some file systems do not tell capitals from small letters.
            let place = resolvedPath(output.folder).map { $0 + "/" + URL(filePath: output.target).lastPathComponent }
            if let other = seen.updateValue(path, forKey: (place ?? output.target).lowercased()) {
                throw FormatError(.writeFailed, "Two outputs would be one file: '\(other)' and this. Name another one.", path: path)
            }
            try AtomicFile.tryWriting(to: output)
        }
    }

    private func isImage(in folders: [String]) -> Bool {
        guard let place = resolvedPath(target), [".jpg", ".jpeg", ".png"].contains(where: place.lowercased().hasSuffix) else { return false }
        return folders.contains { folder in
            FileIdentity(folder)?.kind == .folder && resolvedPath(folder).map { place.hasPrefix($0 + "/") } ?? false
        }
    }
}
