import Foundation
import Synchronization

/// Files and folders that must not outlive the process, whatever ends it.
public enum TemporaryFiles {
    private static let paths = Mutex<Set<String>>([])

    public static func add(_ path: String) { paths.withLock { _ = $0.insert(path) } }

    /// Removes it from the disk, if it is there.
    public static func remove(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
        paths.withLock { _ = $0.remove(path) }
    }

    /// Removes all of them from the disk.
    public static func removeAll() {
        paths.withLock { paths in
            for path in paths { try? FileManager.default.removeItem(atPath: path) }
        }
    }
}
