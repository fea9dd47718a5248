import Testing
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

@Suite struct FoldPaddingTests {
    private func graph(_ padding: Padding, _ convolution: Convolution, readTwice: Bool = false) throws -> Graph {
        var builder = GraphBuilder()
        let x = try builder.input("x", shape: [.batch, 4, 5, 6])
        let padded = try builder.add("padded", .padding(padding), [x])
        let weight = try builder.constant("weight", randomTensor([6, (4 + padding.amounts[1].reduce(0, +)) / convolution.groups, 3, 2], seed: 120))
        builder.output("y", try builder.add("layer", .convolution(convolution), [padded, weight]))
        if readTwice { builder.output("also", padded) }
        return try builder.build()
    }

    private func check(_ graph: Graph, folded: Bool) throws {
        let changed = try FoldPadding.apply(to: graph)
        try GraphVerifier.verify(changed)
        let reader = try #require(changed.nodes.first { $0.name == "layer" }).inputs[0]
        #expect((changed[reader].name == "x") == folded)
        let inputs = SampleGraphs.inputs(for: graph, batch: 2, seed: 121)
        let (before, after) = (try Evaluator(graph).run(inputs), try Evaluator(changed).run(inputs))
        #expect(before.count == after.count)
        for (name, value) in before { #expect(value == after[name]!) }
    }

    @Test(arguments: [[[0, 1], [0, 1]], [[2, 0], [1, 3]], [[0, 0], [0, 0]], [[7, 7], [0, 9]]])
    func zerosAroundImages(amounts: [[Int]]) throws {
        let padding = Padding(amounts: [[0, 0], [0, 0]] + amounts)
        for stride in 1...2 {
            for groups in 1...2 {
                let convolution = Convolution(stride: [stride, 2], dilation: [1, stride], padding: [[0, 1], [2, 0]], groups: groups)
                try check(graph(padding, convolution), folded: true)
                try check(graph(padding, convolution, readTwice: true), folded: true)
            }
        }
    }

    @Test func whatIsNoZeroOrNoImageStays() throws {
        let convolution = Convolution(stride: [1, 1])
        try check(graph(Padding(amounts: [[0, 0], [0, 0], [1, 1], [1, 1]], value: 0.5), convolution), folded: false)
        try check(graph(Padding(.reflect, amounts: [[0, 0], [0, 0], [1, 1], [1, 1]]), convolution), folded: false)
        try check(graph(Padding(amounts: [[0, 0], [0, 0], [-1, 1], [0, 0]]), convolution), folded: false)
        try check(graph(Padding(amounts: [[0, 0], [1, 3], [0, 0], [0, 0]]), Convolution(stride: [1, 1], groups: 2)), folded: false)
    }
}
