import VolleyGraph
import VolleyTensors

extension Call {
    /// A value that is known at import, or that repeats one for every sample of the batch: the elements of one sample's part,
    /// whose shape is that of the value for N = 1.
    func knownPerSample(_ value: Value) -> Known? {
        switch value.content {
        case .known(let known): known.scalesWithBatch ? nil : known
        case .node(let id): repeated(id).map { Known(value.kind, $0.shape, .numbers($0.numbers)) }
        default: nil
        }
    }

    /// Follows stretching and reshaping up to a constant.
    private func repeated(_ id: NodeID) -> Known? {
        let node = importer.builder[id]
        let shape = node.shape.perSample.dimensions
        switch node.content {
        case .constant(let tensor): return Known(tensor)
        case .operation(.expansion):
            guard let source = repeated(node.inputs[0]) else { return nil }
            return source.view(shape: shape, offset: 0, strides: broadcastStrides(source.shape, to: shape))
        case .operation(.reshape): return repeated(node.inputs[0])?.reshaped(shape)
        default: return nil
        }
    }
}
