public import VolleyGraph
public import VolleyTensors

/// Counts the operations of one run while its neurons fire. The order of layers and steps does not matter.
public struct SynapseCounter: Sendable {
    private let map: SynapseMap
    private let batch: Int
    private let kernels: Kernels
    private var steps: [OperationCounts]
    /// By product and side, and by step: how many nonzero elements meet at each position of the inner axis, among the
    /// values of the step and among what was sent so far.
    private var meetings: [[[Meeting]]]

    private struct Meeting: Sendable {
        var emitted: [Int64]
        var sent: [Int64]
    }

    public init(_ map: SynapseMap, batch: Int, timeSteps: Int, kernels: Kernels = .best) {
        self.map = map
        self.batch = batch
        self.kernels = kernels
        steps = Array(repeating: OperationCounts(), count: timeSteps)
        meetings = map.products.map { _ in [[], []] }
        for step in steps.indices {
            for _ in 0..<batch { steps[step] += map.everyStep }
        }
        for _ in 0..<batch where !steps.isEmpty { steps[0] += map.firstStep }
    }

    /// Records what the neurons of a site did. Steps come in order for each site.
    /// - Parameters:
    ///   - site: the neuron layer's node.
    ///   - step: counted from 1.
    ///   - emitted: `x(t)`.
    ///   - sent: `S(t)`, or the estimate: only where it is zero matters.
    ///   - spikes: the number of spikes of this step.
    public mutating func record(site: NodeID, step: Int, emitted: Tensor, sent: Tensor, spikes: Int) {
        steps[step - 1].spikes += spikes
        for reader in map.readers[site] ?? [] {
            switch reader {
            case .layer(let fanOut):
                add(spikes * fanOut, to: step)
            case .convolution(let fanOut):
                var perPixel = [Int64](repeating: 0, count: fanOut.count)
                kernels.countNonzero(
                    of: .columns, width: fanOut.count, emitted.values, offset: 0, rows: emitted.count / fanOut.count,
                    adding: &perPixel, at: 0)
                add(zip(perPixel, fanOut).reduce(0) { $0 + Int($1.0) * $1.1 }, to: step)
            case .product(let product, let side):
                let isMatrix = map.products[product].isMatrixProduct
                meetings[product][side.rawValue].append(
                    Meeting(
                        emitted: nonzeros(of: emitted, side, isMatrix), sent: nonzeros(of: sent, side, isMatrix)))
            }
        }
    }

    /// The counts of every step, once all sites have been recorded.
    public func finish() -> [OperationCounts] {
        var steps = steps
        for (index, product) in map.products.enumerated() {
            let (left, right) = (meetings[index][0], meetings[index][1])
            let pairs = Pairing(product, map.graph, batch: batch)
            for step in 0..<min(left.count, right.count) {
                let now = pairs.meet(left[step].emitted, right[step].emitted)
                let after = pairs.meet(left[step].emitted, right[step].sent) + pairs.meet(left[step].sent, right[step].emitted)
                let before =
                    step == 0
                    ? 0
                    : pairs.meet(left[step].emitted, right[step - 1].sent) + pairs.meet(left[step - 1].sent, right[step].emitted)
                steps[step].accumulates += now + before
                steps[step].paperAccumulates += now + after
            }
        }
        return steps
    }

    private mutating func add(_ accumulates: Int, to step: Int) {
        steps[step - 1].accumulates += accumulates
        steps[step - 1].paperAccumulates += accumulates
    }

    /// For each matrix of `tensor`: the nonzeros at each position of the product's inner axis.
    private func nonzeros(of tensor: Tensor, _ side: SynapseMap.Side, _ isMatrix: Bool) -> [Int64] {
        guard isMatrix else { return tensor.values.map { $0 != 0 ? 1 : 0 } }
        let (rows, columns) = (tensor.shape[tensor.shape.rank - 2], tensor.shape[tensor.shape.rank - 1])
        let matrices = tensor.count / max(1, rows * columns)
        let inner = side == .left ? columns : rows
        var counts = [Int64](repeating: 0, count: matrices * inner)
        for matrix in 0..<matrices {
            kernels.countNonzero(
                of: side == .left ? .columns : .rows, width: columns, tensor.values, offset: matrix * rows * columns,
                rows: rows, adding: &counts, at: matrix * inner)
        }
        return counts
    }
}

/// Which positions of both sides' counts meet in a product.
private struct Pairing {
    private let pairs: [(left: Int, right: Int)]
    private let inner: Int

    init(_ product: SynapseMap.Product, _ graph: Graph, batch: Int) {
        let shapes = product.inputs.map { graph[$0].shape.resolved(batch: batch) }
        if product.isMatrixProduct {
            let plan = MatrixProductPlan(shapes[0], shapes[1])
            inner = plan.inner
            pairs = (0..<plan.pairs).map { pair in
                (plan.leftOffset(pair) / plan.rows, plan.rightOffset(pair) / plan.columns)
            }
        } else {
            // Element by element: a product of 1 × 1 matrices.
            let plan = MatrixProductPlan(
                Shape(shapes[0].dimensions + [1, 1]), Shape(shapes[1].dimensions + [1, 1]))
            inner = 1
            pairs = (0..<plan.pairs).map { (plan.leftOffset($0), plan.rightOffset($0)) }
        }
    }

    func meet(_ left: [Int64], _ right: [Int64]) -> Int {
        var sum: Int64 = 0
        for pair in pairs {
            for position in 0..<inner { sum += left[pair.left + position] * right[pair.right + position] }
        }
        return Int(sum)
    }
}
