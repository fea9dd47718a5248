import Foundation
import Testing
import VolleyTestSupport

/// The arrows between targets: what may import what (ARCHITECTURE.md).
@Suite struct ImportTests {
    private static let allowed: [String: Set<String>] = [
        "VolleyTensors": ["CVolleyKernels"],
        "VolleyGraph": ["VolleyTensors"],
        "VolleyFormats": ["VolleyTensors", "CLibraryStructs"],
        "VolleyModels": ["VolleyGraph", "VolleyFormats", "VolleyTensors"],
        "VolleyONNX": ["VolleyGraph", "VolleyTensors"],
        "VolleySpiking": ["VolleyGraph", "VolleyFormats", "VolleyTensors"],
        "VolleyConversion": ["VolleySpiking", "VolleyGraph", "VolleyTensors"],
        "VolleySimulation": ["VolleySpiking", "VolleyGraph", "VolleyTensors"],
        "VolleyExport": ["VolleyONNX", "VolleySimulation", "VolleySpiking", "VolleyGraph", "VolleyFormats", "VolleyTensors"],
        "VolleyBenchmarks": ["VolleySimulation", "VolleySpiking", "VolleyGraph", "VolleyTensors"],
        "VolleyEvaluation": [
            "VolleySimulation", "VolleySpiking", "VolleyGraph", "VolleyFormats", "VolleyTensors",
        ],
        "VolleyReports": ["VolleyEvaluation", "VolleySimulation", "VolleySpiking", "VolleyTensors"],
        "Volley": [
            "VolleyModels", "VolleyONNX", "VolleyReports", "VolleyEvaluation", "VolleyBenchmarks", "VolleyConversion", "VolleySimulation",
            "VolleyExport", "VolleySpiking",
            "VolleyGraph", "VolleyFormats", "VolleyTensors",
        ],
        "VolleyDemo": ["Volley", "CVolleyDemoData"],
        "VolleyCommand": ["Volley", "VolleyDemo"],
    ]

    /// Modules that come with the system, and the packages that this one depends on.
    private static let outside: Set<String> = [
        "Foundation", "Dispatch", "Synchronization", "Glibc", "Darwin", "Musl", "OrderedCollections", "ArgumentParser",
        "SwiftProtobuf",
    ]

    private var sources: URL {
        URL(filePath: Fixture.path("")).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")
    }

    private func swiftFiles(_ target: String) throws -> [URL] {
        let files = try #require(FileManager.default.enumerator(at: sources.appending(path: target), includingPropertiesForKeys: nil))
        return files.compactMap { $0 as? URL }.filter {
            // What a generator wrote follows the generator's rules.
            $0.pathExtension == "swift" && !$0.lastPathComponent.hasSuffix(".pb.swift")
        }
    }

    @Test func importsFollowTheArrows() throws {
        for (target, allowed) in Self.allowed {
            let files = try swiftFiles(target)
            #expect(!files.isEmpty, "\(target)")
            for file in files {
                for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                    let words = line.split(separator: " ")
                    guard let keyword = words.firstIndex(of: "import"), keyword <= 2, words.count == keyword + 2,
                        words[..<keyword].allSatisfy({ ["public", "internal", "@_exported", "package"].contains($0) })
                    else { continue }
                    let module = String(words[keyword + 1])
                    #expect(allowed.contains(module) || Self.outside.contains(module), "\(file.lastPathComponent) of \(target) imports \(module)")
                }
            }
        }
    }

    @Test func everyTargetIsInTheTable() throws {
        let targets = try FileManager.default.contentsOfDirectory(atPath: sources.path(percentEncoded: false))
            .filter { !$0.hasPrefix("C") || $0.hasPrefix("Co") }
        #expect(Set(targets) == Set(Self.allowed.keys))
    }

    @Test func unsafeCodeStaysInItsRooms() throws {
        // Tensors hold the only safe faces of the kernels, Formats/System those of libraries found at run time, and
        // DemoFiles copies the embedded bytes.
        for target in Self.allowed.keys where target != "VolleyTensors" {
            for file in try swiftFiles(target) where !file.path.contains("VolleyFormats/System/") && file.lastPathComponent != "DemoFiles.swift" {
                let text = try String(contentsOf: file, encoding: .utf8)
                for word in ["unsafe ", "@unsafe", "@unchecked", "Unsafe"] {
                    #expect(!text.contains(word), "\(file.lastPathComponent) of \(target) contains '\(word)'")
                }
            }
        }
    }
}
