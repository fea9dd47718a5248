import Foundation
import Testing
import VolleyFormats
import VolleyTensors
import VolleyTestSupport

@Suite struct TensorArchiveTests {
    /// Writes tensors `a` and `b` into one file each and an index with this weight map.
    private func withShards(_ weightMap: String, _ body: (_ folder: URL) throws -> Void) throws {
        try withTemporaryDirectory { folder in
            for (number, name) in ["a", "b"].enumerated() {
                let path = folder.appending(path: "\(number + 1).safetensors").path(percentEncoded: false)
                let tensor = Tensor([1], [Float(number)])
                try Safetensors.write(tensors: [(name, tensor), ("both", tensor)], metadata: ["n\(number)": ""], to: path)
            }
            let index = #"{"metadata":{"total_size":8},"weight_map":{\#(weightMap)}}"#
            try Data(index.utf8).write(to: folder.appending(path: "model.safetensors.index.json"))
            try body(folder)
        }
    }

    @Test func shardsAreJoined() throws {
        let map = #""a":"1.safetensors","b":"2.safetensors","both":"2.safetensors""#
        try withShards(map) { folder in
            let index = folder.appending(path: "model.safetensors.index.json")
            for url in [folder, index] {
                let archive = try TensorArchive(folderOrFile: url.path(percentEncoded: false))
                #expect(archive.names == ["a", "b", "both"])
                #expect(try archive.tensor("a").values == [0])
                #expect(try archive.tensor("b").values == [1])
                #expect(try archive.tensor("both").values == [1])
                #expect(archive.totalParameterCount == 3)
                #expect(archive.metadata == ["n0": "", "n1": ""])
                #expect(archive.shape(of: "c") == nil)
                expectFormatError(.missingEntry, mentioning: "no tensor \"c\" in this model") { try archive.tensor("c") }
            }
        }
    }

    @Test(
        arguments: [
            (
                #""a":"1.safetensors","b":"3.safetensors","c":"4.safetensors""#, .notFound,
                #"2 of 3 files named in the index are missing: "3.safetensors", "4.safetensors""#
            ),
            (#""a":"2.safetensors""#, .missingEntry, #"tensor "a" into "2.safetensors""#),
            (#""a":"../1.safetensors""#, .malformed, "same folder"),
            (#""a":"/1.safetensors""#, .malformed, "same folder"),
            (#""a":"x\\1.safetensors""#, .malformed, "same folder"),
            (#""a":"model.safetensors.index.json""#, .malformed, "same folder"),
            (#""a":1"#, .malformed, "no file"),
            ("", .malformed, "weight_map"),
        ] as [(String, FormatError.Code, String)])
    func badIndex(weightMap: String, code: FormatError.Code, text: String) throws {
        try withShards(weightMap) { folder in
            expectFormatError(code, mentioning: text) {
                try TensorArchive(folderOrFile: folder.path(percentEncoded: false))
            }
        }
    }

    @Test func folderWithoutModel() throws {
        try withTemporaryDirectory { folder in
            expectFormatError(.notFound, mentioning: "model.safetensors.index.json") {
                try TensorArchive(folderOrFile: folder.path(percentEncoded: false))
            }
        }
    }

    @Test func fixturesOfOtherPrograms() throws {
        let models = ["timm-vit", "timm-vit-f16", "timm-vit-qknone-bf16", "hf-vit", "timm-vit-sharded"]
        for model in models {
            let archive = try TensorArchive(folderOrFile: Fixture.path("models/\(model)"))
            #expect(archive.paths.count == (model.hasSuffix("sharded") ? 2 : 1))
            #expect(archive.names.count > 10)
            for name in archive.names {
                let tensor = try archive.tensor(name)
                #expect(tensor.shape == archive.shape(of: name))
                #expect(tensor.values.allSatisfy { $0.isFinite && abs($0) < 1000 }, "\(model) \(name)")
            }
        }
    }
}
