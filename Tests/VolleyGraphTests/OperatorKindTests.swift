import Testing
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

/// Semantics 2: how each operator depends on those inputs that change over time.
@Suite struct OperatorKindTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var operation: Operator
        var timeVarying: [Bool]
        var kind: OperatorKind
        var synapses: [Int]
        var testDescription: String { "\(operation.name) \(timeVarying)" }

        init(_ operation: Operator, _ timeVarying: [Bool], _ kind: OperatorKind, _ synapses: [Int] = []) {
            (self.operation, self.timeVarying, self.kind, self.synapses) = (operation, timeVarying, kind, synapses)
        }
    }

    private static let convolution = Operator.convolution(Convolution(stride: [1, 1]))
    private static let transposed = Operator.transposedConvolution(TransposedConvolution(stride: [1, 1]))
    private static let norm = Operator.layerNormalization(LayerNormalization(epsilon: 1e-5))

    private static let gathers: [Operator] = [
        .gather(Gather(axis: 0)), .gatherElements(GatherElements(axis: 0)), .gatherND(GatherND()),
    ]

    private static let cases: [Case] =
        [
            Case(.linear(Linear()), [true, false], .affine, [0]),
            Case(.linear(Linear()), [true, false, false], .affine, [0]),
            Case(.linear(Linear()), [false, true], .affine, [1]),
            Case(.linear(Linear()), [false, false, true], .affine),
            Case(.linear(Linear()), [true, true], .bilinear, [0, 1]),
            Case(convolution, [true, false], .affine, [0]),
            Case(convolution, [false, true, false], .affine, [1]),
            Case(convolution, [true, true, true], .bilinear, [0, 1]),
            Case(transposed, [true, false], .affine, [0]),
            Case(transposed, [false, true, false], .affine, [1]),
            Case(transposed, [true, true], .bilinear, [0, 1]),
            Case(.resize(Resize(axes: [], interpolation: .cubic)), [true], .affine),
            Case(.topK(TopK(axis: 0, count: 1, part: .values)), [true], .nonlinear),
            Case(.topK(TopK(axis: 0, count: 1, part: .positions)), [true], .nonlinear),
            Case(.quantization(Quantization(lowest: 0, highest: 1)), [true, false, false], .nonlinear),
            Case(.quantization(Quantization(lowest: 0, highest: 1)), [false, true, false], .nonlinear),
            Case(.matrixProduct(MatrixProduct()), [true, false], .affine, [0]),
            Case(.matrixProduct(MatrixProduct()), [false, true], .affine, [1]),
            Case(.matrixProduct(MatrixProduct()), [true, true], .bilinear, [0, 1]),
            Case(.elementwise(Elementwise(.add)), [true, true], .affine),
            Case(.elementwise(Elementwise(.subtract)), [false, true], .affine),
            Case(.elementwise(Elementwise(.multiply)), [true, false], .affine),
            Case(.elementwise(Elementwise(.multiply)), [false, true], .affine),
            Case(.elementwise(Elementwise(.multiply)), [true, true], .bilinear, [0, 1]),
            Case(.elementwise(Elementwise(.divide)), [true, false], .affine),
            Case(.elementwise(Elementwise(.divide)), [false, true], .nonlinear),
            Case(.elementwise(Elementwise(.divide)), [true, true], .nonlinear),
            Case(.elementwise(Elementwise(.maximum)), [true, false], .nonlinear),
            Case(.elementwise(Elementwise(.minimum)), [true, true], .nonlinear),
            Case(.softmax(Softmax()), [true], .nonlinear),
            Case(norm, [true, false, false], .nonlinear),
            Case(norm, [false, true, false], .nonlinear),
            Case(.reduction(Reduction(.mean, axes: [0])), [true], .affine),
            Case(.reduction(Reduction(.sum, axes: [0])), [true], .affine),
            Case(.reshape(Reshape(to: [1])), [true], .affine),
            Case(.transpose(Transpose([0])), [true], .affine),
            Case(.slice(Slicing(axis: 0, start: 0, length: 1)), [true], .affine),
            Case(.concatenation(Concatenation(axis: 0)), [false, true], .affine),
            Case(.expansion(Expansion(to: [1])), [true], .affine),
            Case(.elementwise(Elementwise(.power)), [true, false], .nonlinear),
            Case(.elementwise(Elementwise(.less)), [true, true], .nonlinear),
            Case(.parametricActivation(ParametricActivation(.leakyRelu, parameters: [1])), [true], .nonlinear),
            Case(.trainedActivation(TrainedActivation(.clip, scales: [1])), [true], .nonlinear),
            Case(.rmsNormalization(RMSNormalization(epsilon: 1)), [true, false], .nonlinear),
            Case(.pooling(Pooling(.average, kernel: [1, 1], stride: [1, 1])), [true], .affine),
            Case(.pooling(Pooling(.maximum, kernel: [1, 1], stride: [1, 1])), [true], .nonlinear),
            Case(.reduction(Reduction(.maximum, axes: [0])), [true], .nonlinear),
            Case(.reduction(Reduction(.minimum, axes: [0])), [true], .nonlinear),
            Case(.reduction(Reduction(.product, axes: [0])), [true], .nonlinear),
            Case(.argMaximum(ArgMaximum(axis: 0)), [true], .nonlinear),
            Case(.cumulativeSum(CumulativeSum(axis: 0)), [true], .affine),
            Case(.triangle(Triangle(upper: true)), [true], .affine),
            Case(.selection(Selection()), [false, true, true], .affine),
            Case(.selection(Selection()), [true, false, false], .nonlinear),
            Case(.padding(Padding(amounts: [[0, 0]], value: 1)), [true], .affine),
            Case(.neuron(NeuronSite()), [true], .neuron),
        ] + gathers.flatMap { [Case($0, [true, false], .affine), Case($0, [false, true], .nonlinear), Case($0, [true, true], .nonlinear)] }
        + UnaryFunction.allCases.map { Case(.activation(Activation($0)), [true], $0 == .negate ? .affine : .nonlinear) }

    @Test(arguments: cases) func kindAndSynapses(test: Case) {
        #expect(test.operation.operation.kind(timeVarying: test.timeVarying) == test.kind)
        #expect(test.operation.operation.synapticInputs(timeVarying: test.timeVarying) == test.synapses)
    }

    @Test func whatNeuronsReachVaries() throws {
        var builder = GraphBuilder()
        let input = try builder.input("input", shape: [.batch, 4])
        let weight = try builder.constant("weight", Tensor([4, 4]))
        let analog = try builder.add("analog", .linear(Linear()), [input, weight])
        let site = try builder.add("site", .neuron(NeuronSite()), [analog])
        let spiking = try builder.add("spiking", .linear(Linear()), [site, weight])
        let active = try builder.add("active", .activation(Activation(.gelu)), [spiking])
        let gated = try builder.add("gated", .elementwise(Elementwise(.multiply)), [active, spiking])
        let scaled = try builder.add("scaled", .elementwise(Elementwise(.multiply)), [gated, input])
        builder.output("output", scaled)
        let graph = try builder.build()
        #expect(graph.isTimeVarying == [false, false, false, true, true, true, true, true])
        #expect(
            graph.kinds(timeVarying: graph.isTimeVarying) == [
                .staticValue, .staticValue, .staticValue, .neuron, .affine, .nonlinear, .bilinear, .affine,
            ])
    }

    @Test func multiplyAccumulatesOfOneSample() throws {
        func count(_ operation: Operator, _ inputs: [Shape], _ output: Shape) -> Int {
            operation.operation.multiplyAccumulates(inputs: inputs, output: output)
        }
        #expect(count(.linear(Linear()), [[1, 7, 3], [5, 3], [5]], [1, 7, 5]) == 7 * 3 * 5)
        #expect(count(.matrixProduct(MatrixProduct()), [[2, 4, 3], [3, 5]], [2, 4, 5]) == 2 * 4 * 3 * 5)
        #expect(count(.elementwise(Elementwise(.multiply)), [[2, 3], [2, 3]], [2, 3]) == 6)
        #expect(count(.elementwise(Elementwise(.multiply)), [[2, 3], []], [2, 3]) == 6)
        #expect(count(.elementwise(Elementwise(.add)), [[2, 3], [2, 3]], [2, 3]) == 0)
        #expect(count(.softmax(Softmax()), [[2, 3]], [2, 3]) == 0)
    }

    @Test func scalingByAConstantIsPartOfItsNeighbours() throws {
        let graph = try SampleGraphs.transformer(depth: 1)
        let costs = graph.multiplyAccumulates
        let scale = try #require(graph.node(named: "blocks.0.attn.scaled"))
        #expect(costs[scale] == 0)
        #expect(costs.reduce(0, +) > 0)
    }
}
