public import VolleyTensors

extension Executable {
    /// Checks the named arrays of any number of samples against the graph's inputs.
    /// - Returns: the number of samples.
    /// - Throws: ``GraphError`` as ``bind(_:)`` does, and where the graph fixes the number of samples in a run and the arrays
    ///   hold no multiple of it.
    public func sampleCount(_ inputs: [String: Tensor]) throws -> Int {
        guard case .fixed(let fixed) = batching.rule else { return try bind(inputs).batch }
        let counts = Set(inputs.values.map { $0.shape.dimensions.first })
        guard counts.count == 1, let count = counts.first ?? nil, count > fixed else {
            _ = try bind(inputs)
            return fixed
        }
        guard count % fixed == 0 else { throw GraphError(.badInput, Batching.remainder(of: count, fixed)) }
        for range in batching.runs(of: count, size: fixed) { _ = try bind(batching.samples(range, of: count, in: inputs)) }
        return count
    }
}

extension Evaluator {
    /// Evaluates the graph on arrays of any number of samples, as many at a time as it takes.
    /// - Returns: the outputs by name.
    /// - Throws: ``GraphError`` as ``run(_:observe:)`` does.
    public func runAll(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        let count = try executable.sampleCount(inputs)
        let batching = executable.batching
        return batching.joining(
            outputs: try batching.runs(of: count, size: count).map { try run(batching.samples($0, of: count, in: inputs)) })
    }
}

extension Batching {
    /// What to say about a number of samples that is no multiple of the one that a file fixes.
    public static func remainder(of count: Int, _ fixed: Int) -> String {
        "the network takes \(fixed) samples at a time, for its file fixes the batch, and \(count) are no multiple of it: "
            + (count > fixed ? "use the first \(count / fixed * fixed)" : "at least \(fixed) are needed")
    }
}
