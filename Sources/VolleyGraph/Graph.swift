public import VolleyTensors

/// The position of a node in its graph. A value is named by the node that makes it, so this is also a value's identity.
public typealias NodeID = Int

/// One value of a network: handed in, constant, or computed from earlier values.
public struct Node: Sendable, Hashable {
    public enum Content: Sendable, Hashable {
        case input
        case constant(Tensor)
        case operation(Operator)
    }

    /// Unique in the graph. Importers take it from the model file.
    public var name: String
    public var content: Content
    /// The values that the operation reads. All come earlier in the graph.
    public var inputs: [NodeID]
    public var shape: SymbolicShape

    public var operation: Operator? {
        if case .operation(let operation) = content { operation } else { nil }
    }

    public var constant: Tensor? {
        if case .constant(let tensor) = content { tensor } else { nil }
    }
}

/// A trained network as a list of values in order of computation.
///
/// Every node makes exactly one value and reads only values made before it, so the order of `nodes` is an order of
/// evaluation and cycles cannot be written down. Build one with ``GraphBuilder``, which infers shapes and refuses what
/// does not fit.
public struct Graph: Sendable, Hashable {
    public struct Output: Sendable, Hashable, Codable {
        public var name: String
        public var value: NodeID

        public init(name: String, value: NodeID) {
            self.name = name
            self.value = value
        }
    }

    public internal(set) var nodes: [Node]
    public internal(set) var outputs: [Output]
    /// By value: the name that a neuron layer on it should have, where the importer knows a better one than the default.
    public internal(set) var siteNames: [NodeID: String]

    public var inputs: [NodeID] { nodes.indices.filter { nodes[$0].content == .input } }

    public subscript(id: NodeID) -> Node { nodes[id] }

    /// The node of that name.
    public func node(named name: String) -> NodeID? { nodes.firstIndex { $0.name == name } }

    /// By node: the nodes that read its value, ascending, once per reading.
    public var consumers: [[NodeID]] {
        var consumers = [[NodeID]](repeating: [], count: nodes.count)
        for id in nodes.indices {
            for input in nodes[id].inputs { consumers[input].append(id) }
        }
        return consumers
    }

    /// By node: the last node that reads its value; outputs are read after the end.
    public var lastUses: [NodeID] {
        var last = Array(nodes.indices)
        for id in nodes.indices {
            for input in nodes[id].inputs { last[input] = id }
        }
        for output in outputs { last[output.value] = nodes.count }
        return last
    }

    /// The number of elements of all weights, biases and tables: of all constants with axes.
    public var parameterCount: Int {
        nodes.reduce(0) { $0 + ($1.shape.rank > 0 ? $1.constant?.count ?? 0 : 0) }
    }

    /// By node: whether its value changes over time once neurons stand in the graph (semantics 2). What is computed from
    /// inputs and constants alone stays the same at every time-step; what is computed from a neuron's output does not.
    public var isTimeVarying: [Bool] {
        var varying = [Bool](repeating: false, count: nodes.count)
        for id in nodes.indices {
            if case .operation(.neuron) = nodes[id].content {
                varying[id] = true
            } else {
                varying[id] = nodes[id].inputs.contains { varying[$0] }
            }
        }
        return varying
    }

    /// By node: whether its value was computed from one of the network's inputs.
    public var dependsOnInput: [Bool] {
        var depends = [Bool](repeating: false, count: nodes.count)
        for id in nodes.indices where nodes[id].operation != nil {
            depends[id] = nodes[id].inputs.contains { depends[$0] || nodes[$0].content == .input }
        }
        return depends
    }

    /// The kind of each node for conversion, given which values change over time.
    public func kinds(timeVarying: [Bool]) -> [OperatorKind] {
        nodes.map { node in
            guard let operation = node.operation, node.inputs.contains(where: { timeVarying[$0] }) else {
                if case .operation(.neuron) = node.content { return .neuron }
                return .staticValue
            }
            return operation.operation.kind(timeVarying: node.inputs.map { timeVarying[$0] })
        }
    }

    /// Multiply-accumulates of each node for one sample.
    public var multiplyAccumulates: [Int] { multiplyAccumulates(batch: 1) }

    /// Multiply-accumulates of each node for a batch of so many samples at once. Biases are not counted, nor is scaling by a
    /// constant, which is part of its neighbours.
    public func multiplyAccumulates(batch: Int) -> [Int] {
        nodes.map { node in
            if case .operation(.elementwise) = node.content, node.inputs.contains(where: { nodes[$0].constant != nil }) {
                return 0
            }
            return node.operation?.operation.multiplyAccumulates(
                inputs: node.inputs.map { nodes[$0].shape.resolved(batch: batch) }, output: node.shape.resolved(batch: batch)) ?? 0
        }
    }
}
