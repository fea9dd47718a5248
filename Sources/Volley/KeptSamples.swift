/// Some of the samples that pass by while a network is calibrated, spread evenly over all of them.
struct KeptSamples {
    private let graph: Graph
    /// Which of the samples are kept, ascending.
    private let wanted: [Int]
    private var position = 0
    private var parts: [String: [Tensor]] = [:]

    init(_ graph: Graph, upTo limit: Int, of count: Int) {
        self.graph = graph
        let kept = min(limit, count)
        wanted = (0..<kept).map { $0 * count / kept }
    }

    /// Samples whose axis is not the first, or whose number is fixed, cannot be told apart: of them the first part that passes
    /// is kept whole.
    mutating func add(_ inputs: [String: Tensor]) {
        let shapes = graph.inputs.map { graph[$0].shape }.filter(\.scalesWithBatch)
        guard !shapes.isEmpty, shapes.allSatisfy({ $0[0].scalesWithBatch }) else {
            if parts.isEmpty { parts = inputs.mapValues { [$0] } }
            return
        }
        let lengths = graph.inputs.filter { graph[$0].shape.scalesWithBatch }.map { id in
            inputs[graph[id].name].map { $0.shape[0] / graph[id].shape[0].size } ?? 0
        }
        let count = lengths.first ?? 0
        for sample in wanted where position..<position + count ~= sample {
            for id in graph.inputs {
                let name = graph[id].name
                guard let tensor = inputs[name] else { continue }
                if graph[id].shape.scalesWithBatch {
                    let rows = graph[id].shape[0].size
                    let first = (sample - position) * rows
                    parts[name, default: []].append(tensor.rows(first..<first + rows))
                } else {
                    parts[name] = [tensor]
                }
            }
        }
        position += count
    }

    /// Arrays named like the network's inputs; nil where nothing was kept.
    var inputs: [String: Tensor]? { parts.isEmpty ? nil : parts.mapValues(Tensor.concatenatingRows) }
}
