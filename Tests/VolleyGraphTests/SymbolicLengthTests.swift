import Foundation
import Testing
import VolleyGraph
import VolleyTensors

@Suite struct SymbolicLengthTests {
    @Test func isANumberOrAMultipleOfTheBatchSize() throws {
        let shape: SymbolicShape = [.batch, 7, SymbolicLength(4, scalesWithBatch: true), 0]
        #expect(shape.description == "[N, 7, 4N, 0]")
        let json = try JSONEncoder().encode(shape)
        #expect(String(decoding: json, as: UTF8.self) == #"["N",7,"4N",0]"#)
        #expect(try JSONDecoder().decode(SymbolicShape.self, from: json) == shape)
    }

    @Test(arguments: [#"["M"]"#, #"["0N"]"#, #"["-2N"]"#, #"["N4"]"#, #"["4"]"#, #"[""]"#, "[1.5]", "[null]", "[true]", "7"])
    func anythingElseIsAnError(json: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(SymbolicShape.self, from: Data(json.utf8)) }
    }
}
