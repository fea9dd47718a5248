import Volley

/// Softmax margins at which samples stop, as options take them.
enum MarginOption {
    static let help = "the softmax margin (largest probability less the second largest), above 0 and up to 1, from which on a sample stops"

    /// - Throws: ``CommandError`` for text that is no list of different margins.
    static func margins(_ text: String) throws -> [Double] {
        let margins = try text.split(separator: ",", omittingEmptySubsequences: false).map { try margin(String($0.filter { $0 != " " })) }
        guard Set(margins).count == margins.count else { throw CommandError("--early-exit names a margin twice: '\(text)'") }
        return margins.sorted()
    }

    /// - Throws: ``CommandError`` for text that is no margin.
    static func margin(_ text: String) throws -> Double {
        guard let margin = Double(text), margin > 0, margin <= 1 else {
            throw CommandError("--early-exit takes a softmax margin above 0 and up to 1, such as 0.9; found '\(text)'")
        }
        return margin
    }
}
