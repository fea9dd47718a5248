import Testing
import VolleyGraph
import VolleyONNX
import VolleyTensors

/// Rows of scores that see nothing: −∞ everywhere makes a softmax of no numbers, which exporters find with IsNaN and replace.
@Suite struct MaskedRowTests {
    /// Exponentials are good to a few units in the last place.
    private static let tolerance: Float = 1e-6

    /// `where(isnan(softmax(x + mask)), 0, softmax(x + mask))` along `axis`.
    private func guarded(_ masks: [[Float]], shape: [Int], axis: Int = -1, opset: Int = 17) throws -> Network {
        var sketch = ModelSketch()
        sketch.opset = opset
        sketch.input("x", [.named("batch")] + shape.map { .size($0) })
        sketch.floats("zero", [1], [0])
        var scores = "x"
        for (index, mask) in masks.enumerated() {
            sketch.floats("mask\(index)", shape, mask)
            sketch.node("Add", [scores, "mask\(index)"], ["masked\(index)"])
            scores = "masked\(index)"
        }
        sketch.node("Softmax", [scores], ["weights"], [("axis", .int(axis))])
        sketch.node("IsNaN", ["weights"], ["unseen"])
        sketch.node("Where", ["unseen", "zero", "weights"], ["y"])
        sketch.output("y")
        return Network(graph: try sketch.load().graph)
    }

    private struct Network {
        let graph: Graph

        func callAsFunction(_ x: Tensor) throws -> [Float] { try Evaluator(graph).run(["x": x])["y"]!.values }
    }

    private func expect(_ found: [Float], _ expected: [Float], at location: SourceLocation = #_sourceLocation) {
        #expect(found.count == expected.count, sourceLocation: location)
        for (value, right) in zip(found, expected) {
            #expect((value - right).magnitude <= Self.tolerance, "\(found), expected \(expected)", sourceLocation: location)
        }
    }

    @Test func rowsOfMinusInfinityBecomeZero() throws {
        let network = try guarded([[-.infinity, 0, -.infinity, -.infinity]], shape: [2, 2])
        expect(try network(Tensor([1, 2, 2], [3, 4, 5, 6])), [0, 1, 0, 0])
    }

    @Test func rowsOfTheLowestFloatStayEven() throws {
        let lowest = -Float.greatestFiniteMagnitude
        let network = try guarded([[lowest, lowest, lowest, 0]], shape: [2, 2])
        expect(try network(Tensor([1, 2, 2], [3, 4, 5, 6])), [0.5, 0.5, 0, 1])
    }

    @Test func twoLowestFloatsMakeAnInfinity() throws {
        let lowest = -Float.greatestFiniteMagnitude
        let network = try guarded([[lowest, lowest, lowest, 0], [lowest, lowest, 0, lowest]], shape: [2, 2])
        expect(try network(Tensor([1, 2, 2], [3, 4, 5, 6])), [0, 0, 0.5, 0.5])
    }

    @Test func masksFarFromTheLowestAreNumbers() throws {
        let network = try guarded([[-1e9, -1e9, -1e4, -1e4]], shape: [2, 2])
        expect(try network(Tensor([1, 2, 2], [0, 0, 1, 1])), [0.5, 0.5, 0.5, 0.5])
    }

    @Test func anyAxisMayBeTheRow() throws {
        let network = try guarded([[-.infinity, 0, -.infinity, 0]], shape: [2, 2], axis: 1)
        expect(try network(Tensor([1, 2, 2], [3, 7, 5, 7])), [0, 0.5, 0, 0.5])
    }

    @Test func severalAxesMayBeTheRow() throws {
        let network = try guarded([[-.infinity, -.infinity, -.infinity, -.infinity]], shape: [2, 2], axis: 1, opset: 11)
        expect(try network(Tensor([1, 2, 2], [3, 4, 5, 6])), [0, 0, 0, 0])
        let seen = try guarded([[-.infinity, -.infinity, -.infinity, 0]], shape: [2, 2], axis: 1, opset: 11)
        expect(try seen(Tensor([1, 2, 2], [3, 4, 5, 6])), [0, 0, 0, 1])
    }
}
