import Foundation
import Testing
import VolleyFormats
import VolleyTensors
import VolleyTestSupport

/// The bytes of an `.npy` file of version 1.0 with this header.
func npy(_ header: String, data: [UInt8] = []) -> [UInt8] {
    [0x93] + Array("NUMPY".utf8) + [1, 0] + [UInt8](littleEndian: UInt16(header.utf8.count)) + Array(header.utf8) + data
}

@Suite struct NpyArrayTests {
    @Test func fixturesOfNumPy() throws {
        let expected = try fixtureObject("formats/expected.json")
        let names = expected.keys.filter { $0.hasSuffix(".npy") && !$0.hasPrefix("bad-") && $0 != "f4-nan-inf.npy" }
        #expect(names.count >= 18)
        let types: [String: ElementType] = [
            "<f4": .float32, ">f4": .float32, "<f8": .float64, "<f2": .float16, "<i8": .int64, "<i4": .int32,
            ">i4": .int32, "<i2": .int16, "|i1": .int8, "|u1": .uint8, "<u2": .uint16, "|b1": .bool,
        ]
        for name in names {
            let array = try NpyArray(path: Fixture.path("formats/\(name)"))
            let entry = try #require(ExpectedArray(expected[name]), "\(name)")
            entry.verify(array.tensor, name)
            #expect(array.elementType == types[entry.dtype], "\(name)")
        }
    }

    @Test func notANumberAndInfinities() throws {
        let values = try NpyArray(path: Fixture.path("formats/f4-nan-inf.npy")).tensor.values
        #expect(values[0] == 1 && values[1].isNaN && values[2] == .infinity && values[3] == -.infinity)
    }

    @Test(
        arguments: [
            ("bad-truncated", .truncated, "53 follow the header"), ("bad-magic", .malformed, "NUMPY"),
            ("bad-short-header", .truncated, "header ends early"), ("bad-object", .unsupported, "pickles"),
            ("bad-structured", .unsupported, "structured"), ("bad-complex", .unsupported, "<c8"),
            ("bad-huge-shape", .tooLarge, "4611686018427387904"), ("bad-negative-shape", .malformed, "negative"),
        ] as [(String, FormatError.Code, String)])
    func badFixtures(name: String, code: FormatError.Code, text: String) {
        expectFormatError(code, mentioning: text) { try NpyArray(path: Fixture.path("formats/\(name).npy")) }
    }

    @Test(arguments: [
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)", "the end"),
        ("{'descr': '<f4', 'fortran_order': False}", "keys"),
        ("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "twice"),
        ("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "True or False"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': 1}", "tuple"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (1.0,)}", "expected"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "expected a value"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': __import__('os')}", "expected a value"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': \(String(repeating: "(", count: 5000))}", "nesting"),
        ("", "expected {"),
    ])
    func headerThatLies(header: String, text: String) {
        expectFormatError(.malformed, mentioning: text) {
            try NpyArray(bytes: npy(header, data: [0, 0, 0, 0]), name: "x")
        }
    }

    @Test func shapeThatOverflowsThoughEmpty() {
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4611686018427387904, 4611686018427387904)}"
        expectFormatError(.tooLarge) { try NpyArray(bytes: npy(header), name: "x") }
    }

    @Test func bytesThatFollow() {
        let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}"
        expectFormatError(.malformed) { try NpyArray(bytes: npy(header, data: [1, 2]), name: "x") }
    }

    /// `numpy.asfortranarray([[1, 2, 3], [4, 5, 6]])` lies column by column.
    @Test func fortranOrder() throws {
        let header = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3)}"
        let array = try NpyArray(bytes: npy(header, data: [1, 4, 2, 5, 3, 6]), name: "x")
        #expect(array.tensor == Tensor([2, 3], [1, 2, 3, 4, 5, 6]))
        let empty = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 0)}"
        #expect(try NpyArray(bytes: npy(empty), name: "x").shape == [2, 0])
        let scalar = "{'descr': '|u1', 'fortran_order': True, 'shape': ()}"
        #expect(try NpyArray(bytes: npy(scalar, data: [9]), name: "x").tensor == Tensor(scalar: 9))
    }

    @Test(
        arguments: [
            (">f2", [0x3C, 0x00], 1), (">f8", [0x3F, 0xE0, 0, 0, 0, 0, 0, 0], 0.5), (">u4", [0, 0, 1, 2], 258),
            (">i8", [255, 255, 255, 255, 255, 255, 255, 254], -2), ("<u8", [1, 0, 0, 0, 0, 0, 0, 0x80], 0x1p63),
            (">u2", [1, 2], 258), ("=i2", [1, 2], 513),
        ] as [(String, [UInt8], Float)])
    func byteOrders(descr: String, data: [UInt8], value: Float) throws {
        let header = "{'descr': '\(descr)', 'fortran_order': False, 'shape': (1L,)}"
        #expect(try NpyArray(bytes: npy(header, data: data), name: "x").tensor.values == [value])
    }

    @Test func everyByteChanged() throws {
        let bytes = try Fixture.bytes("formats/f4-fortran.npy")
        #expect(try countRefusals(ofMutationsOf: bytes) { _ = try NpyArray(path: $0) } > 200)
        try expectRefusal(ofPrefixesOf: bytes) { _ = try NpyArray(path: $0) }
    }

    @Test func writtenArraysAreReadBack() throws {
        let tensor = Tensor([3, 5], (0..<15).map { Float($0) / 3 })
        for content in [NpyContent.float32(tensor), .int64([3, 5], Array(-7..<8)), .int64([1 << 40, -3])] {
            let bytes = content.encoded()
            let headerLength = Int(bytes[8]) + 256 * Int(bytes[9])
            #expect((10 + headerLength) % 64 == 0)
            let array = try NpyArray(bytes: bytes, name: "x")
            switch content {
            case .float32(let tensor): #expect(array.tensor == tensor && array.elementType == .float32)
            case .int64(let shape, let values):
                #expect(array.tensor == Tensor(shape, values.map { Float($0) }) && array.elementType == .int64)
            }
        }
    }

    /// NumPy writes the same bytes.
    @Test func writtenAsNumPyWrites() throws {
        let path = Fixture.path("formats/f4.npy")
        let array = try NpyArray(path: path)
        let written = try withTemporaryFile([]) { copy in
            try NpyContent.float32(array.tensor).write(to: copy)
            return FileManager.default.contents(atPath: copy)
        }
        #expect(written == FileManager.default.contents(atPath: path))
    }
}
