internal import Foundation

/// The bytes of a regular file, read where they are asked for.
///
/// The file is read, not mapped: where someone else shortens it meanwhile, that is an error here and not a signal.
@safe
public final class InputFile: Sendable {
    public let path: String
    /// The file's length in bytes when it was opened.
    public let count: Int
    private let descriptor: Int32

    /// - Throws: ``FileError`` when there is no regular file that may be read.
    public init(path: String) throws {
        self.path = path
        // Opening a pipe would wait for whoever writes to it.
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        var status = stat()
        guard descriptor >= 0, unsafe fstat(descriptor, &status) == 0 else {
            let code = errno
            count = 0
            throw code == ENOENT || code == ENOTDIR ? FileError(.notFound, path) : FileError(.unreadable, path, code)
        }
        count = Int(status.st_size)
        let identity = FileIdentity(status)
        switch identity.kind {
        case .regular:
            if try isPointer() { throw FileError(.pointer, path) }
            identity.remember()
        case .folder: throw FileError(.folder, path)
        case .other: throw FileError(.notRegular, path)
        }
    }

    /// Whether this is what Git keeps in the place of a large file that was not fetched.
    private func isPointer() throws -> Bool {
        let signature = Array("version https://git-lfs.github.com/spec/".utf8)
        return try count > signature.count && count < 1024 && bytes(0..<signature.count) == signature
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Reads some bytes.
    /// - Precondition: `range` lies inside `0..<count`.
    /// - Throws: ``FileError`` where the file has become shorter, cannot be read, or so many bytes do not fit into memory.
    public func bytes(_ range: Range<Int>) throws -> [UInt8] {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "bytes \(range) of a file of \(count)")
        guard range.count <= ProcessInfo.processInfo.physicalMemory else { throw FileError(.tooLarge(range.count), path) }
        return try unsafe [UInt8](unsafeUninitializedCapacity: range.count) { memory, filled in
            while filled < range.count {
                // Some systems refuse to read 2³¹ bytes and more at once.
                let length = min(range.count - filled, 1 << 30)
                let position = off_t(range.lowerBound + filled)
                let got = unsafe pread(descriptor, memory.baseAddress! + filled, length, position)
                guard got != 0 else { throw FileError(.shortened(count, to: Int(position)), path) }
                guard got > 0 || errno == EINTR else { throw FileError(.unreadable, path, errno) }
                filled += max(0, got)
            }
        }
    }

    /// The whole file.
    /// - Throws: ``FileError`` as ``bytes(_:)`` does.
    public var allBytes: [UInt8] {
        get throws { try bytes(0..<count) }
    }
}

/// Why a file cannot be read.
public struct FileError: InputError, Hashable {
    public enum Reason: Sendable, Hashable {
        case notFound
        case folder
        /// A pipe, a socket or a device.
        case notRegular
        case unreadable
        /// Git LFS's note on a file that was not fetched.
        case pointer
        /// It had so many bytes when it was opened; now it ends earlier.
        case shortened(Int, to: Int)
        /// So many bytes at once are more than the machine's memory.
        case tooLarge(Int)
    }

    public let reason: Reason
    public let path: String
    /// What failed and what to do, without the path.
    public let message: String

    init(_ reason: Reason, _ path: String, _ code: Int32 = 0) {
        self.reason = reason
        self.path = path
        message =
            switch reason {
            case .notFound: "There is no such file. Check the path."
            case .folder: "This is a folder; expected a file."
            case .notRegular: "This is a pipe or a device; expected a regular file. Save it to one and name that."
            case .unreadable: "The file cannot be read. \(POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO).localizedDescription)"
            case .pointer:
                "This is a Git LFS pointer, a note in the place of the file. Run 'git lfs pull' in its folder to fetch the file itself."
            case .shortened(let count, let end):
                "The file became shorter while it was read: it had \(count) bytes and now ends before byte \(end + 1). "
                    + "Run the command again when the file is complete."
            case .tooLarge(let count):
                "The file asks for \(count) bytes at once, more than this machine's memory."
            }
    }

    public var description: String { "\(path): \(message)" }
}
