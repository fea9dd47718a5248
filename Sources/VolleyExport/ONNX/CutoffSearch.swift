internal import VolleyONNX
internal import VolleyTensors

/// How many of some ascending cut-offs a value reaches: the search by halves of `MultiThresholdNeuron`, for all elements at once, with the
/// same comparisons of 32-bit floats. n cut-offs take ⌈log2(n + 1)⌉ comparisons.
struct CutoffSearch {
    /// One row, or one for each side.
    let cutoffs: [[Float]]
    /// The places of one side: a power of two above the number of cut-offs.
    let width: Int

    init(cutoffs: [[Float]]) {
        self.cutoffs = cutoffs
        let most = cutoffs.map(\.count).max() ?? 0
        var width = 2
        while width <= most { width *= 2 }
        self.width = width
    }

    /// Rows of a table by place: one for each side, an entry for every number of cut-offs reached. The last one stands for what lies beyond.
    func table(_ rows: [[Float]]) -> [Float] {
        rows.flatMap { $0 + [Float](repeating: $0.last ?? 0, count: width - $0.count) }
    }

    /// Places of both sides in a table of `width` entries each: on the first side the number of cut-offs reached, on the second
    /// that number + `width`.
    /// - Parameter isSecond: where the second side holds; nil where there is one.
    func place(of size: Symbol, onSecond isSecond: Symbol? = nil) -> Symbol {
        let writer = size.writer
        let table = cutoffs.flatMap { $0 + [Float](repeating: .infinity, count: width - $0.count) }
        let limits = writer.table("cutoffs", Tensor([table.count], table))
        func whole(_ value: Int) -> Symbol { writer.integer(value) }
        // `next` is the place of the cut-off that is compared next: the number of those reached, half a step on, less 1.
        var half = width / 2
        var next = isSecond.map { $0.choose(whole(width + half - 1), whole(half - 1)) } ?? whole(half - 1)
        while true {
            let isReached = size >= writer.operation("Gather", [limits, next], [("axis", .int(0))])
            if half == 1 { return next + isReached.choose(whole(1), whole(0)) }
            half /= 2
            next = next + isReached.choose(whole(half), whole(-half))
        }
    }
}

extension Symbol {
    /// What a table holds at these places.
    func lookedUp(in values: [Float], _ name: String) -> Symbol {
        writer.operation("Gather", [writer.table(name, Tensor([values.count], values)), self], [("axis", .int(0))])
    }
}
