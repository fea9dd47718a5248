import Foundation

/// The path of what stands at a path, with all links followed; nil where nothing does.
func resolvedPath(_ path: String) -> String? {
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
}

/// Whether a symbolic link stands at a path, wherever it leads.
func isLink(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
}

/// Gives a file a new name in one step, in place of any file that has it: POSIX `rename`, for which Foundation has no
/// equivalent on every platform.
func renameFile(_ path: String, to newPath: String) throws {
    guard unsafe rename(path, newPath) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}
