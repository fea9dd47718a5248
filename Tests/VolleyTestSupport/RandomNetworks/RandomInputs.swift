public import VolleyGraph
public import VolleyTensors

/// Arrays for the inputs of random graphs; an input's name says what it holds: `ids7.0` whole numbers below 7, `mask…` 0 or
/// ``SampleGraphs/maskedOut``, anything else normal values. Sample i is the same whatever the batch size, where
/// one axis counts samples.
public enum RandomInputs {
    public static func values(for graph: Graph, batch: Int, seed: UInt64) -> [String: Tensor] {
        Dictionary(
            uniqueKeysWithValues: graph.inputs.map { id in
                (graph[id].name, value(named: graph[id].name, shape: graph[id].shape, batch: batch, seed: seed))
            })
    }

    static func value(named name: String, shape: SymbolicShape, batch: Int, seed: UInt64) -> Tensor {
        var random = SeededGenerator(seed: seed ^ hash(name))
        let scaling = shape.dimensions.indices.filter { shape[$0].scalesWithBatch }
        if scaling.count > 1 {
            let whole = shape.resolved(batch: batch)
            return Tensor(whole, (0..<whole.count).map { _ in element(of: name, &random) })
        }
        let axis = scaling.first
        let samples = (0..<(axis == nil ? 1 : batch)).map { _ in
            Tensor(shape.perSample, (0..<shape.perSample.count).map { _ in element(of: name, &random) })
        }
        guard let axis else { return samples[0] }
        // Samples one after the other along their axis.
        let resolved = shape.resolved(batch: batch)
        let outer = resolved.dimensions[..<axis].reduce(1, *)
        let width = shape.perSample.dimensions[axis...].reduce(1, *)
        return Tensor(
            resolved, (0..<outer).flatMap { block in samples.flatMap { $0.values[block * width..<(block + 1) * width] } })
    }

    private static func element(of name: String, _ random: inout SeededGenerator) -> Float {
        let value = random.normal()
        if name.hasPrefix("ids") {
            let limit = Float(name.dropFirst(3).prefix { $0 != "." }) ?? 1
            return (random.uniform() * limit).rounded(.down)
        }
        return name.hasPrefix("mask") ? (value > 0.7 ? SampleGraphs.maskedOut : 0) : value
    }
}
