internal import VolleyTensors

/// A row-major array seen from one of its axes: `[outer, length, inner]`.
struct AxisSplit {
    let outer: Int
    let length: Int
    let inner: Int

    init(_ shape: Shape, axis: Int) {
        outer = shape.dimensions[..<axis].reduce(1, *)
        length = shape[axis]
        inner = shape.dimensions[(axis + 1)...].reduce(1, *)
    }
}

extension Float {
    /// The position that this value names as an index into an axis of `length`, after rounding to an integer; negative ones
    /// count from the end. nil for positions outside, and for NaN.
    func position(in length: Int) -> Int? {
        let index = rounded()
        guard index.magnitude <= 0x1p31 else { return nil }
        let position = index < 0 ? Int(index) + length : Int(index)
        return (0..<length).contains(position) ? position : nil
    }
}
