internal import VolleyGraph
internal import VolleyTensors

/// Operators that make images larger, pick elements by size, or round them.
extension RandomGraph {
    mutating func drawTransposedConvolution() {
        guard let x = image() else { return }
        let channels = shape(of: x)[1].size
        let groups = chance(0.3) ? one(of: (1...channels).filter { channels % $0 == 0 }) : 1
        let attributes = TransposedConvolution(
            stride: [int(in: 1...2), int(in: 1...2)], dilation: [int(in: 1...2), int(in: 1...2)],
            crop: [[int(in: -1...1), int(in: 0...1)], [int(in: 0...1), int(in: -1...1)]], groups: groups)
        let shape = Shape([channels, int(in: 1...3), int(in: 1...3), int(in: 1...3)])
        let weight = constant(shape, deviation: 1 / Float(shape.rowCount).squareRoot())
        emit(.transposedConvolution(attributes), [x, weight, chance(0.7) ? constant([shape[1] * groups], deviation: 0.3) : nil])
    }

    mutating func drawResize() {
        guard let x = pick(where: { $0.rank > 0 }) else { return }
        let lengths = shape(of: x).dimensions
        let axes = lengths.indices.filter { !lengths[$0].scalesWithBatch && lengths[$0].size > 0 && chance(0.6) }
        guard !axes.isEmpty else { return }
        let changes = axes.map { axis in
            let length = int(in: 1...2 * lengths[axis].size)
            return Resize.Axis(
                axis: axis, length: length, scale: Float(length) / Float(lengths[axis].size), start: -0.1, end: 0.9)
        }
        emit(
            .resize(
                Resize(
                    axes: changes, interpolation: one(of: Resize.Interpolation.allCases),
                    coordinates: one(of: Resize.Coordinates.allCases), rounding: one(of: Resize.Rounding.allCases),
                    excludesOutside: chance(0.3), antialiases: chance(0.3), outside: 0.5)), [x])
    }

    mutating func drawTopK() {
        guard let (x, axis) = pickAxis(), !shape(of: x)[axis].scalesWithBatch else { return }
        emit(
            .topK(
                TopK(
                    axis: axis, count: int(in: 0...shape(of: x)[axis].size), takesLargest: chance(0.5),
                    part: chance(0.5) ? .values : .positions)), [x])
    }

    /// Often followed by the way back, as quantised files have it.
    mutating func drawQuantization() {
        guard let x = pick() else { return }
        let (scale, zero) = (scalar(0.05 + 0.2 * random.uniform()), scalar(Float(int(in: -3...3))))
        guard let steps = emit(.quantization(Quantization(lowest: -128, highest: 127)), [x, scale, zero]), chance(0.7),
            let centred = emit(.elementwise(Elementwise(.subtract)), [steps, zero])
        else { return }
        emit(.elementwise(Elementwise(.multiply)), [centred, scale])
    }
}
