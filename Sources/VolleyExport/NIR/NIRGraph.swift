public import VolleyFormats
internal import VolleyTensors

/// A graph of the Neuromorphic Intermediate Representation (Pedersen et al., *Neuromorphic Intermediate Representation: A Unified
/// Instruction Set for Interoperable Brain-Inspired Computing*, Nature Communications 15:8122, 2024; https://neuroir.org).
///
/// Nodes are stated as differential equations or as maps, and a node that several edges lead to reads their sum. Shapes are those of one
/// sample. The package `nir` reads and writes such graphs as HDF5 files, whose layout is `objects`.
public struct NIRGraph: Sendable, Hashable {
    /// A node: the name of its type, and its parameters as files have them.
    public struct Node: Sendable, Hashable {
        public var type: String
        public var parameters: [String: HDF5Object]

        public init(_ type: String, _ parameters: [String: HDF5Object]) {
            self.type = type
            self.parameters = parameters
        }
    }

    public struct Edge: Sendable, Hashable {
        public var from: String
        public var to: String
    }

    /// Which version of the package `nir` says what the nodes mean.
    public var version: String
    public private(set) var nodes: [String: Node] = [:]
    public private(set) var edges: [Edge] = []
    /// What no node says.
    public var metadata: [String: HDF5Object] = [:]

    public init(version: String) { self.version = version }

    /// Adds a node under a name like this one: letters, digits and underscores, as programs need them that make variables of names. Only
    /// an input is called `input`, and only an output `output`.
    /// - Returns: the name that it got.
    mutating func add(_ name: String, _ node: Node, reading sources: [String]) -> String {
        var base = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }.drop { $0 == "_" })
        if base.first?.isLetter != true { base = "n" + base }
        let isTaken = base == "input" && node.type != "Input" || base == "output" && node.type != "Output"
        let candidates = (isTaken ? [] : [base]) + (2...nodes.count + 2).map { "\(base)_\($0)" }
        let unique = candidates.first { nodes[$0] == nil }!
        nodes[unique] = node
        edges += sources.map { Edge(from: $0, to: unique) }
        return unique
    }

    /// The file's top: `version`, and under `node` the graph.
    public var objects: [String: HDF5Object] {
        var graph: [String: HDF5Object] = [
            "type": .text("NIRGraph"), "edges": .texts([edges.count, 2], edges.flatMap { [$0.from, $0.to] }),
            "nodes": .group(nodes.mapValues { .group($0.parameters.merging(["type": .text($0.type)]) { _, type in type }) }),
        ]
        if !metadata.isEmpty { graph["metadata"] = .group(metadata) }
        return ["version": .text(version), "node": .group(graph)]
    }
}
