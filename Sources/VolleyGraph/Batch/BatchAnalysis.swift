internal import VolleyTensors

/// The proof that the samples of a batch do not meet in a network, or the place where they do.
///
/// The batch axis is followed from the inputs through every operator; each states how it passes
/// (``GraphOperation/batchAxis(_:)``). A value is *separate* where its elements are `[outer, N, inner]` and sample n's part depends
/// on sample n alone, neither on the others nor on how many there are nor on its place among them. Then samples may run in
/// any groups, and time-steps as further samples, without changing a bit.
public struct BatchAnalysis: Sendable, Hashable {
    public enum Layout: Sendable, Hashable {
        /// The same for all samples: computed from constants and from inputs without a batch axis alone.
        case shared
        case separate(BatchAxis)
        /// Samples met here, or before.
        case mixed

        public var axis: BatchAxis? { if case .separate(let axis) = self { axis } else { nil } }
    }

    /// By node.
    public let layouts: [Layout]
    /// The first node at which samples meet.
    public let meeting: NodeID?

    public init(_ graph: Graph) {
        var layouts: [Layout] = []
        var meeting: NodeID?
        for (id, node) in graph.nodes.enumerated() {
            let layout = Self.layout(of: node, behind: node.inputs.map { ($0, layouts[$0]) }, in: graph)
            if layout == .mixed, meeting == nil { meeting = id }
            layouts.append(layout)
        }
        self.layouts = layouts
        self.meeting = meeting
    }

    private static func layout(of node: Node, behind inputs: [(id: NodeID, layout: Layout)], in graph: Graph) -> Layout {
        let scaling = node.shape.dimensions.indices.filter { node.shape[$0].scalesWithBatch }
        guard scaling.count <= 1, !inputs.contains(where: { $0.layout == .mixed }) else { return .mixed }
        guard let operation = node.operation else { return scaling.first.map { .separate(BatchAxis($0)) } ?? .shared }
        if scaling.isEmpty, inputs.allSatisfy({ $0.layout == .shared }) { return .shared }
        let operands = inputs.map { BatchOperand(graph[$0.id].shape, $0.layout.axis) }
        guard let axis = operation.operation.batchAxis(operands), axis.position == scaling.first,
            node.shape[axis.position].size % axis.blocks == 0
        else { return .mixed }
        return .separate(axis)
    }
}
