public import VolleyGraph
internal import VolleyTensors

/// Networks whose outputs are read in other ways than one class for every sample.
extension SampleGraphs {
    /// Tokens of 11 kinds, each seen by itself and, with a "attention_mask" `[N, 6]`, 0 where that is 0: "input_ids" `[N, 6]` to "logits"
    /// `[N, 6, 11]`.
    public static func tokens(masked: Bool, seed: UInt64 = 8) throws -> Graph {
        var sketch = GraphSketch(seed: seed)
        let ids = try sketch.builder.input("input_ids", shape: [.batch, 6])
        let mask = masked ? try sketch.builder.input("attention_mask", shape: [.batch, 6]) : nil
        let table = try sketch.builder.constant("table", sketch.random.normalTensor([11, 12]))
        var value = try sketch.builder.add("embedded", .gather(Gather(axis: 0)), [table, ids])
        value = try sketch.elementwise("placed", .add, value, try sketch.offset("positions", [6, 12]))
        if let mask {
            value = try sketch.elementwise("masked", .multiply, value, try sketch.reshape("mask.column", mask, [.batch, 6, 1]))
        }
        let hidden = try sketch.activation("hidden.gelu", .gelu, try sketch.linear("hidden", value, outputs: 20))
        sketch.builder.output("logits", try sketch.linear("head", hidden, outputs: 11))
        return try sketch.builder.build()
    }

    /// "features" `[N, 8]` to "answer" `[N, 3]`.
    public static func features(seed: UInt64 = 9) throws -> Graph {
        var sketch = GraphSketch(seed: seed)
        let input = try sketch.builder.input("features", shape: [.batch, 8])
        let hidden = try sketch.activation("hidden.gelu", .gelu, try sketch.linear("hidden", input, outputs: 16))
        sketch.builder.output("answer", try sketch.linear("head", hidden, outputs: 3))
        return try sketch.builder.build()
    }
}
