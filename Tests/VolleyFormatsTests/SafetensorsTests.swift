import Foundation
import Testing
import VolleyFormats
import VolleyTensors
import VolleyTestSupport

/// The bytes of a safetensors file with this header.
func safetensors(_ header: String, data: [UInt8] = []) -> [UInt8] {
    [UInt8](littleEndian: UInt64(header.utf8.count)) + Array(header.utf8) + data
}

@Suite struct SafetensorsTests {
    private static let tensors: [(String, Tensor)] = [
        ("z", Tensor([2, 3], [1, -2, 0.5, .infinity, -0.0, 0x1p-140])),
        ("a \"quoted\"\n\\ü", Tensor(scalar: 7)),
        ("none", Tensor([0, 4], [])),
    ]
    private static let metadata = ["format": "pt", "graph": "{\"π\": [1]}\u{1}", "a": ""]

    @Test func writtenTensorsAreReadBack() throws {
        try withTemporaryDirectory { folder in
            let path = folder.appending(path: "t.safetensors").path(percentEncoded: false)
            try Safetensors.write(tensors: Self.tensors, metadata: Self.metadata, to: path)
            let file = try SafetensorsFile(path: path)
            #expect(file.metadata == Self.metadata)
            #expect(Set(file.names) == Set(Self.tensors.map(\.0)))
            #expect(file.totalParameterCount == 7)
            for (name, tensor) in Self.tensors {
                #expect(file.shape(of: name) == tensor.shape)
                #expect(file.elementType(of: name) == .float32)
                let read = try file.tensor(name)
                #expect(read.values.map(\.bitPattern) == tensor.values.map(\.bitPattern))
            }
            #expect(file.shape(of: "b") == nil)
            expectFormatError(.missingEntry, mentioning: "\"b\"") { try file.tensor("b") }
        }
    }

    @Test func arraysOfIntegersAreReadBack() throws {
        let arrays: [(String, SafetensorsArray)] = [
            ("wide", .int16([2, 2], [-32_768, 32_767, -1, 258])), ("floats", .float32(Tensor([1], [0.25]))), ("narrow", .int8([3], [-128, 127, -1])),
            ("none", .int8([0], [])),
        ]
        try withTemporaryDirectory { folder in
            let path = folder.appending(path: "t.safetensors").path(percentEncoded: false)
            try Safetensors.write(arrays: arrays, to: path)
            let file = try SafetensorsFile(path: path)
            #expect(file.elementType(of: "wide") == .int16 && file.elementType(of: "narrow") == .int8)
            #expect(try file.tensor("wide") == Tensor([2, 2], [-32_768, 32_767, -1, 258]))
            #expect(try file.tensor("narrow") == Tensor([3], [-128, 127, -1]))
            #expect(try file.tensor("floats") == Tensor([1], [0.25]) && file.tensor("none") == Tensor([0], []))
        }
    }

    @Test func theLayoutIsTheReferenceOne() throws {
        try withTemporaryDirectory { folder in
            let path = folder.appending(path: "t.safetensors").path(percentEncoded: false)
            try Safetensors.write(tensors: [("w", Tensor([2], [1, 2]))], metadata: ["b": "2", "a": "1"], to: path)
            let header = """
                {"__metadata__":{"a":"1","b":"2"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}
                """
            let padded = header + String(repeating: " ", count: -header.utf8.count & 7)
            let expected = safetensors(padded, data: [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
            #expect(FileManager.default.contents(atPath: path) == Data(expected))
        }
    }

    @Test func aTensorOfSeveralPieces() throws {
        var generator = SeededGenerator(seed: 1)
        let tensor = generator.normalTensor([1100, 1000])
        try withTemporaryDirectory { folder in
            let path = folder.appending(path: "t.safetensors").path(percentEncoded: false)
            try Safetensors.write(tensors: [("t", tensor), ("u", Tensor([1], [5]))], to: path)
            let file = try SafetensorsFile(path: path)
            #expect(try file.tensor("t") == tensor)
            #expect(try file.tensor("u").values == [5])
            #expect(file.names == ["t", "u"])
        }
    }

    /// Each element type with values at its limits; expected values follow from the definitions of the formats.
    @Test(
        arguments: [
            (
                "F16",
                [UInt16](arrayLiteral: 0x3C00, 0xC000, 0x7BFF, 0x0001, 0x03FF, 0x0400, 0x7C00, 0xFC00, 0x8000)
                    .flatMap { [UInt8](littleEndian: $0) },
                [Float](arrayLiteral: 1, -2, 65504, 0x1p-24, 0x3FFp-24, 0x1p-14, .infinity, -.infinity, -0.0)
            ),
            ("BF16", [UInt16](arrayLiteral: 0x3F80, 0xC040, 0x7F80).flatMap { [UInt8](littleEndian: $0) }, [1, -3, .infinity]),
            ("F64", [0.5, 1e300, -1e300].flatMap { [UInt8](littleEndian: $0.bitPattern) }, [0.5, .infinity, -.infinity]),
            ("I64", [Int64.min, -1, 1 << 40].flatMap { [UInt8](littleEndian: $0) }, [-0x1p63, -1, 0x1p40]),
            ("U64", [UInt64.max, 3].flatMap { [UInt8](littleEndian: $0) }, [0x1p64, 3]),
            ("I32", [Int32.min, -7].flatMap { [UInt8](littleEndian: $0) }, [-0x1p31, -7]),
            ("U32", [UInt32.max, 7].flatMap { [UInt8](littleEndian: $0) }, [0x1p32, 7]),
            ("I16", [Int16.min, 300].flatMap { [UInt8](littleEndian: $0) }, [-32768, 300]),
            ("U16", [UInt16.max, 300].flatMap { [UInt8](littleEndian: $0) }, [65535, 300]),
            ("I8", [0x80, 0x7F], [-128, 127]),
            ("U8", [0x80, 0xFF], [128, 255]),
            ("BOOL", [0, 1], [0, 1]),
        ] as [(String, [UInt8], [Float])])
    func elementTypes(dtype: String, data: [UInt8], values: [Float]) throws {
        let header = """
            {"t":{"dtype":"\(dtype)","shape":[\(values.count)],"data_offsets":[0,\(data.count)]}}
            """
        try withTemporaryFile(safetensors(header, data: data)) { path in
            let tensor = try SafetensorsFile(path: path).tensor("t")
            #expect(tensor.values.map(\.bitPattern) == values.map(\.bitPattern))
        }
    }

    @Test func halfPrecisionNotANumber() throws {
        let bytes = safetensors(#"{"t":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#, data: [0, 0x7E])
        try withTemporaryFile(bytes) { path in
            let tensor = try SafetensorsFile(path: path).tensor("t")
            #expect(tensor.values[0].isNaN)
        }
    }

    @Test func namesAreInTheOrderOfTheData() throws {
        let header = """
            {"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}
            """
        try withTemporaryFile(safetensors(header, data: [1, 2])) { path in
            let file = try SafetensorsFile(path: path)
            #expect(file.names == ["a", "b"])
            #expect(try file.tensor("b").values == [2])
        }
    }
}
