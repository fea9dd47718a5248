internal import Foundation

/// Folders of the file system.
public enum Folder {
    /// Whether a folder, or a symbolic link to one, stands at a path.
    public static func exists(_ path: String) -> Bool {
        let target = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
        let attributes = try? FileManager.default.attributesOfItem(atPath: target)
        return attributes?[.type] as? FileAttributeType == .typeDirectory
    }
}
