import Foundation
import Testing
import VolleyTestSupport

/// Code in articles is code that is built: every line of it stands in the sample package, in the same order.
@Suite struct ExampleCodeTests {
    private static let root = URL(filePath: Fixture.path("")).deletingLastPathComponent().deletingLastPathComponent()

    @Test(arguments: ["OwnData", "OwnMethod", "OwnNeuron"]) func articlesQuoteTheSamplePackage(_ article: String) throws {
        let folder = Self.root.appending(path: "Examples/swift-package/Sources/Digits")
        let sources = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).filter { $0.pathExtension == "swift" }
            .map { try String(contentsOf: $0, encoding: .utf8) }
        #expect(sources.count >= 4)
        let text = try String(contentsOf: Self.root.appending(path: "Sources/Volley/Volley.docc/\(article).md"), encoding: .utf8)
        let blocks = text.matches(of: #/(?s)```swift\n(.*?)```/#).map { String($0.output.1) }
        #expect(!blocks.isEmpty)
        for block in blocks { #expect(sources.contains { $0.contains(block) }, "not in the sample package:\n\(block)") }
    }
}
