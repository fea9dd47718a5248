import Foundation
import Testing
import VolleyFormats
import VolleyTensors
import VolleyTestSupport

/// Arrays that are written piece by piece.
@Suite struct NpyStreamTests {
    @Test func bytesAreFilledInAnyOrder() throws {
        try withTemporaryDirectory { folder in
            let path = folder.appending(path: "codes.npy").path(percentEncoded: false)
            let file = try NpyInt8File(path: path, shape: [2, 3, 4])
            try file.write([-128, 127, 5, -6][1...2], at: 22)
            try file.write([1, 2, 3, 4, 5][...], at: 3)
            #expect(try file.elements(2..<9) == [0, 1, 2, 3, 4, 5, 0])
            try file.synchronize()
            let array = try NpyArray(bytes: Array(Data(contentsOf: URL(filePath: path))), name: path)
            #expect(array.shape == [2, 3, 4])
            #expect(array.tensor.values == [0, 0, 0, 1, 2, 3, 4, 5] + [Float](repeating: 0, count: 14) + [127, 5])
        }
        expectFormatError(.writeFailed) { try NpyInt8File(path: "/nowhere/codes.npy", shape: [1]) }
    }

    /// NumPy's own header of this type: packed rows of 17 bytes.
    @Test func eventsAreRowsOfSeventeenBytes() throws {
        try withTemporaryDirectory { folder in
            let path = folder.appending(path: "events.npy").path(percentEncoded: false)
            try NpyEventTable.write(rows: 2, to: path) { table in
                try table.add(sample: 1, step: 2, site: 3, neuron: 0x0102_0304, level: -5)
                try table.add(sample: 0, step: 1, site: 0, neuron: 7, level: 127)
            }
            let bytes = try Array(Data(contentsOf: URL(filePath: path)))
            let start = 10 + Int(bytes[8]) + 256 * Int(bytes[9])
            #expect(start % 64 == 0 && bytes.count == start + 34)
            let header = String(decoding: bytes[10..<start], as: UTF8.self)
            let fields = "[('sample', '<u4'), ('step', '<u4'), ('site', '<u4'), ('neuron', '<u4'), ('level', '|i1')]"
            #expect(header.hasPrefix("{'descr': \(fields), 'fortran_order': False, 'shape': (2,), }") && header.hasSuffix("\n"))
            #expect(Array(bytes[start..<start + 17]) == [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 3, 2, 1, 251])
            #expect(Array(bytes[(start + 17)...]) == [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 127])
        }
    }

    @Test func foldersAppearWhenTheyAreComplete() throws {
        struct Stop: Error {}
        try withTemporaryDirectory { folder in
            func path(_ name: String) -> String { folder.appending(path: name).path(percentEncoded: false) }
            #expect(throws: Stop.self) { try OutputFolder.write(to: path("new")) { _ in throw Stop() } }
            #expect(try FileManager.default.contentsOfDirectory(atPath: path("")).isEmpty)
            try OutputFolder.check(path("new"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: path("")).isEmpty)
            try OutputFolder.write(to: path("new/")) { temporary in
                #expect(!FileManager.default.fileExists(atPath: path("new")))
                try Data([1]).write(to: URL(filePath: temporary + "/a"))
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: path("new")) == ["a"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: path("")) == ["new"])
            expectFormatError(.writeFailed, mentioning: "not empty") { try OutputFolder.check(path("new")) }
            expectFormatError(.writeFailed, mentioning: "A file of this name") { try OutputFolder.check(path("new/a")) }
            expectFormatError(.writeFailed, mentioning: "does not exist") { try OutputFolder.check(path("gone/x")) }
            try FileManager.default.createDirectory(atPath: path("empty"), withIntermediateDirectories: false)
            try OutputFolder.write(to: path("empty")) { try Data([1]).write(to: URL(filePath: $0 + "/b")) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: path("empty")) == ["b"])
        }
    }
}
