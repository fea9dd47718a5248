internal import Foundation

/// The files that tests read.
public enum Fixture {
    /// The path of a file or directory below `Tests/Fixtures`.
    public static func path(_ relative: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures").appending(path: relative).path(percentEncoded: false)
    }
}
