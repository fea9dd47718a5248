import Foundation
import Testing
import VolleyFormats
import VolleyModels
import VolleyTensors
import VolleyTestSupport

/// A copy of a committed checkpoint that a test changes and loads.
struct ChangedCheckpoint {
    let directory: TemporaryDirectory

    init(_ fixture: String) throws {
        directory = try TemporaryDirectory()
        let folder = Fixture.path("models/\(fixture)")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            try FileManager.default.copyItem(atPath: "\(folder)/\(name)", toPath: directory.file(name))
        }
    }

    func load(inputShapes: [String: [Int]] = [:]) throws -> Model {
        try Model(checkpoint: directory.path, inputShapes: inputShapes)
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: directory.file(name)) }

    /// Changes a JSON object. `keys` leads to the value that is replaced; nil removes it.
    func set(_ keys: String..., to value: Any?, in file: String = "config.json") throws {
        func replaced(_ object: [String: Any], _ keys: ArraySlice<String>) -> [String: Any] {
            guard let key = keys.first else { return object }
            var object = object
            let inner = object[key] as? [String: Any] ?? [:]
            object[key] = keys.count == 1 ? value : replaced(inner, keys.dropFirst())
            return object
        }
        let data = try Data(contentsOf: URL(filePath: directory.file(file)))
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let result = try JSONSerialization.data(withJSONObject: replaced(object, keys[...]))
        _ = try directory.write([UInt8](result), to: file)
    }

    func changeTensors(_ change: (inout [String: Tensor]) -> Void) throws {
        let file = directory.file("model.safetensors")
        let archive = try TensorArchive(folderOrFile: file)
        var tensors = try Dictionary(uniqueKeysWithValues: archive.names.map { ($0, try archive.tensor($0)) })
        change(&tensors)
        try Safetensors.write(tensors: tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, to: file)
    }
}

/// Expects a `ModelError` whose description mentions all of `texts`.
func expectModelError(
    _ code: ModelError.Code, mentioning texts: String..., sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> some Any
) {
    let error = #expect(throws: ModelError.self, sourceLocation: sourceLocation) { _ = try body() }
    guard let error else { return }
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    for text in texts { #expect(error.description.contains(text), "\(error)", sourceLocation: sourceLocation) }
}
