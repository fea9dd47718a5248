public import VolleyGraph
internal import VolleyTensors

/// The smallest graphs on which some way of running once gave another result than the equations.
public enum FoundFaults {
    public static func all() throws -> [(name: String, graph: Graph)] {
        [
            ("the sum of two layers was taken by both", try twoLayersAdded()),
            ("a residual of the spikes that the layer itself reads was lost", try layerOntoItsInput()),
            ("a first axis of 2N was taken for N where heads are split", try headsOfTwoBatches()),
            ("a layer with a computed bias was expected to leave heads side by side", try headsWithComputedBias()),
            ("a residual that is the same at every step was not repeated along a moved batch axis", try staticResidualOnMovedBatch()),
            ("a network without neurons ran as its ANN does, but for many steps", try noNeurons()),
            ("a layer with a computed bias kept its weights, and was said to have rounded ones", try computedBiasBehindNeurons()),
        ]
    }

    private static func twoLayersAdded() throws -> Graph {
        var sketch = GraphSketch(seed: 101)
        let x = try sketch.builder.input("x", shape: [.batch, 6])
        let hidden = try sketch.activation("hidden.relu", .relu, try sketch.linear("hidden", x, outputs: 8))
        let sum = try sketch.elementwise(
            "sum", .add, try sketch.linear("left", hidden, outputs: 8), try sketch.linear("right", hidden, outputs: 8))
        sketch.builder.output("y", try sketch.linear("head", try sketch.activation("relu", .relu, sum), outputs: 3))
        return try sketch.builder.build()
    }

    private static func layerOntoItsInput() throws -> Graph {
        var sketch = GraphSketch(seed: 102)
        let x = try sketch.builder.input("x", shape: [.batch, 6])
        let site = try sketch.builder.add("site", .neuron(NeuronSite()), [try sketch.linear("hidden", x, outputs: 8)])
        let sum = try sketch.elementwise("sum", .add, site, try sketch.linear("layer", site, outputs: 8))
        sketch.builder.output("y", try sketch.activation("tanh", .tanh, sum))
        return try sketch.builder.build()
    }

    /// One head of each sample has the rows of the sample's first half.
    private static func headsOfTwoBatches() throws -> Graph {
        var sketch = GraphSketch(seed: 103)
        let x = try sketch.builder.input("x", shape: [SymbolicLength(2, scalesWithBatch: true), 3, 4])
        func heads(_ name: String, _ permutation: [Int], in sketch: inout GraphSketch) throws -> NodeID {
            let value = try sketch.linear(name, x, outputs: 4)
            return try sketch.transpose(name + ".turned", try sketch.reshape(name + ".heads", value, [.batch, 3, 2, 4]), permutation)
        }
        let q = try heads("q", [0, 2, 1, 3], in: &sketch), k = try heads("k", [0, 2, 3, 1], in: &sketch)
        let v = try heads("v", [0, 2, 1, 3], in: &sketch)
        let mixed = try sketch.matrixProduct("mixed", try sketch.softmax("softmax", try sketch.matrixProduct("scores", q, k)), v)
        let joined = try sketch.reshape(
            "joined", try sketch.transpose("back", mixed, [0, 2, 1, 3]), [SymbolicLength(2, scalesWithBatch: true), 3, 4])
        sketch.builder.output("y", try sketch.linear("head", joined, outputs: 3))
        return try sketch.builder.build()
    }

    private static func headsWithComputedBias() throws -> Graph {
        var sketch = GraphSketch(seed: 104)
        let x = try sketch.builder.input("x", shape: [.batch, 3, 4])
        let shift = try sketch.builder.input("static", shape: [4])
        func heads(_ name: String, _ permutation: [Int], in sketch: inout GraphSketch) throws -> NodeID {
            let value = try sketch.builder.add(name, .linear(Linear()), [x, try sketch.weight(name + ".weight", [4, 4]), shift])
            return try sketch.transpose(name + ".turned", try sketch.reshape(name + ".heads", value, [.batch, 3, 2, 2]), permutation)
        }
        let q = try heads("q", [0, 2, 1, 3], in: &sketch), k = try heads("k", [0, 2, 3, 1], in: &sketch)
        let v = try heads("v", [0, 2, 1, 3], in: &sketch)
        let mixed = try sketch.matrixProduct("mixed", try sketch.softmax("softmax", try sketch.matrixProduct("scores", q, k)), v)
        let joined = try sketch.reshape("joined", try sketch.transpose("back", mixed, [0, 2, 1, 3]), [.batch, 3, 4])
        sketch.builder.output("y", try sketch.linear("head", joined, outputs: 3))
        return try sketch.builder.build()
    }

    private static func staticResidualOnMovedBatch() throws -> Graph {
        var sketch = GraphSketch(seed: 105)
        let x = try sketch.builder.input("x", shape: [.batch, 3, 4])
        let hidden = try sketch.linear("second", try sketch.linear("first", x, outputs: 5), outputs: 5)
        let moved = try sketch.transpose("moved", hidden, [1, 0, 2])
        let analog = try sketch.transpose("analog", x, [1, 0, 2])
        let sum = try sketch.elementwise("sum", .add, try sketch.linear("head", moved, outputs: 4), analog)
        sketch.builder.output("y", try sketch.transpose("back", sum, [1, 0, 2]))
        return try sketch.builder.build()
    }

    private static func noNeurons() throws -> Graph {
        var sketch = GraphSketch(seed: 107)
        let x = try sketch.builder.input("x", shape: [.batch, 6])
        sketch.builder.output("y", try sketch.activation("relu", .relu, try sketch.linear("layer", x, outputs: 4)))
        return try sketch.builder.build()
    }

    private static func computedBiasBehindNeurons() throws -> Graph {
        var sketch = GraphSketch(seed: 108)
        let x = try sketch.builder.input("x", shape: [.batch, 6])
        let shift = try sketch.builder.input("static", shape: [5])
        let hidden = try sketch.activation("hidden.relu", .relu, try sketch.linear("hidden", x, outputs: 8))
        let layer = try sketch.builder.add("layer", .linear(Linear()), [hidden, try sketch.weight("layer.weight", [5, 8]), shift])
        sketch.builder.output("y", try sketch.linear("head", try sketch.activation("tanh", .tanh, layer), outputs: 3))
        return try sketch.builder.build()
    }
}
