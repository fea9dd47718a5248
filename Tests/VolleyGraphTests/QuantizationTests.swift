import Testing
import VolleyGraph
import VolleyTensors

@Suite struct QuantizationTests {
    private let signed = Operator.quantization(Quantization(lowest: -128, highest: 127))

    @Test func roundsHalvesToEvenAndCutsOff() throws {
        let x = Tensor([8], [0.25, 0.75, 1.25, -0.25, -0.75, 100, -100, 0.3])
        let y = try evaluate(signed, [x, Tensor(scalar: 0.5), Tensor(scalar: 0)])
        #expect(y.values == [0, 2, 2, 0, -2, 127, -128, 1])
    }

    @Test func theZeroIsAddedBeforeItCutsOff() throws {
        let y = try evaluate(
            .quantization(Quantization(lowest: 0, highest: 255)), [Tensor([4], [-10, -5, 0, 300]), Tensor(scalar: 1), Tensor(scalar: 7)])
        #expect(y.values == [0, 2, 7, 255])
    }

    @Test func stepsDifferFromRowToRow() throws {
        let x = Tensor([2, 3], [1, 2, 3, 1, 2, 3])
        let y = try evaluate(signed, [x, Tensor([2, 1], [1, 0.1]), Tensor([2, 1], [0, -5])])
        #expect(y.values == [1, 2, 3, 5, 15, 25])
    }

    @Test func parametersThatDoNotFitAreRefused() {
        #expect(throws: GraphError.self) { try Quantization(lowest: 0, highest: 1).outputShape([[2], [3], []]) }
        #expect(throws: GraphError.self) { try Quantization(lowest: 1, highest: 0).outputShape([[2], [], []]) }
        #expect(throws: GraphError.self) { try Quantization(lowest: 0, highest: .infinity).outputShape([[2], [], []]) }
    }
}
