import Foundation
import Testing
import VolleyTestSupport

/// The public types of Volley can be written without its name beside whatever else a program imports.
@Suite struct NameTests {
    /// The public top-level types of other modules (Tools/list_foreign_names.py): by name, the module.
    private static func foreignNames() throws -> [String: String] {
        let lines = try String(contentsOfFile: Fixture.path("foreign-names/names.txt"), encoding: .utf8).split(separator: "\n")
        return Dictionary(lines.map { $0.split(separator: " ") }.map { (String($0[1]), String($0[0])) }, uniquingKeysWith: { first, _ in first })
    }

    /// The public top-level types of the libraries: they stand at the start of a line.
    private static func ownNames() throws -> [(name: String, file: String)] {
        let sources = URL(filePath: Fixture.path("")).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)).compactMap { $0 as? URL }
            .filter { $0.pathExtension == "swift" && !$0.lastPathComponent.hasSuffix(".pb.swift") && !$0.path.contains("/VolleyCommand/") }
        let declaration = #/(?m)^(?:@\w+ )*public (?:indirect |final )*(?:struct|class|enum|protocol|actor|typealias) (\w+)/#
        return try files.flatMap { file in
            try String(contentsOf: file, encoding: .utf8).matches(of: declaration).map { (String($0.output.1), file.lastPathComponent) }
        }
    }

    @Test func noTypeIsCalledAsOneOfFoundationOrTheStandardLibrary() throws {
        let (foreign, own) = (try Self.foreignNames(), try Self.ownNames())
        for (name, file) in own {
            if let module = foreign[name] { Issue.record("\(file): \(name) is a type of \(module) too; give it another name") }
        }
        #expect(own.count > 250)
        // The list is whole enough to find what once did clash.
        for name in ["Operation", "Dimension", "Slice", "Data", "Result", "Test", "Mutex"] { #expect(foreign[name] != nil, "\(name)") }
    }

    /// No two libraries have a type of the same name, for one import brings them all.
    @Test func noTwoTypesAreCalledTheSame() throws {
        let names = try Self.ownNames().map(\.name)
        #expect(Dictionary(grouping: names, by: \.self).filter { $0.value.count > 1 }.keys.sorted() == [])
    }
}
