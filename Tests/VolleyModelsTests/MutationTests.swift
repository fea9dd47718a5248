import Foundation
import Testing
import VolleyModels
import VolleyTensors
import VolleyTestSupport

@Suite struct MutationTests {
    /// Whatever byte is wrong, the model is read or refused with an explanation; nothing crashes and no other error gets out.
    @Test(arguments: [("timm-vit", "config.json"), ("hf-deit", "config.json"), ("hf-deit", "preprocessor_config.json")])
    func everyByteOfTheSettings(fixture: String, file: String) throws {
        let checkpoint = try ChangedCheckpoint(fixture)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: checkpoint.directory.file(file))))
        #expect(try refusals(checkpoint, file, of: bytes, positions: Array(bytes.indices)) > bytes.count / 8)
    }

    /// The formats' own tests change every byte; here it is about what the model makes of it.
    @Test func everyThirdByteOfTheNamesAndShapes() throws {
        let checkpoint = try ChangedCheckpoint("timm-vit")
        let file = "model.safetensors"
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: checkpoint.directory.file(file))))
        let header = 8 + Int(bytes[0]) + Int(bytes[1]) << 8
        let positions = Array(stride(from: 0, to: header, by: 3))
        #expect(try refusals(checkpoint, file, of: bytes, positions: positions) > positions.count / 2)
    }

    /// Replaces one byte at a time, by a neighbour or by a digit.
    private func refusals(
        _ checkpoint: ChangedCheckpoint, _ file: String, of bytes: [UInt8], positions: [Int]
    ) throws -> Int {
        var refusals = 0
        for (turn, position) in positions.enumerated() {
            var mutated = bytes
            mutated[position] = turn % 2 == 0 ? bytes[position] ^ 1 : UInt8(ascii: "9")
            _ = try checkpoint.directory.write(mutated, to: file)
            do {
                _ = try checkpoint.load()
            } catch is any InputError {
                refusals += 1
            }
        }
        return refusals
    }
}
