import Foundation
import Testing
import VolleyTestSupport

/// What comments promise: the mathematics that they cite.
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
        let operators = try Self.files("Sources/VolleyGraph/Operators", ["swift"]).filter { $0.text.contains(": Operation {") }
        #expect(operators.count > 25)
        for (name, text) in operators { #expect(text.contains("<doc:Semantics>, section"), "\(name)") }
    }
}
