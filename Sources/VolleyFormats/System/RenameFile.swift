import Foundation

/// Gives a file a new name in one step, in place of any file that has it: POSIX `rename`, for which Foundation has no
/// equivalent on every platform.
func renameFile(_ path: String, to newPath: String) throws {
    guard unsafe rename(path, newPath) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}
