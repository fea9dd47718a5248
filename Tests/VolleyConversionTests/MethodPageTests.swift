import Foundation
import Testing
import VolleyConversion
import VolleyTestSupport

/// The pages of conversion methods.
@Suite struct MethodPageTests {
    private static let folder = URL(filePath: Fixture.path("")).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Sources/VolleyConversion/VolleyConversion.docc")

    private static func pages() throws -> [String: String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)).filter { $0.hasSuffix(".md") }
        return Dictionary(uniqueKeysWithValues: try names.map { ($0, try String(contentsOf: folder.appending(path: $0), encoding: .utf8)) })
    }

    @Test(arguments: ConversionMethods.all.map(\.name)) func everyMethodHasAPage(name: String) throws {
        #expect(try Self.pages()["Method-\(name).md"]?.contains("`volley methods \(name)`") == true)
    }

    /// Every page has its sections, is listed once, and every link leads to a page.
    @Test func everyPageIsWholeAndListed() throws {
        let pages = try Self.pages()
        let methods = pages.keys.filter { $0.hasPrefix("Method-") }
        #expect(methods.count >= 21)
        let listed = try #require(pages["VolleyConversion.md"])
        for name in methods {
            for section in ["Equations", "What it needs", "Parameters", "Source", "Published results", "In Volley"] {
                #expect(pages[name]!.contains("\n## \(section)\n"), "\(name) has no section \(section)")
            }
            #expect(listed.matches(of: try Regex("<doc:\(name.dropLast(3))>")).count == 1, "\(name)")
        }
        for (name, text) in pages {
            for link in text.matches(of: #/<doc:([^>]+)>/#) { #expect(pages["\(link.output.1).md"] != nil, "\(name) links to \(link.output.1)") }
        }
    }
}
