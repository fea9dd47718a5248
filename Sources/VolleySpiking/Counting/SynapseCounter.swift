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
        /// How many of the emitted ones are graded; empty for none.
        var graded: [Int64]
    }

    public init(_ map: SynapseMap, batch: Int, timeSteps: Int, kernels: Kernels = .best) {
        let map = map.pricing(batch: batch)
        self.map = map
        self.batch = batch
        self.kernels = kernels
        steps = Array(repeating: OperationCounts(), count: timeSteps)
        meetings = map.products.map { _ in [[], []] }
        for step in steps.indices {
            for _ in 0..<batch / map.samples { steps[step] += map.everyStep }
        }
        for _ in 0..<batch / map.samples where !steps.isEmpty { steps[0] += map.firstStep }
    }

    /// Whether it matters where the spikes of a site are: for convolutions, which reach fewer targets at the border, and for
    /// products, whose sides must meet.
    public func needsPositions(of site: NodeID) -> Bool {
        (map.readers[site] ?? []).contains { if case .layer = $0 { false } else { true } }
    }

    /// Whether it matters of which neurons of a site the estimate is not zero: for products of two values that change over time.
    public func needsEstimates(of site: NodeID) -> Bool {
        (map.readers[site] ?? []).contains { if case .product = $0 { true } else { false } }
    }

    /// Records how many spikes a site sent at one step, counted from 1, and how many of them are graded. Where ``needsPositions(of:)`` holds,
    /// ``recordPositions(site:step:shape:emitted:sent:offset:alphabet:counts:)`` completes it.
    public mutating func record(site: NodeID, step: Int, spikes: Int, graded: Int) {
        steps[step - 1].spikes += spikes
        for case .layer(let fanOut) in map.readers[site] ?? [] { add(spikes * fanOut, graded: graded * fanOut, to: step) }
    }

    /// Records where the spikes of a site are. Steps come in order for each site.
    /// - Parameters:
    ///   - shape: of the site's value, batch included.
    ///   - emitted: the codes sent, from `offset` on.
    ///   - sent: `S(t)`, or the estimate, from `offset` on: only where it is zero matters.
    ///   - alphabet: what the codes are.
    ///   - counts: how often each code of the alphabet was sent.
    public mutating func recordPositions(
        site: NodeID, step: Int, shape: Shape, emitted: [Int8], sent: [Float], offset: Int, alphabet: Alphabet, counts: [Int64]
    ) {
        lazy var graded = alphabet.hasGraded ? alphabet.gradedCodes(of: emitted, from: offset, count: shape.count) : []
        for reader in map.readers[site] ?? [] {
            switch reader {
            case .layer: break
            case .runs(let fanOut):
                let (spikes, graded) = reached(fanOut, emitted, offset: offset, count: shape.count, alphabet, counts)
                add(spikes, graded: graded, to: step)
            case .pixels(let fanOut):
                add(
                    reached(fanOut, emitted, offset: offset, shape, alphabet),
                    graded: graded.isEmpty ? 0 : reached(fanOut, graded, offset: 0, shape, alphabet), to: step)
            case .elements(let fanOut):
                add(
                    reached(fanOut, emitted, offset: offset, count: shape.count, alphabet),
                    graded: graded.isEmpty ? 0 : reached(fanOut, graded, offset: 0, count: shape.count, alphabet), to: step)
            case .product(let product, let side):
                let matrices = Matrices(shape, side, isMatrix: map.products[product].isMatrixProduct)
                var fired = [Int64](repeating: 0, count: matrices.positions)
                var known = fired
                var firedGraded = graded.isEmpty ? [] : fired
                for part in matrices.parts {
                    let start = offset + part.start
                    countSpikes(
                        of: part.axis, width: part.width, emitted, offset: start, rows: part.rows, alphabet, adding: &fired,
                        at: part.position)
                    if !graded.isEmpty {
                        kernels.countNonzero(
                            of: part.axis, width: part.width, graded, offset: part.start, rows: part.rows, adding: &firedGraded,
                            at: part.position)
                    }
                    kernels.countNonzero(
                        of: part.axis, width: part.width, sent, offset: start, rows: part.rows, adding: &known,
                        at: part.position)
                }
                meetings[product][side.rawValue].append(Meeting(emitted: fired, sent: known, graded: firedGraded))
            }
        }
    }

    /// How many targets the spikes reach whose neurons reach so many each, by neuron of one sample.
    private func reached(_ fanOut: [Int], _ codes: [Int8], offset: Int, count: Int, _ alphabet: Alphabet) -> Int {
        let spikes = alphabet.spikeTable
        var reached = 0
        for sample in stride(from: offset, to: offset + count, by: fanOut.count) {
            for (index, targets) in fanOut.enumerated() { reached += spikes[Alphabet.place(of: codes[sample + index])] * targets }
        }
        return reached
    }

    /// How many targets the spikes reach, and the graded ones among them, of which so many are known to be there.
    private func reached(
        _ fanOut: FanOutRuns, _ codes: [Int8], offset: Int, count: Int, _ alphabet: Alphabet, _ counts: [Int64]
    ) -> (spikes: Int, graded: Int) {
        var reached = (spikes: fanOut.common * alphabet.spikeCount(counts), graded: fanOut.common * alphabet.gradedCount(counts))
        for sample in stride(from: offset, to: offset + count, by: fanOut.neurons) {
            for run in fanOut.others {
                let place = sample + run.neurons.lowerBound..<sample + run.neurons.upperBound
                if alphabet.hasGraded {
                    var counts = [Int64](repeating: 0, count: counts.count)
                    alphabet.count(codes, in: place, into: &counts, from: 0)
                    reached.spikes += run.more * alphabet.spikeCount(counts)
                    reached.graded += run.more * alphabet.gradedCount(counts)
                } else {
                    var spikes: [Int64] = [0]
                    countSpikes(of: .rows, width: place.count, codes, offset: place.lowerBound, rows: 1, alphabet, adding: &spikes, at: 0)
                    reached.spikes += run.more * Int(spikes[0])
                }
            }
        }
        return reached
    }

    /// How many targets the spikes of images reach.
    private func reached(_ fanOut: PixelFanOut, _ codes: [Int8], offset: Int, _ shape: Shape, _ alphabet: Alphabet) -> Int {
        let (targets, pixels) = (fanOut.targets, fanOut.targets.count)
        func counts(of axis: Kernels.MatrixAxis, width: Int, rows: Int) -> [Int64] {
            var counts = [Int64](repeating: 0, count: axis == .columns ? width : rows)
            countSpikes(of: axis, width: width, codes, offset: offset, rows: rows, alphabet, adding: &counts, at: 0)
            return counts
        }
        guard fanOut.channels == .last else {
            return zip(counts(of: .columns, width: pixels, rows: shape.count / pixels), targets).reduce(0) { $0 + Int($1.0) * $1.1 }
        }
        let perPixel = counts(of: .rows, width: shape[3], rows: shape[0] * pixels)
        return perPixel.indices.reduce(0) { $0 + Int(perPixel[$1]) * targets[$1 % pixels] }
    }

    /// Adds how many spikes a matrix of codes holds, by column or by row.
    private func countSpikes(
        of axis: Kernels.MatrixAxis, width: Int, _ codes: [Int8], offset: Int, rows: Int, _ alphabet: Alphabet,
        adding counts: inout [Int64], at start: Int
    ) {
        guard !alphabet.isOneSpikeEach else {
            return kernels.countNonzero(of: axis, width: width, codes, offset: offset, rows: rows, adding: &counts, at: start)
        }
        guard axis == .columns else { return alphabet.countSpikes(codes, from: offset, rows: rows, width: width, adding: &counts, at: start) }
        let spikes = alphabet.spikeTable
        for index in 0..<rows * width {
            counts[start + index % width] += Int64(spikes[Alphabet.place(of: codes[offset + index])])
        }
    }

    /// Records what the neurons of a site did at one step: the codes they sent, and `S(t)` or the estimate.
    public mutating func record(site: NodeID, step: Int, codes: [Int8], sent: Tensor, alphabet: Alphabet) {
        let counts = alphabet.counts(of: codes)
        record(site: site, step: step, spikes: alphabet.spikeCount(counts), graded: alphabet.gradedCount(counts))
        guard needsPositions(of: site) else { return }
        recordPositions(
            site: site, step: step, shape: sent.shape, emitted: codes, sent: sent.values, offset: 0, alphabet: alphabet, counts: counts)
    }

    /// Records a site whose spikes were counted where they meet others in a product, at every position of its inner axis.
    /// - Parameters:
    ///   - emitted: `[heads][steps][positions]`: how many rows, or columns, of each matrix sent a spike there.
    ///   - sent: likewise, how many have sent anything so far.
    ///   - graded: likewise, how many sent a graded spike; empty where none is.
    ///   - first: where the first head's counts begin.
    ///   - perHead: from one head's counts to the next; nil: they are all there is.
    public mutating func recordMeetings(
        site: NodeID, steps: Int, heads: Int, positions: Int, emitted: [Int64], sent: [Int64], graded: [Int64], first: Int = 0,
        perHead: Int? = nil
    ) {
        let stride = perHead ?? steps * positions
        for case .product(let product, let side) in map.readers[site] ?? [] {
            for step in 0..<steps {
                func gather(_ counts: [Int64]) -> [Int64] {
                    (0..<heads).flatMap { head in
                        let start = first + head * stride + step * positions
                        return counts[start..<start + positions]
                    }
                }
                meetings[product][side.rawValue].append(
                    Meeting(emitted: gather(emitted), sent: gather(sent), graded: graded.isEmpty ? [] : gather(graded)))
            }
        }
    }

    /// What every step cost, once all sites are recorded.
    public func finish() -> [OperationCounts] { steps.indices.map { finish(step: $0 + 1) } }

    /// What one step cost, counted from 1, once all sites are recorded up to it.
    public func finish(step number: Int) -> OperationCounts {
        let step = number - 1
        var counts = steps[step]
        for (index, product) in map.products.enumerated() {
            let (left, right) = (meetings[index][0], meetings[index][1])
            guard step < min(left.count, right.count) else { continue }
            let pairs = Pairing(product, map.graph, batch: batch)
            let now = pairs.meet(left[step].emitted, right[step].emitted)
            let after = pairs.meet(left[step].emitted, right[step].sent) + pairs.meet(left[step].sent, right[step].emitted)
            let before =
                step == 0
                ? 0
                : pairs.meet(left[step].emitted, right[step - 1].sent) + pairs.meet(left[step - 1].sent, right[step].emitted)
            counts.accumulates += now + before
            counts.paperAccumulates += now + after
            // Where one of both is no graded spike, the other one is shifted and added.
            let (leftGraded, rightGraded) = (left[step].graded, right[step].graded)
            if !leftGraded.isEmpty, !rightGraded.isEmpty { counts.gradedAccumulates += pairs.meet(leftGraded, rightGraded) }
            guard step > 0 else { continue }
            if !leftGraded.isEmpty { counts.gradedAccumulates += pairs.meet(leftGraded, right[step - 1].sent) }
            if !rightGraded.isEmpty { counts.gradedAccumulates += pairs.meet(left[step - 1].sent, rightGraded) }
        }
        return counts
    }

    private mutating func add(_ accumulates: Int, graded: Int, to step: Int) {
        steps[step - 1].accumulates += accumulates
        steps[step - 1].gradedAccumulates += graded
        steps[step - 1].paperAccumulates += accumulates
    }
}

/// The matrices of one side of a product: their nonzeros are counted at each position of the inner axis.
private struct Matrices {
    struct Part {
        var axis: Kernels.MatrixAxis
        var width: Int
        /// Where it begins, and where its counts do.
        var start: Int
        var rows: Int
        var position: Int
    }

    let parts: [Part]
    /// The number of counts.
    let positions: Int

    init(_ shape: Shape, _ side: SynapseMap.Side, isMatrix: Bool) {
        guard isMatrix else {
            // Element by element: every element is a matrix.
            parts = [Part(axis: .columns, width: shape.count, start: 0, rows: 1, position: 0)]
            positions = shape.count
            return
        }
        let (rows, columns) = (shape[shape.rank - 2], shape[shape.rank - 1])
        let count = shape.count / max(1, rows * columns)
        let inner = side == .left ? columns : rows
        parts = (0..<count).map { matrix in
            Part(
                axis: side == .left ? .columns : .rows, width: columns, start: matrix * rows * columns, rows: rows,
                position: matrix * inner)
        }
        positions = count * inner
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
