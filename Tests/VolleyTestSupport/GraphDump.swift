public import VolleyGraph

/// A graph as text, a line per value: what a person reads and what tests compare.
public enum GraphDump {
    public static func text(_ graph: Graph) -> String {
        var lines = graph.nodes.map { node in
            let what =
                switch node.content {
                case .input: "input"
                case .constant: "constant"
                case .operation(let operation): operation.name
                }
            let inputs = node.inputs.isEmpty ? "" : "(" + node.inputs.map { graph[$0].name }.joined(separator: ", ") + ")"
            return "\(node.name) = \(what)\(inputs) \(node.shape)"
        }
        lines += graph.outputs.map { "output \($0.name) = \(graph[$0.value].name)" }
        return lines.joined(separator: "\n") + "\n"
    }
}
