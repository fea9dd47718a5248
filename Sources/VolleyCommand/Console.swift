import Foundation
import Volley

/// What the commands say: results on standard output, everything else on standard error.
enum Console {
    static func note(_ text: String) { write(text + "\n") }
    static func error(_ text: String) { note("error: " + text) }
    static func warn(_ diagnostic: Diagnostic) { note("note: \(diagnostic)") }

    /// Prints results, at once.
    /// - Throws: `FormatError` (`writeFailed`) where standard output leads to a full disk.
    static func out(_ text: String, terminator: String = "\n") throws {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data((text + terminator).utf8))
        } catch {
            throw FormatError(
                .writeFailed, "The results could not be written. Check that the disk has room.", path: "standard output")
        }
    }

    /// What cannot be said there is not said.
    static func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }

    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// JSON as every command writes it.
    static func json(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(value)) + [UInt8(ascii: "\n")]
    }
}

/// Counts samples or other things, with rate and time left: on a terminal in a line that changes, elsewhere in a line now and then.
final class ProgressLine {
    private var text: ProgressText
    private let began = ContinuousClock.now
    /// Whether a line on the terminal waits for its end.
    private var isOpen = false

    /// Seconds between lines that stay, where whoever runs the tool reads them and wants them more often.
    private static let pause = ProcessInfo.processInfo.environment["VOLLEY_PROGRESS_SECONDS"].flatMap(Double.init) ?? ProgressText.pause

    init(_ what: String, unit: String = "samples") {
        text = ProgressText(what, unit: unit, lineChanges: Console.isTerminal, pause: Self.pause)
    }

    func update(_ done: Int, _ total: Int) { update(done, total, detail: "") }

    /// - Parameter detail: what stands behind it.
    func update(_ done: Int, _ total: Int, detail: String) {
        guard let line = text.line(done, of: total, at: (ContinuousClock.now - began) / .seconds(1)) else { return }
        if Console.isTerminal {
            isOpen = done < total
            Console.write("\r\(line)\(detail)\u{1B}[K" + (isOpen ? "" : "\n"))
        } else {
            Console.note(line + detail)
        }
    }

    /// Ends the line of work that ended before all was done.
    func end() {
        if isOpen { Console.write("\n") }
        isOpen = false
    }
}

/// Collects diagnostics as they come, and ends the command on them when it is strict.
final class Diagnostics {
    private let isStrict: Bool
    private var count = 0

    init(strict: Bool) { isStrict = strict }

    func add(_ diagnostic: Diagnostic) {
        count += 1
        Console.warn(diagnostic)
    }

    func check() throws {
        if isStrict, count > 0 { throw CommandError("\(count) notes above, and --strict takes them for errors") }
    }
}

/// An error of the command line itself.
struct CommandError: InputError {
    let description: String
    init(_ description: String) { self.description = description }
}
