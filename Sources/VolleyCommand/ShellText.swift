/// Words of command lines that are printed for the user to run.
enum ShellText {
    /// A word as a shell takes it, in quotes where it needs them.
    static func word(_ word: String) -> String {
        let plain = word.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || $0.properties.numericType != nil || "-_./=,:+".unicodeScalars.contains($0)
        }
        return plain && !word.isEmpty ? word : quoted(word)
    }

    /// A word in quotes.
    static func quoted(_ word: String) -> String { "'" + word.replacing("'", with: "'\\''") + "'" }
}
