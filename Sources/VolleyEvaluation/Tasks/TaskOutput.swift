internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// The output of a network that a task reads.
struct TaskOutput: Sendable {
    let name: String
    /// Of one sample's part of it.
    let shape: Shape

    /// - Parameter name: the output's name; nil where only one of the network's outputs has such a shape.
    /// - Throws: `SpikingError` listing the outputs where that is not so.
    init(of graph: Graph, for task: Evaluation.Task?, named name: String?) throws {
        guard let task else {
            // A class for every sample, where nobody says otherwise.
            let classifier = try ClassifierOutput(of: graph, named: name)
            (self.name, shape) = (classifier.name, [classifier.classes])
            return
        }
        let batching = Batching(graph)
        let fitting = graph.outputs.compactMap { output -> TaskOutput? in
            guard let shape = Self.shapePerSample(of: output, in: graph, batching), task.fits(shape) else { return nil }
            return TaskOutput(name: output.name, shape: shape)
        }
        let listed = graph.outputs.map { "\($0.name) \(graph[$0.value].shape)" }.joined(separator: ", ")
        func failure(_ message: String, _ remedies: [Remedy]) -> SpikingError {
            SpikingError(.badSettings, "\(message); the network's outputs: \(listed)", remedies: remedies)
        }
        if let name {
            guard graph.outputs.contains(where: { $0.name == name }) else {
                throw failure("the network has no output '\(name)', which \(Remedy(.output)) names", [Remedy(.output)])
            }
            guard let found = fitting.first(where: { $0.name == name }) else {
                throw failure("the task '\(task.rawValue)' reads an output \(task.outputShape), and '\(name)' is none", [])
            }
            self = found
            return
        }
        // Classes of samples come before classes of positions.
        let likely = task == .classification ? fitting.filter { $0.shape.rank == 1 } : []
        let candidates = likely.isEmpty ? fitting : likely
        guard let first = candidates.first else {
            let remedy = Remedy(.task, "NAME")
            let others = Evaluation.Task.allCases.filter { other in
                graph.outputs.contains { Self.shapePerSample(of: $0, in: graph, batching).map(other.fits) ?? false }
            }
            let advice = others.isEmpty ? "" : "; \(remedy) may be \(others.map(\.rawValue).joined(separator: ", "))"
            throw failure(
                "the task '\(task.rawValue)' reads an output \(task.outputShape), and this network has none\(advice)", others.isEmpty ? [] : [remedy])
        }
        guard candidates.count == 1 else {
            let choices = candidates.map { Remedy(.output, $0.name) }
            throw failure(
                "\(candidates.count) outputs may be what the task '\(task.rawValue)' reads: say which one counts with "
                    + choices.map(\.description).joined(separator: " or "), choices)
        }
        self = first
    }

    private init(name: String, shape: Shape) { (self.name, self.shape) = (name, shape) }

    /// nil where an output has no row for every sample.
    private static func shapePerSample(of output: Graph.Output, in graph: Graph, _ batching: Batching) -> Shape? {
        let shape = graph[output.value].shape
        let samples: SymbolicLength = if case .fixed(let fixed) = batching.rule { SymbolicLength(fixed) } else { .batch }
        guard shape.dimensions.first == samples, !shape.dimensions.dropFirst().contains(where: \.scalesWithBatch) else { return nil }
        return Shape(shape.dimensions.dropFirst().map(\.size))
    }
}
