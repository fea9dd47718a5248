import Foundation
import Testing
import VolleyFormats
import VolleyTensors
import VolleyTestSupport

@Suite struct HostileSafetensorsTests {
    @Test(
        arguments: [
            (#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, .malformed, "announces 8 bytes"),
            (#"{"t":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, .malformed, "negative"),
            (#"{"t":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, 4, .malformed, "shape"),
            (#"{"t":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0, .malformed, "too large"),
            (
                #"{"t":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904,0],"data_offsets":[0,0]}}"#, 0,
                .malformed, "too large"
            ),
            (#"{"t":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,0]}}"#, 0, .malformed, "shape"),
            (#"{"t":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, .malformed, "data_offsets"),
            (#"{"t":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, 4, .malformed, "data_offsets"),
            (
                #"{"t":{"dtype":"F32","shape":[1],"data_offsets":[9223372036854775803,9223372036854775807]}}"#, 4,
                .malformed, "data_offsets"
            ),
            (#"{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 3, .truncated, "end at byte"),
            (#"{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 5, .malformed, "end at byte"),
            (#"{"t":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8, .malformed, "gap"),
            (
                #"{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"u":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
                4, .malformed, "overlaps"
            ),
            (
                #"{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"t":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
                8, .malformed, "twice"
            ),
            (#"{"t":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}"#, 1, .unsupported, "F8_E4M3"),
            (#"{"t":{"shape":[1],"data_offsets":[0,1]}}"#, 1, .malformed, "no dtype"),
            (#"{"t":5}"#, 0, .malformed, "\"t\""),
            (#"{"__metadata__":{"a":1}}"#, 0, .malformed, "__metadata__"),
            ("[]", 0, .malformed, "object"), ("", 0, .malformed, "the end"), ("{", 0, .malformed, "JSON"),
            ("{} x", 0, .malformed, "expected the end"), (#"{"a":01}"#, 0, .malformed, "JSON"),
            (#"{"a":"\ud800"}"#, 0, .malformed, "surrogates"), (#"{"a":"\x"}"#, 0, .malformed, "escaped"),
            ("{\"a\":\"\u{1}\"}", 0, .malformed, "control"),
            (String(repeating: "[", count: 100_000), 0, .malformed, "nesting"),
            (#"{"a":1e999999999}"#, 0, .malformed, "\"a\""),
        ] as [(String, Int, FormatError.Code, String)])
    func headerThatLies(header: String, dataLength: Int, code: FormatError.Code, text: String) throws {
        try withTemporaryFile(safetensors(header, data: [UInt8](repeating: 0, count: dataLength))) { path in
            expectFormatError(code, mentioning: text) { try SafetensorsFile(path: path) }
        }
    }

    @Test func lengthsThatLie() throws {
        try withTemporaryFile([1, 2, 3]) { path in
            expectFormatError(.truncated, mentioning: "3 bytes") { try SafetensorsFile(path: path) }
        }
        for (length, code): (UInt64, FormatError.Code) in [(3, .truncated), (100_000_001, .tooLarge), (.max, .tooLarge)] {
            try withTemporaryFile([UInt8](littleEndian: length) + [0x7B, 0x7D]) { path in
                expectFormatError(code) { try SafetensorsFile(path: path) }
            }
        }
        try withTemporaryFile([2, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFE]) { path in
            expectFormatError(.malformed, mentioning: "UTF-8") { try SafetensorsFile(path: path) }
        }
    }

    @Test func missingFile() throws {
        try withTemporaryDirectory { folder in
            let path = folder.appending(path: "x.safetensors").path(percentEncoded: false)
            expectFormatError(.notFound, mentioning: "x.safetensors") { try SafetensorsFile(path: path) }
            expectFormatError(.unreadable) { try SafetensorsFile(path: folder.path(percentEncoded: false)) }
        }
    }

    private static let valid = safetensors(
        #"{"__metadata__":{"k":"v\u00e4"},"a":{"dtype":"F16","shape":[2,1],"data_offsets":[0,4]},"#
            + #""b":{"dtype":"I64","shape":[1],"data_offsets":[4,12]}}"#,
        data: [0, 0x3C, 1, 0x80, 1, 2, 3, 4, 5, 6, 7, 8])

    private func readAll(_ path: String) throws {
        let file = try SafetensorsFile(path: path)
        for name in file.names { _ = try file.tensor(name) }
    }

    @Test func everyByteChanged() throws {
        try withTemporaryFile(Self.valid, readAll)
        let refusals = try countRefusals(ofMutationsOf: Self.valid, read: readAll)
        #expect(refusals > 250)
    }

    @Test func everyPrefix() throws { try expectRefusal(ofPrefixesOf: Self.valid, read: readAll) }
}
