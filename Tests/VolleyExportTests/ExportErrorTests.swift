import Testing
import VolleyExport

@Suite struct ExportErrorTests {
    @Test func allNodesAreListed() {
        let error = ExportError(format: "ONNX", nodes: [("a", "it is random"), ("b", "it is a loop")], advice: "Leave both out.")
        #expect(
            error.description == """
                The network cannot be written as ONNX, because of 2 nodes:
                  'a': it is random
                  'b': it is a loop
                Leave both out.
                """)
    }
}
