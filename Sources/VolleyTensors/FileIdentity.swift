internal import Foundation
internal import Synchronization

/// What a file is, whatever it is called: two paths that lead to one file, through links or otherwise, have one identity.
public struct FileIdentity: Sendable, Hashable {
    public enum Kind: Sendable, Hashable { case regular, folder, other }

    public let kind: Kind
    private let device: UInt64
    private let number: UInt64

    /// What stands at a path, links followed; nil where nothing does.
    public init?(_ path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .folder
            default: .other
            }
        device = UInt64(truncatingIfNeeded: status.st_dev)
        number = UInt64(truncatingIfNeeded: status.st_ino)
    }

    /// Whether an ``InputFile`` of this process has read it.
    public var wasRead: Bool { Self.filesRead.withLock { $0.contains(self) } }

    func remember() { Self.filesRead.withLock { _ = $0.insert(self) } }

    private static let filesRead = Mutex<Set<FileIdentity>>([])
}
