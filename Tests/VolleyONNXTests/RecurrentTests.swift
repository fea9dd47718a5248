import Foundation
import Testing
import VolleyFormats
import VolleyGraph
import VolleyONNX
import VolleyTensors
import VolleyTestSupport

/// Recurrent layers and response normalisations, against ONNX Runtime; all outputs of every case.
@Suite struct RecurrentTests {
    /// Sums of some ten products and a few functions, in another order.
    private static let tolerance: Float = 2e-6

    static let cases: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: Fixture.path("onnx-recurrent"))) ?? []
        return files.filter { $0.hasSuffix(".onnx") }.map { String($0.dropLast(5)) }.sorted()
    }()

    @Test func allCasesAreThere() { #expect(Self.cases.count == 18) }

    @Test(arguments: cases)
    func agreesWithTheRuntime(_ name: String) throws {
        let inputs = try NpzArchive(path: Fixture.path("onnx-recurrent/\(name).in.npz"))
        let expected = try NpzArchive(path: Fixture.path("onnx-recurrent/\(name).out.npz"))
        let model = try ONNXModel.load(Fixture.path("onnx-recurrent/\(name).onnx"))
        let found = try Evaluator(model.graph).run(
            Dictionary(uniqueKeysWithValues: try inputs.names.map { ($0, try inputs.array($0).tensor) }))
        #expect(found.keys.sorted() == expected.names.sorted())
        for output in expected.names {
            let (value, right) = (try #require(found[output]), try expected.array(output).tensor)
            try #require(value.shape == right.shape)
            let worst = zip(value.values, right.values).map { ($0 - $1).magnitude }.max() ?? 0
            #expect(worst <= Self.tolerance * max(1, right.values.map(\.magnitude).max() ?? 1), "\(output) is off by \(worst)")
        }
    }

    @Test func whatIsNotUnderstoodIsRefused() throws {
        func failure(_ kind: String, _ attributes: [(String, ModelSketch.Attribute)], lengths: Bool = false) -> ONNXError? {
            var sketch = ModelSketch()
            sketch.input("x", [3, 2, 2])
            let rows = kind == "LSTM" ? 4 : 3
            sketch.floats("w", [1, rows, 2], [Float](repeating: 1, count: 2 * rows))
            sketch.floats("r", [1, rows, 1], [Float](repeating: 1, count: rows))
            sketch.integers("lengths", [3, 2])
            sketch.node(kind, ["x", "w", "r", "", lengths ? "lengths" : ""], ["y"], attributes)
            sketch.output("y")
            return sketch.failure()
        }
        #expect(failure("LSTM", []) == nil)
        #expect(failure("GRU", []) == nil)
        #expect(failure("LSTM", [("clip", .float(3))])?.code == .unsupported)
        #expect(failure("LSTM", [("input_forget", .int(1))])?.code == .unsupported)
        #expect(failure("LSTM", [("direction", .text("sideways"))])?.code == .unsupported)
        #expect(failure("LSTM", [("direction", .text("bidirectional"))])?.code == .shapeMismatch)
        #expect(failure("GRU", [], lengths: true)?.code == .unsupported)
    }
}
