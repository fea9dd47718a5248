internal import VolleyGraph

/// What a network keeps from one time-step to the next.
struct StateDescription: Sendable, Hashable, Codable {
    /// The input of the step function that takes it, and the output that gives it for the next time-step.
    var input: String
    var output: String
    /// What all of its elements are before the first time-step.
    var initial: Float
    /// The node that keeps it, and what it is.
    var node: String
    var holds: String
}

/// The states of a graph while it is written: inputs and outputs of a step function, or values that one step hands to the next.
final class States {
    private let writer: GraphWriter
    /// Whether they are inputs and outputs.
    private let arePorts: Bool
    private(set) var descriptions: [StateDescription] = []
    /// Their names in the tables below, and their shapes.
    private var ports: [(name: String, shape: SymbolicShape)] = []
    /// By the node and what is kept: the value before this step, and that after it.
    private var before: [String: Symbol] = [:]
    private var after: [String: Symbol] = [:]

    init(_ writer: GraphWriter, arePorts: Bool) { (self.writer, self.arePorts) = (writer, arePorts) }

    /// A state before this step.
    /// - Parameter key: what is kept, in a word: the end of its name.
    func read(_ key: String, of node: String, _ shape: SymbolicShape, initial: Float, holds: String) -> Symbol {
        let name = Self.name(key, node)
        if let value = before[name] { return value }
        guard arePorts else {
            return writer.operation("Expand", [writer.scalar(initial), writer.lengths(shape)])
        }
        let description = StateDescription(
            input: writer.reserve("state/" + name), output: writer.reserve("next/" + name), initial: initial, node: node, holds: holds)
        descriptions.append(description)
        ports.append((name, shape))
        let value = writer.input(description.input, shape)
        before[name] = value
        return value
    }

    /// The state after this step.
    func keep(_ value: Symbol, as key: String, of node: String) { after[Self.name(key, node)] = value }

    private static func name(_ key: String, _ node: String) -> String { node.isEmpty ? key : "\(node)/\(key)" }

    /// Ends a step: what was kept is what the next one reads, or what the step function gives.
    func finishStep() {
        if arePorts {
            for (description, port) in zip(descriptions, ports) { writer.output(description.output, after[port.name]!, port.shape) }
        } else {
            before = after
        }
        after = [:]
    }
}
