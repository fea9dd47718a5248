import Foundation
import Testing
import VolleyFormats
import VolleyTensors
import VolleyTestSupport

@Suite struct CIFARFileTests {
    @Test(arguments: [("cifar10.bin", CIFARFile.Kind.cifar10), ("cifar100.bin", .cifar100)])
    func fixtures(name: String, kind: CIFARFile.Kind) throws {
        let file = try CIFARFile(path: Fixture.path("formats/\(name)"))
        let entry = try #require(try fixtureObject("formats/expected.json")[name] as? [String: Any])
        #expect(file.kind == kind)
        #expect(file.count == 3)
        #expect(file.labels == entry[kind == .cifar10 ? "labels" : "fine_labels"] as? [Int])
        #expect(file.coarseLabels == entry["coarse_labels"] as? [Int] ?? [])
        let tensor = try file.tensor(0..<3)
        try #require(ExpectedArray(entry)).verify(tensor, name)
        let image = try file.image(1)
        #expect(image.width == 32 && image.height == 32 && image.channels == 3)
        for (row, column, channel) in [(0, 0, 0), (0, 1, 1), (31, 30, 2), (7, 9, 1)] {
            #expect(Float(image.pixels[(row * 32 + column) * 3 + channel]) == tensor[1, channel, row, column])
        }
        #expect(try file.tensor(2..<3) == tensor.rows(2..<3))
    }

    @Test func sizeThatFitsNeither() throws {
        expectFormatError(.truncated, mentioning: "3073") {
            try CIFARFile(path: Fixture.path("formats/bad-truncated-cifar10.bin"))
        }
        try withTemporaryFile([]) { path in expectFormatError(.truncated) { try CIFARFile(path: path) } }
        expectFormatError(.truncated, mentioning: "3074") {
            try CIFARFile(path: Fixture.path("formats/cifar10.bin"), kind: .cifar100)
        }
    }

    @Test func labelOutOfRange() throws {
        let record = [UInt8](repeating: 3, count: 3073)
        try withTemporaryFile(record + [10] + record[1...]) { path in
            expectFormatError(.malformed, mentioning: "byte 3073: The label is 10") { try CIFARFile(path: path) }
        }
        try withTemporaryFile([20, 0] + record[1...]) { path in
            expectFormatError(.malformed, mentioning: "less than 20") { try CIFARFile(path: path) }
        }
    }

    /// The size 3073 · 3074 fits both kinds.
    @Test(arguments: [
        ("train.bin", CIFARFile.Kind.cifar100), ("data_batch_1.bin", .cifar10), ("my-cifar-100.bin", .cifar100),
        ("x.bin", nil),
    ])
    func ambiguousSize(name: String, kind: CIFARFile.Kind?) throws {
        try withTemporaryFile([UInt8](repeating: 0, count: 3073 * 3074), named: name) { path in
            if let kind {
                let file = try CIFARFile(path: path)
                #expect(file.kind == kind)
            } else {
                expectFormatError(.unsupported, mentioning: "Say which") { try CIFARFile(path: path) }
                let file = try CIFARFile(path: path, kind: .cifar10)
                #expect(file.count == 3074)
            }
        }
    }
}
