import Foundation
import Testing
import VolleyTestSupport

/// What comments promise: the mathematics that they cite, and the errors of every public function that throws.
@Suite struct DocumentationTests {
    private static let root = URL(filePath: Fixture.path("")).deletingLastPathComponent().deletingLastPathComponent()

    private static func files(_ folder: String, _ extensions: Set<String>) throws -> [(name: String, text: String)] {
        let found = try #require(FileManager.default.enumerator(at: root.appending(path: folder), includingPropertiesForKeys: nil))
        return try found.compactMap { $0 as? URL }
            // What a generator wrote follows the generator's rules.
            .filter { extensions.contains($0.pathExtension) && !$0.lastPathComponent.hasSuffix(".pb.swift") }
            .map { ($0.lastPathComponent, try String(contentsOf: $0, encoding: .utf8)) }
    }

    /// Every section that a comment cites stands in the article.
    @Test func citedSectionsExist() throws {
        let article = try String(
            contentsOf: Self.root.appending(path: "Sources/VolleyGraph/VolleyGraph.docc/Semantics.md"), encoding: .utf8)
        let sections = Set(article.matches(of: #/(?m)^#+ ([0-9.]+b?) /#).map { String($0.output.1) })
        #expect(sections.isSuperset(of: (1...9).map(String.init)))
        var citations = 0
        for (name, text) in try Self.files("Sources", ["swift", "h", "c", "md"]) + Self.files("Tests", ["swift"]) {
            for match in text.matches(of: #/(?:\bsemantics|<doc:Semantics>, sections?) ([0-9][0-9.]*b?)(?:(?: and |–| to )([0-9][0-9.]*b?))?/#) {
                for cited in [match.output.1, match.output.2].compactMap(\.self) {
                    let section = cited.hasSuffix(".") ? String(cited.dropLast()) : String(cited)
                    #expect(sections.contains(section), "\(name) cites section \(section)")
                    citations += 1
                }
            }
        }
        #expect(citations > 60)
    }

    /// Every operator says of which kind it is, and where that is explained.
    @Test func operatorsLinkToTheMathematics() throws {
        let operators = try Self.files("Sources/VolleyGraph/Operators", ["swift"]).filter { $0.text.contains(": GraphOperation {") }
        #expect(operators.count > 25)
        for (name, text) in operators { #expect(text.contains("<doc:Semantics>, section"), "\(name)") }
    }

    /// Libraries do not speak in the command's options. What other programs' commands look like is their business.
    @Test func librariesDoNotSpeakInOptions() throws {
        let option = #/(?:^|[\s"'(])--[a-z][a-z-]+/#
        for target in try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: "Sources").path) where target != "VolleyCommand" {
            for (name, text) in try Self.files("Sources/" + target, ["swift"]) {
                for line in text.split(separator: "\n") where !line.contains("tensorFlow(") && !line.contains("tf2onnx") {
                    // A variable of a style sheet is no option.
                    let code = String(line.trimmingPrefix(while: \.isWhitespace)).replacing("var(--", with: "var(")
                    if !code.hasPrefix("//") { #expect(code.firstMatch(of: option) == nil, "\(name): \(code)") }
                }
            }
        }
    }

    /// `- Throws:` stands in the comment of every public function that throws, but where a protocol's requirement says it.
    @Test func thrownErrorsAreNamed() throws {
        let requirements = ["func outputShape(", "init(from decoder:", "func encode(to encoder:"]
        var throwing = 0
        for (name, text) in try Self.files("Sources", ["swift"]) {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
            for (index, line) in lines.enumerated() {
                guard line.firstMatch(of: #/^(@\w+ )*public .*\b(func|init|var)\b/#) != nil, Self.throwsErrors(lines[index...]),
                    !requirements.contains(where: line.contains)
                else { continue }
                throwing += 1
                let comment = lines[..<index].reversed().prefix { $0.hasPrefix("///") || $0.hasPrefix("@") }
                #expect(comment.contains { $0.contains("- Throws:") }, "\(name), line \(index + 1): \(line)")
            }
        }
        #expect(throwing > 80)
    }

    /// Whether the declaration that begins here says `throws` outside the brackets of its parameters.
    private static func throwsErrors(_ lines: ArraySlice<String>) -> Bool {
        let first = lines.first!
        if first.contains(" var ") { return lines.prefix(2).contains { $0.contains("get throws") } }
        var depth = 0
        var outside = ""
        for character in lines.prefix(16).joined(separator: " ") {
            if "([".contains(character) { depth += 1 }
            if depth == 0, character == "{" { break }
            if depth == 0 { outside.append(character) }
            if ")]".contains(character) { depth -= 1 }
        }
        return outside.split { !$0.isLetter }.contains("throws")
    }
}
