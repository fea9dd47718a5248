public import VolleyGraph
internal import VolleyTensors
internal import VolleySpiking

/// The output of a network that is read as one value for each class, `[N, classes]`.
public struct ClassifierOutput: Hashable, Sendable {
    public let name: String
    /// At least 2: of a single class every answer would be right.
    public let classes: Int

    /// The outputs of shape [N, classes] with two classes at least.
    public static func fitting(_ graph: Graph) -> [Graph.Output] {
        let batch = graph.inputs.first.flatMap { graph[$0].shape.dimensions.first }
        return graph.outputs.filter { output in
            let shape = graph[output.value].shape
            return shape.rank == 2 && shape[0] == batch && !shape[1].scalesWithBatch && shape[1].size >= 2
        }
    }

    /// - Parameter name: the output's name; nil where only one of the network's outputs has such a shape.
    /// - Throws: `SpikingError` listing the outputs where that is not so.
    public init(of graph: Graph, named name: String? = nil) throws {
        let fitting = Self.fitting(graph)
        let listed = graph.outputs.map { "\($0.name) \(graph[$0.value].shape)" }.joined(separator: ", ")
        func failure(_ message: String, _ remedies: [Remedy] = []) -> SpikingError {
            SpikingError(.badSettings, "\(message); the network's outputs: \(listed)", remedies: remedies)
        }
        let output: Graph.Output
        if let name {
            guard let named = graph.outputs.first(where: { $0.name == name }) else {
                throw failure("the network has no output '\(name)', which \(Remedy(.output)) names", [Remedy(.output)])
            }
            guard fitting.contains(named) else {
                let agreement = Remedy(.task, Evaluation.Task.agreement.rawValue)
                throw failure(
                    "the output '\(name)' is none of a classifier, which has the shape [N, classes] with 2 classes at least; say what it is "
                        + "read as, such as \(agreement)", [agreement])
            }
            output = named
        } else {
            guard let first = fitting.first else {
                let agreement = Remedy(.task, Evaluation.Task.agreement.rawValue)
                let others = Evaluation.Task.allCases.filter { $0 != .agreement }.map(\.rawValue)
                throw failure(
                    "a class for every sample needs an output [N, classes] of 2 classes at least; say what this one is read as, such as "
                        + "\(agreement) or \(others.joined(separator: ", ")), or use \(Remedy(.session)) for it", [agreement, Remedy(.session)])
            }
            guard fitting.count == 1 else {
                let choices = fitting.map { Remedy(.output, $0.name) }
                let listed = choices.map(\.description).joined(separator: " or ")
                throw failure("\(fitting.count) outputs may be a classifier's: say which one counts with \(listed)", choices)
            }
            output = first
        }
        self.name = output.name
        classes = graph[output.value].shape[1].size
    }
}
