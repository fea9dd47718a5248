internal import Foundation

/// Finds classes by name.
///
/// A name that stands in the list letter by letter is that class. Otherwise case, the form of accents, spaces, hyphens,
/// underscores and other punctuation do not count, and a class is also found by each of its synonyms between commas, as
/// in "tench, Tinca tinca".
struct ClassNameIndex {
    private var exact: [String: [Int]] = [:]
    private var similar: [String: Set<Int>] = [:]

    init(_ names: [String]) {
        for (index, name) in names.enumerated() {
            exact[name, default: []].append(index)
            for form in [name] + name.split(separator: ",").map(String.init) {
                similar[Self.key(form), default: []].insert(index)
            }
        }
    }

    /// The classes that a name may mean, ascending.
    func candidates(_ name: String) -> [Int] { exact[name] ?? similar[Self.key(name)]?.sorted() ?? [] }

    /// What is left of a name when case, accents' forms and punctuation are taken away.
    static func key(_ name: String) -> String {
        let words = name.precomposedStringWithCompatibilityMapping.lowercased()
            .filter { $0 != "'" && $0 != "’" }
            .split { !($0.isLetter || $0.isNumber || $0.isSymbol || $0 == "#") }
        return words.isEmpty ? name : words.joined(separator: " ")
    }
}
