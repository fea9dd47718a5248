internal import VolleyTensors

/// Tensors that are no longer read, kept by size for those that are needed next.
struct TensorPool {
    private var free: [Int: [[Float]]] = [:]

    /// A tensor of that shape with arbitrary elements.
    mutating func take(_ shape: Shape) -> Tensor {
        Tensor(shape, free[shape.count]?.popLast() ?? [Float](repeating: 0, count: shape.count))
    }

    mutating func give(_ tensor: Tensor) {
        if tensor.count > 0 { free[tensor.count, default: []].append(tensor.values) }
    }
}
