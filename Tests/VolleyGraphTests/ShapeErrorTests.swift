import Testing
import VolleyGraph
import VolleyTensors

/// Every refusal of every operator, with a message that names what did not fit.
@Suite struct ShapeErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var operation: Operator
        var inputs: [SymbolicShape]
        /// What the message must name.
        var names: [String]
        var testDescription: String { "\(operation.name) of \(inputs)" }

        init(_ operation: Operator, _ inputs: [SymbolicShape], _ names: String...) {
            (self.operation, self.inputs, self.names) = (operation, inputs, names)
        }
    }

    private static let plain = Convolution(stride: [1, 1])

    private static func convolution(_ change: (inout Convolution) -> Void) -> Operator {
        var convolution = plain
        change(&convolution)
        return .convolution(convolution)
    }

    private static let dense: [Case] = [
        Case(.linear(Linear()), [[2, 3], [5, 4]], "[2, 3]", "[5, 4]"),
        Case(.linear(Linear()), [[], [5, 4]], "[]", "[5, 4]"),
        Case(.linear(Linear()), [[2, 3], [3]], "[2, 3]", "[3]"),
        Case(.linear(Linear()), [[2, 3], [5, 3], [4]], "[4]", "[5, 3]"),
        Case(.matrixProduct(MatrixProduct()), [[2, 3], [4, 5]], "[2, 3]", "[4, 5]"),
        Case(.matrixProduct(MatrixProduct()), [[3], [3, 5]], "[3]", "[3, 5]"),
        Case(.matrixProduct(MatrixProduct()), [[2, 1, 3], [5, 3, 1]], "[2, 1, 3]", "[5, 3, 1]"),
        Case(.elementwise(Elementwise(.add)), [[2, 3], [2, 4]], "add", "[2, 3]", "[2, 4]"),
        Case(.elementwise(Elementwise(.divide)), [[.batch, 3], [2, 3]], "divide", "[N, 3]", "[2, 3]"),
        Case(.softmax(Softmax()), [[]], "scalar"),
        Case(.layerNormalization(LayerNormalization(epsilon: 1)), [[2, 3], [2], [3]], "[2, 3]", "[2]"),
        Case(.layerNormalization(LayerNormalization(epsilon: 1)), [[2, 3], [3], [1]], "[3]", "[1]"),
        Case(.layerNormalization(LayerNormalization(epsilon: 1)), [[], [3], [3]], "[]"),
    ]

    private static let convolutions: [Case] = [
        Case(.convolution(plain), [[1, 3, 4, 4], [2, 4, 1, 1]], "[1, 3, 4, 4]", "[2, 4, 1, 1]"),
        Case(.convolution(plain), [[3, 4, 4], [2, 3, 1, 1]], "[3, 4, 4]"),
        Case(.convolution(plain), [[1, 3, 4, 4], [2, 3, 1]], "[2, 3, 1]"),
        Case(.convolution(plain), [[1, 3, .batch, 4], [2, 3, 1, 1]], "[1, 3, N, 4]"),
        Case(.convolution(plain), [[1, 3, 4, 4], [2, SymbolicLength(3, scalesWithBatch: true), 1, 1]], "[2, 3N, 1, 1]"),
        Case(.convolution(plain), [[1, 3, 4, 4], [2, 3, 0, 1]], "[2, 3, 0, 1]"),
        Case(.convolution(plain), [[1, 3, 4, 4], [2, 3, 5, 1]], "larger", "[2, 3, 5, 1]", "[1, 3, 4, 4]"),
        Case(.convolution(plain), [[1, 3, 4, 4], [2, 3, 1, 1], [3]], "[2, 3, 1, 1]"),
        Case(convolution { $0.groups = 3 }, [[1, 3, 4, 4], [2, 1, 1, 1]], "3 groups"),
        Case(convolution { $0.groups = 0 }, [[1, 3, 4, 4], [2, 3, 1, 1]], "positive"),
        Case(convolution { $0.stride = [0, 1] }, [[1, 3, 4, 4], [2, 3, 1, 1]], "positive"),
        Case(convolution { $0.stride = [1] }, [[1, 3, 4, 4], [2, 3, 1, 1]], "positive"),
        Case(convolution { $0.dilation = [1, -1] }, [[1, 3, 4, 4], [2, 3, 1, 1]], "positive"),
        Case(convolution { $0.padding = [[0, 0], [0, -1]] }, [[1, 3, 4, 4], [2, 3, 1, 1]], "not negative"),
        Case(convolution { $0.padding = [[0, 0], [0]] }, [[1, 3, 4, 4], [2, 3, 1, 1]], "padding"),
        Case(convolution { $0.padding = [[Int.max, 1], [0, 0]] }, [[1, 3, 4, 4], [2, 3, 1, 1]], "padding"),
        Case(convolution { $0.groups = Int.max }, [[1, 3, 4, 4], [2, 3, 1, 1]], "groups"),
        Case(convolution { $0.dilation = [Int.max, 1] }, [[1, 3, 4, 4], [2, 3, 4, 1]], "dilations"),
        Case(
            convolution { ($0.padding, $0.stride) = ([[1 << 30, 0], [1 << 30, 0]], [1 << 30, 1 << 30]) },
            [[1, 3, 4, 4], [2, 3, 1, 1]], "elements"),
        Case(
            convolution { $0.padding = [[1 << 14, 1 << 14], [0, 0]] }, [[1, 1, 1, 32768], [1, 1, 16384, 32768]],
            "windows"),
    ]

    private static let layout: [Case] = [
        Case(.reduction(Reduction(.mean, axes: [2])), [[2, 3]], "mean", "[2]", "[2, 3]"),
        Case(.reduction(Reduction(.sum, axes: [1, 1])), [[2, 3]], "sum", "[1, 1]", "[2, 3]"),
        Case(.reduction(Reduction(.sum, axes: [-1])), [[2, 3]], "[-1]"),
        Case(.reduction(Reduction(.mean, axes: [1])), [[2, 0]], "[2, 0]"),
        Case(.reshape(Reshape(to: [7])), [[2, 3]], "[2, 3]", "[7]"),
        Case(.reshape(Reshape(to: [SymbolicLength(1 << 62), 4, 6])), [[2, 3]], "[2, 3]"),
        Case(.reshape(Reshape(to: [-2, -3])), [[2, 3]], "[-2, -3]"),
        Case(.transpose(Transpose([0])), [[2, 3]], "[0]", "[2, 3]"),
        Case(.transpose(Transpose([0, 0])), [[2, 3]], "[0, 0]"),
        Case(.transpose(Transpose([0, 2])), [[2, 3]], "[0, 2]"),
        Case(.slice(Slicing(axis: 2, start: 0, length: 1)), [[2, 3]], "axis 2", "[2, 3]"),
        Case(.slice(Slicing(axis: 1, start: 2, length: 2)), [[2, 3]], "2 to 4", "[2, 3]"),
        Case(.slice(Slicing(axis: 1, start: -1, length: 2)), [[2, 3]], "-1 to 1"),
        Case(.slice(Slicing(axis: 1, start: 1, length: -1)), [[2, 3]], "1 to 0"),
        Case(.slice(Slicing(axis: 1, start: 1, length: .max)), [[2, 3]], "axis 1"),
        Case(.slice(Slicing(axis: 0, start: 0, length: 1)), [[.batch, 3]], "[N, 3]"),
        Case(.concatenation(Concatenation(axis: 2)), [[2, 3]], "[2, 3]", "axis 2"),
        Case(.concatenation(Concatenation(axis: -1)), [[2, 3]], "axis -1"),
        Case(.concatenation(Concatenation(axis: 1)), [[2, 3], [3, 3]], "[2, 3]", "[3, 3]"),
        Case(.concatenation(Concatenation(axis: 1)), [[2, 3], [2, 3, 1]], "[2, 3, 1]"),
        Case(.concatenation(Concatenation(axis: 0)), [[.batch, 3], [4, 3]], "[N, 3]"),
        Case(.expansion(Expansion(to: [2, 4])), [[2, 3]], "[2, 3]", "[2, 4]"),
        Case(.expansion(Expansion(to: [3])), [[2, 3]], "[2, 3]", "[3]"),
        Case(.expansion(Expansion(to: [1])), [[.batch]], "[N]", "[1]"),
    ]

    private static func pooling(_ change: (inout Pooling) -> Void) -> Operator {
        var pooling = Pooling(.average, kernel: [2, 2], stride: [1, 1])
        change(&pooling)
        return .pooling(pooling)
    }

    private static let windows: [Case] = [
        Case(pooling { _ in }, [[1, 3, 4]], "[1, 3, 4]", "[2, 2]"),
        Case(pooling { _ in }, [[1, 3, 4, 1]], "larger", "[1, 3, 4, 1]"),
        Case(pooling { _ in }, [[1, 3, 0, 4]], "[1, 3, 0, 4]"),
        Case(pooling { _ in }, [[1, 3, 4, .batch]], "[1, 3, 4, N]"),
        Case(pooling { $0.kernel = [2] }, [[1, 3, 4, 4]], "one per axis"),
        Case(pooling { $0.stride = [1, 0] }, [[1, 3, 4, 4]], "positive"),
        Case(pooling { $0.padding = [[-1, 0], [0, 0]] }, [[1, 3, 4, 4]], "not negative"),
        Case(pooling { $0.padding = [[.max, .max], [0, 0]] }, [[1, 3, 4, 4]], "padding"),
        Case(pooling { ($0.kernel, $0.dilation) = ([1 << 31, 1], [1 << 31, 1]) }, [[1, 3, 4, 4]], "larger"),
        Case(pooling { $0.dilation = [.max, .max] }, [[1, 3, 4, 4]], "dilations"),
        Case(.padding(Padding(amounts: [[1, 1]])), [[2, 3]], "[[1, 1]]", "[2, 3]"),
        Case(.padding(Padding(amounts: [[1]])), [[2]], "[[1]]"),
        Case(.padding(Padding(amounts: [[.max, .max]])), [[2]], "[2]"),
        Case(.padding(Padding(amounts: [[.min, 0]])), [[2]], "[2]"),
        Case(.padding(Padding(amounts: [[-2, -1]])), [[2]], "[[-2, -1]]"),
        Case(.padding(Padding(amounts: [[1, 0]])), [[.batch]], "[N]"),
        Case(.padding(Padding(.edge, amounts: [[1, 0]])), [[0]], "[0]"),
        Case(.padding(Padding(amounts: [[0, 0]], value: .nan)), [[2]], "nan"),
        Case(.slice(Slicing(axis: 1, start: 0, length: 2, step: 0)), [[2, 3]], "by 0"),
        Case(.slice(Slicing(axis: 1, start: 0, length: 3, step: 2)), [[2, 3]], "3 positions from 0 by 2"),
        Case(.slice(Slicing(axis: 1, start: 1, length: 3, step: -1)), [[2, 3]], "by -1"),
        Case(.slice(Slicing(axis: 1, start: 3, length: 1, step: -1)), [[2, 3]], "from 3"),
        Case(.slice(Slicing(axis: 1, start: 1, length: .max, step: .min)), [[2, 3]], "axis 1"),
        Case(.slice(Slicing(axis: 1, start: 2, length: 2, step: .max)), [[2, 3]], "axis 1"),
    ]

    private static let lookups: [Case] = [
        Case(.gather(Gather(axis: 2)), [[2, 3], [4]], "axis 2", "[2, 3]"),
        Case(.gather(Gather(axis: -1)), [[2, 3], [4]], "axis -1"),
        Case(.gather(Gather(axis: 0)), [[.batch, 3], [4]], "[N, 3]"),
        Case(.gatherElements(GatherElements(axis: 1)), [[2, 3], [3, 3]], "[3, 3]", "[2, 3]"),
        Case(.gatherElements(GatherElements(axis: 1)), [[2, 3], [3]], "[3]"),
        Case(.gatherElements(GatherElements(axis: 2)), [[2, 3], [2, 3]], "axis 2"),
        Case(.gatherElements(GatherElements(axis: 1)), [[.batch, 3], [1, 3]], "[N, 3]"),
        Case(.gatherElements(GatherElements(axis: 0)), [[.batch, 3], [1, 3]], "[N, 3]"),
        Case(.gatherND(GatherND()), [[2, 3], [4, 3]], "[4, 3]", "[2, 3]"),
        Case(.gatherND(GatherND()), [[2, 3], []], "[]"),
        Case(.gatherND(GatherND()), [[.batch, 3], [4, 1]], "[N, 3]"),
        Case(.gatherND(GatherND(batchAxes: 1)), [[2, 3], [4, 1]], "1 batch"),
        Case(.gatherND(GatherND(batchAxes: 2)), [[2, 3], [2, 3]], "2 batch"),
        Case(.gatherND(GatherND(batchAxes: -1)), [[2, 3], [2, 3]], "-1 batch"),
        Case(.selection(Selection()), [[2], [3], [2]], "[2]", "[3]"),
        Case(.selection(Selection()), [[2], [3], [3]], "[2]", "[3]"),
        Case(.reduction(Reduction(.maximum, axes: [1])), [[2, 0]], "maximum", "[2, 0]"),
        Case(.argMaximum(ArgMaximum(axis: 1)), [[2, 0]], "axis 1", "[2, 0]"),
        Case(.argMaximum(ArgMaximum(axis: 2)), [[2, 2]], "axis 2"),
        Case(.cumulativeSum(CumulativeSum(axis: 2)), [[2, 2]], "axis 2"),
        Case(.triangle(Triangle(upper: true)), [[2]], "[2]"),
        Case(.rmsNormalization(RMSNormalization(epsilon: 1)), [[2, 3], [2]], "[2]", "[2, 3]"),
        Case(.rmsNormalization(RMSNormalization(epsilon: 1)), [[], [1]], "[]"),
    ]

    @Test(arguments: dense + convolutions + layout + windows + lookups) func isRefusedWithTheShapesInTheMessage(test: Case) throws {
        let error = #expect(throws: GraphError.self) { try test.operation.operation.outputShape(test.inputs) }
        #expect(error?.code == .shapeMismatch)
        for name in test.names { #expect(error?.message.contains(name) == true, "\(error?.message ?? "")") }
    }

    @Test(arguments: [[], [1, 2], [Float.nan], [.infinity]] as [[Float]])
    func parametersThatDoNotFitAreRefused(parameters: [Float]) {
        let error = #expect(throws: GraphError.self) {
            try ParametricActivation(.elu, parameters: parameters).outputShape([[2]])
        }
        #expect(error?.code == .malformed && error?.message.contains("elu takes 1") == true)
    }

    @Test func shapesThatFitAreInferred() throws {
        let n = SymbolicLength.batch
        #expect(try Linear().outputShape([[n, 7, 3], [5, 3], [5]]) == [n, 7, 5])
        #expect(try MatrixProduct().outputShape([[n, 2, 7, 3], [3, 9]]) == [n, 2, 7, 9])
        #expect(try Elementwise(.add).outputShape([[n, 1, 3], [4, 1]]) == [n, 4, 3])
        #expect(try Concatenation(axis: 1).outputShape([[n, 1, 3], [n, 4, 3]]) == [n, 5, 3])
        #expect(try Reduction(.mean, axes: [1, 2]).outputShape([[n, 4, 3]]) == [n])
        #expect(try Reduction(.mean, axes: [1, 2], keepsAxes: true).outputShape([[n, 4, 3]]) == [n, 1, 1])
        #expect(try Slicing(axis: 1, start: 1, length: 2).outputShape([[n, 4]]) == [n, 2])
        #expect(try Transpose([1, 0]).outputShape([[n, 4]]) == [4, n])
        #expect(
            try Convolution(stride: [2, 3], padding: [[1, 0], [2, 2]]).outputShape([[n, 3, 8, 8], [6, 3, 3, 3]])
                == [n, 6, 4, 4])
    }
}
