import ArgumentParser
import Foundation
import Volley

/// The names of the commands, and what to say where one is mistyped.
enum CommandNames {
    private static var all: [String] { VolleyCommand.configuration.subcommands.map { $0._commandName } }

    /// - Throws: ``CommandError`` where the first argument should be a command and is none.
    static func check(_ arguments: [String]) throws {
        guard let first = arguments.first, !first.hasPrefix("-"), !(all + ["help"]).contains(first) else { return }
        let list = "the commands are \(all.joined(separator: ", "))"
        if FileManager.default.fileExists(atPath: first) {
            throw CommandError("'\(first)' is a file where a command is needed; to look at it: volley inspect '\(first)'; \(list)")
        }
        let near = all.map { ($0, distance(first.lowercased(), $0)) }.min { $0.1 < $1.1 }
        let hint = near.flatMap { $0.1 <= max(2, $0.0.count / 3) ? "; did you mean '\($0.0)'?" : nil } ?? ";"
        throw CommandError("there is no command '\(first)'\(hint) \(list)")
    }

    /// How many characters must be inserted, removed, replaced or swapped with their neighbour.
    private static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a.prefix(40)), Array(b))
        var rows = [Array(0...b.count)]
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(rows[i][j] + (a[i] == b[j] ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, rows[i - 1][j - 1] + 1) }
                row.append(cost)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
