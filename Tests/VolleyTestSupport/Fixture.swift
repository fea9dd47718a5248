internal import Foundation

/// The files that tests read.
public enum Fixture {
    /// The path of a file or directory below `Tests/Fixtures`.
    public static func path(_ relative: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures").appending(path: relative).path(percentEncoded: false)
    }

    public static func bytes(_ relative: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: path(relative))))
    }
}
