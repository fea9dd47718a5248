import Volley

/// The whole numbers that options take: stated in their help, and refused outside.
enum OptionRange {
    static let steps = 1...10_000
    static let threads = 1...1024
    static let batch = 1...65_536
    static let samples = 1...1_000_000_000
    static let detail = 0...1000
    static let repetitions = 1...1000
    static let refinements = 0...1000

    /// As the help has it.
    static func text(_ range: ClosedRange<Int>) -> String { "\(range.lowerBound)…\(range.upperBound)" }

    /// - Throws: ``CommandError`` for a number outside the range; an option that is not given is fine.
    static func check(_ option: String, _ value: Int?, _ range: ClosedRange<Int>) throws {
        guard let value, !range.contains(value) else { return }
        throw CommandError("\(option) must lie in \(text(range)), found \(value)")
    }
}
