import Testing
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

/// Values of a size of up to 10, computed in another order.
private let tolerance: Float = 1e-4

@Suite struct FoldScaleAndShiftTests {
    /// A layer followed by element-wise functions with constants.
    private func graph(
        convolution: Bool, hasBias: Bool, _ steps: [(BinaryFunction, Shape, isLeft: Bool)], readTwice: Bool = false
    ) throws -> Graph {
        var builder = GraphBuilder()
        let x = try builder.input("x", shape: convolution ? [.batch, 4, 5, 5] : [.batch, 3, 4])
        let weight = try builder.constant("weight", randomTensor(convolution ? [6, 2, 3, 3] : [6, 4], seed: 110))
        let bias = hasBias ? [try builder.constant("bias", randomTensor([6], seed: 111))] : []
        let layer: Operator = convolution ? .convolution(Convolution(stride: [1, 1], groups: 2)) : .linear(Linear())
        let first = try builder.add("layer", layer, [x, weight] + bias)
        var value = first
        for (index, step) in steps.enumerated() {
            // Away from 0, so that quotients stay of moderate size.
            let values = randomTensor(step.1, seed: UInt64(112 + index)).values.map { 1.5 + 0.2 * $0 }
            let constant = try builder.constant("constant\(index)", Tensor(step.1, values))
            value = try builder.add(
                "step\(index)", .elementwise(Elementwise(step.0)), step.isLeft ? [constant, value] : [value, constant])
        }
        builder.output("y", value)
        if readTwice { builder.output("also", first) }
        return try builder.build()
    }

    private func check(_ graph: Graph, folded: Bool) throws {
        let changed = try FoldScaleAndShift.apply(to: graph)
        try GraphVerifier.verify(changed)
        #expect(try FoldScaleAndShift.apply(to: changed) == changed)
        let left = [graph, changed].map { $0.nodes.count { $0.operation?.name == "elementwise" } }
        #expect(left[1] == (folded ? 0 : left[0]))
        let inputs = SampleGraphs.inputs(for: graph, batch: 2, seed: 113)
        let (before, after) = (try Evaluator(graph).run(inputs), try Evaluator(changed).run(inputs))
        for (name, value) in before { #expect(value.distance(to: after[name]!) <= tolerance) }
    }

    @Test(arguments: [true, false], [BinaryFunction.add, .subtract, .multiply, .divide])
    func everyFunctionOnEitherSide(hasBias: Bool, function: BinaryFunction) throws {
        for shape: Shape in [[6, 1, 1], [1, 6, 1, 1], [], [1]] {
            try check(graph(convolution: true, hasBias: hasBias, [(function, shape, isLeft: false)]), folded: true)
            try check(graph(convolution: true, hasBias: hasBias, [(function, shape, isLeft: true)]), folded: function != .divide)
        }
        for shape: Shape in [[6], [1, 1, 6], []] {
            try check(graph(convolution: false, hasBias: hasBias, [(function, shape, isLeft: false)]), folded: true)
            try check(graph(convolution: false, hasBias: hasBias, [(function, shape, isLeft: true)]), folded: function != .divide)
        }
    }

    @Test func batchNormalizationInOneGo() throws {
        let steps: [(BinaryFunction, Shape, isLeft: Bool)] = [
            (.subtract, [6, 1, 1], false), (.divide, [6, 1, 1], false), (.multiply, [6, 1, 1], true), (.add, [6, 1, 1], false),
        ]
        try check(graph(convolution: true, hasBias: false, steps), folded: true)
    }

    @Test func whatDoesNotFitStays() throws {
        // Another axis, a new shape, another function, a value that is read twice.
        try check(graph(convolution: true, hasBias: true, [(.multiply, [3], false)]), folded: false)
        try check(graph(convolution: false, hasBias: true, [(.add, [3, 6], false)]), folded: false)
        try check(graph(convolution: false, hasBias: true, [(.add, [3, 1], false)]), folded: false)
        try check(graph(convolution: false, hasBias: true, [(.add, [2, 1, 1, 1], false)]), folded: false)
        try check(graph(convolution: false, hasBias: true, [(.maximum, [6], false)]), folded: false)
        try check(graph(convolution: false, hasBias: true, [(.add, [6], false)], readTwice: true), folded: false)
    }

    @Test func theGatedNetworkLosesItsTakenApartNormalization() throws {
        let names = try GraphPasses.apply(to: SampleGraphs.gatedMLP()).nodes.compactMap { $0.operation?.name }
        #expect(names.contains("rmsNormalization"))
        #expect(names.count { $0 == "elementwise" } == 2)
    }
}
