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

/// A line on the terminal that counts samples or other things, with rate and time left. Says nothing where no terminal watches.
final class ProgressLine {
    private let what: String
    private let unit: String
    private var began = Date()
    private var first: Int?

    init(_ what: String, unit: String = "samples") { (self.what, self.unit) = (what, unit) }

    func update(_ done: Int, _ total: Int) {
        guard Console.isTerminal else { return }
        if done == 0 { (first, began) = (0, Date()) }
        let first = first ?? done
        self.first = first
        let seconds = Date().timeIntervalSince(began)
        var line = "\r\(what): \(done)/\(total)"
        if done > first, seconds > 0 {
            let rate = Double(done - first) / seconds
            line += String(format: ", %.1f", rate) + " \(unit)/s" + String(format: ", %.0f s left", Double(total - done) / rate)
        }
        line += "\u{1B}[K" + (done == total ? "\n" : "")
        Console.write(line)
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
