/// The nodes of a graph that its outputs depend on, in an order in which every value is made before it is read.
enum NodeOrder {
    /// - Throws: ``ONNXError`` for values that two nodes make, and for circles.
    static func sorted(_ nodes: [Onnx_NodeProto], outputs: [String]) throws -> [Onnx_NodeProto] {
        var makers: [String: Int] = [:]
        for (index, node) in nodes.enumerated() {
            for name in node.output where !name.isEmpty {
                guard makers.updateValue(index, forKey: name) == nil else {
                    throw ONNXError(.malformed, "two nodes make the value \(name.quoted)", node: node.name)
                }
            }
        }
        let needs = nodes.map { node in Array(Set(reads(node).compactMap { makers[$0] })).sorted() }
        var isNeeded = [Bool](repeating: false, count: nodes.count)
        var open = outputs.compactMap { makers[$0] }
        while let index = open.popLast() {
            if isNeeded[index] { continue }
            isNeeded[index] = true
            open += needs[index]
        }
        let order = try postorder(nodes, needs, isNeeded)
        return order.map { nodes[$0] }
    }

    /// Every node after those that it needs; the file's order where that is one already.
    private static func postorder(_ nodes: [Onnx_NodeProto], _ needs: [[Int]], _ isNeeded: [Bool]) throws -> [Int] {
        enum State { case unseen, open, done }
        var states = [State](repeating: .unseen, count: nodes.count)
        var order: [Int] = []
        for root in nodes.indices where isNeeded[root] && states[root] == .unseen {
            var path: [(node: Int, next: Int)] = [(root, 0)]
            states[root] = .open
            while let (node, next) = path.last {
                guard next < needs[node].count else {
                    states[node] = .done
                    order.append(node)
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let need = needs[node][next]
                switch states[need] {
                case .done: continue
                case .unseen:
                    states[need] = .open
                    path.append((need, 0))
                case .open:
                    let circle = path.map(\.node).drop { $0 != need }.map { nodes[$0].name.quoted }
                    throw ONNXError(
                        .cycle, "these nodes read each other's values in a circle: \(circle.prefix(10).joined(separator: ", "))")
                }
            }
        }
        return order
    }

    /// The names that a node reads, those inside its branches included.
    static func reads(_ node: Onnx_NodeProto) -> [String] {
        node.input.filter { !$0.isEmpty }
            + node.attribute.filter(\.hasG).flatMap { branch in
                branch.g.node.flatMap(reads) + branch.g.output.map(\.name)
            }
    }
}
