public import VolleyTensors

/// How many samples a network takes in one run, and how samples lie in its inputs and outputs.
public struct Batching: Sendable, Hashable {
    public enum Rule: Sendable, Hashable {
        /// Any number, in any groups: samples do not meet.
        case separate
        /// Any number, but all at once: at this node they meet, or spikes are sent for all of them together.
        case together(NodeID)
        /// As many as the file fixes, which also stay together.
        case fixed(Int)
    }

    public let rule: Rule
    /// By name, where the batch lies in each input and output; those that are the same for all samples are missing.
    public let inputs: [String: BatchAxis]
    public let outputs: [String: BatchAxis]

    public init(_ graph: Graph) { self.init(graph, BatchAnalysis(graph)) }

    init(_ graph: Graph, _ analysis: BatchAnalysis) {
        if let fixed = Self.fixedBatch(graph) {
            rule = .fixed(fixed)
            let depends = graph.dependsOnInput
            inputs = Dictionary(uniqueKeysWithValues: graph.inputs.map { (graph[$0].name, BatchAxis(0)) })
            outputs = Dictionary(
                uniqueKeysWithValues: graph.outputs.compactMap { output in
                    depends[output.value] || graph[output.value].content == .input ? (output.name, BatchAxis(0)) : nil
                })
            return
        }
        let sharedSite =
            graph.inputs.contains { graph[$0].shape.scalesWithBatch }
            ? graph.nodes.indices.first { graph[$0].isNeuronSite && analysis.layouts[$0] == .shared } : nil
        rule = (analysis.meeting ?? sharedSite).map { .together($0) } ?? .separate
        inputs = Dictionary(
            uniqueKeysWithValues: graph.inputs.compactMap { id in
                graph[id].shape.dimensions.firstIndex(where: \.scalesWithBatch).map { (graph[id].name, BatchAxis($0)) }
            })
        outputs = Dictionary(
            uniqueKeysWithValues: graph.outputs.compactMap { output in
                analysis.layouts[output.value].axis.map { (output.name, $0) }
            })
    }

    /// The number of samples in one run, where the graph fixes it: no shape scales with the batch, and all inputs and all that is
    /// computed from them begin with the same length.
    private static func fixedBatch(_ graph: Graph) -> Int? {
        guard !graph.nodes.contains(where: \.shape.scalesWithBatch) else { return nil }
        let depends = graph.dependsOnInput
        let first = (graph.inputs + graph.outputs.map(\.value).filter { depends[$0] }).map { graph[$0].shape.dimensions.first?.size }
        guard let fixed = first.first ?? nil, fixed > 0, Set(first).count == 1 else { return nil }
        return fixed
    }

    /// How many samples the graph's shapes are for where N is 1.
    public var samplesPerRun: Int { if case .fixed(let count) = rule { count } else { 1 } }

    /// How long the batch axis of an input is for one sample.
    public func lengthPerSample(of graph: Graph, _ input: String) -> Int {
        guard case .fixed = rule else {
            return graph.node(named: input).flatMap { id in inputs[input].map { graph[id].shape[$0.position].size } } ?? 1
        }
        return 1
    }

    /// The shape of an input's array that holds so many samples.
    public func shape(of input: Node, samples: Int) -> Shape {
        var shape = input.shape.resolved(batch: samples)
        if case .fixed(let fixed) = rule { shape[0] = samples / fixed * fixed }
        return shape
    }

    /// Cuts `count` samples into runs of about `size` samples that give what all would give at once.
    public func runs(of count: Int, size: Int) -> [Range<Int>] {
        let step =
            switch rule {
            case .separate: max(1, size)
            case .together: max(1, count)
            case .fixed(let fixed): fixed
            }
        return stride(from: 0, to: max(1, count), by: step).map { $0..<min(count, $0 + step) }
    }

    /// The largest number of samples that fills whole runs and is no larger than `size`, at least one run.
    public func size(near size: Int) -> Int { max(1, size / samplesPerRun) * samplesPerRun }

    /// Cuts `count` samples into at most `parts` parts, each of whole runs.
    public func parts(of count: Int, atMost parts: Int) -> [Range<Int>] {
        switch rule {
        case .separate: evenRanges(of: count, parts: parts)
        case .together: [0..<count]
        case .fixed(let fixed):
            evenRanges(of: count / fixed, parts: parts).map { $0.lowerBound * fixed..<$0.upperBound * fixed }
        }
    }

    /// The part of named inputs that belongs to some of their samples.
    public func samples(_ range: Range<Int>, of count: Int, in inputs: [String: Tensor]) -> [String: Tensor] {
        if range == 0..<count { return inputs }
        return inputs.reduce(into: [:]) { part, input in
            part[input.key] = axis(of: input.key)?.samples(range, of: count, in: input.value) ?? input.value
        }
    }

    /// Where the batch lies in an array that belongs to an input: its values, or its recorded spikes.
    private func axis(of array: String) -> BatchAxis? {
        inputs[array] ?? inputs.first { BoundInputs.train(of: $0.key) == array }?.value.behind(1)
    }

    /// Joins the inputs, or the outputs, of successive parts of a batch into one set; what is the same for all samples is taken once.
    /// - Precondition: there is at least one part.
    public func joining(inputs parts: [[String: Tensor]]) -> [String: Tensor] {
        let trains = inputs.map { (BoundInputs.train(of: $0.key), $0.value.behind(1)) }
        return Self.joining(parts, along: inputs.merging(trains) { own, _ in own })
    }
    public func joining(outputs parts: [[String: Tensor]]) -> [String: Tensor] { Self.joining(parts, along: outputs) }

    private static func joining(_ parts: [[String: Tensor]], along axes: [String: BatchAxis]) -> [String: Tensor] {
        if parts.count == 1 { return parts[0] }
        return parts[0].reduce(into: [:]) { joined, value in
            joined[value.key] = axes[value.key]?.joining(parts.map { $0[value.key]! }) ?? value.value
        }
    }

    /// What to say about a number of samples that is no multiple of the one that a file fixes.
    public static func remainder(of count: Int, _ fixed: Int) -> String {
        "the network takes \(fixed) samples at a time, for its file fixes the batch, and \(count) are no multiple of it: "
            + (count > fixed ? "use the first \(count / fixed * fixed)" : "at least \(fixed) are needed")
    }
}
