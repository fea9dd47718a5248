public import VolleyTensors

/// Its input with other lengths along some axes: each element of the result is a weighted mean of a few elements around the
/// place where it comes from, one axis after the other.
///
/// It is affine (<doc:Semantics>, section 2).
public struct Resize: GraphOperation {
    public enum Interpolation: String, Sendable, Hashable, Codable, CaseIterable {
        /// The element nearest to the place.
        case nearest
        /// The two around it.
        case linear
        /// The four around it, by the cubic of ``Resize/cubicCoefficient``.
        case cubic
    }

    /// Which element is the nearest.
    public enum Rounding: String, Sendable, Hashable, Codable, CaseIterable {
        case halfDown, halfUp, down, up
        /// Downwards where the axis grows, upwards where it shrinks.
        case towardsLonger
    }

    /// Where position i of the result comes from; L and K are the lengths of input and result, s is the scale.
    public enum Coordinates: String, Sendable, Hashable, Codable, CaseIterable {
        /// `(i + ½)/s − ½`.
        case halfPixel
        /// The same, shifted so that the middles coincide where s·L is not whole.
        case halfPixelSymmetric
        /// `(i + ½)/s − ½`, but 0 where K = 1.
        case halfPixelOrFirst
        /// `i·(L − 1)/(K − 1)`.
        case alignedCorners
        /// `i/s`.
        case asymmetric
        /// `(i + ½)/s`.
        case halfPixelUnshifted
        /// From one end to the other of a region: `(start + i·(end − start)/(K − 1))·(L − 1)`.
        case region
    }

    /// What happens to one axis.
    public struct Axis: Sendable, Hashable, Codable {
        public var axis: Int
        /// The length of the result.
        public var length: Int
        /// How much longer the result is, before its length was rounded.
        public var scale: Float
        /// The ends of the region, as fractions of the axis.
        public var start: Float
        public var end: Float

        public init(axis: Int, length: Int, scale: Float, start: Float = 0, end: Float = 1) {
            self.axis = axis
            self.length = length
            self.scale = scale
            self.start = start
            self.end = end
        }
    }

    public var axes: [Axis]
    public var interpolation: Interpolation
    public var coordinates: Coordinates
    public var rounding: Rounding
    /// `a` of the cubic `(a+2)|d|³ − (a+3)|d|² + 1` for |d| ≤ 1, `a|d|³ − 5a|d|² + 8a|d| − 4a` for |d| < 2.
    public var cubicCoefficient: Float
    /// Whether places outside the input have no weight; otherwise the element at the border stands for them.
    public var excludesOutside: Bool
    /// Whether an axis that shrinks takes the mean over as many more elements.
    public var antialiases: Bool
    /// What stands where the region reaches beyond the input.
    public var outside: Float

    public init(
        axes: [Axis], interpolation: Interpolation, coordinates: Coordinates = .halfPixel, rounding: Rounding = .halfDown,
        cubicCoefficient: Float = -0.75, excludesOutside: Bool = false, antialiases: Bool = false, outside: Float = 0
    ) {
        self.axes = axes
        self.interpolation = interpolation
        self.coordinates = coordinates
        self.rounding = rounding
        self.cubicCoefficient = cubicCoefficient
        self.excludesOutside = excludesOutside
        self.antialiases = antialiases
        self.outside = outside
    }

    public var arity: ClosedRange<Int> { 1...1 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        var shape = inputs[0]
        guard Set(axes.map(\.axis)).count == axes.count, cubicCoefficient.isFinite, outside.isFinite,
            axes.allSatisfy({ change in
                (0..<shape.rank).contains(change.axis) && !shape[change.axis].scalesWithBatch && shape[change.axis].size > 0
                    && (0...SymbolicShape.maximumCount).contains(change.length) && change.scale.isFinite && change.scale > 0
                    && change.start.isFinite && change.end.isFinite
            })
        else {
            let lengths = axes.map { "axis \($0.axis) to \($0.length) by \($0.scale)" }.joined(separator: ", ")
            throw GraphError(.shapeMismatch, "resize: \(lengths) does not fit an input of shape \(shape)")
        }
        for change in axes { shape[change.axis] = SymbolicLength(change.length) }
        return shape
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? {
        inputs[0].axis.unless { position in axes.contains { $0.axis == position } }
    }

    public func kind(timeVarying: [Bool]) -> OperatorKind { .affine }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        // What shrinks goes first, so that nothing on the way is larger than both ends.
        let order = axes.sorted { $0.length * inputs[0].shape[$1.axis] < $1.length * inputs[0].shape[$0.axis] }
        output = order.reduce(inputs[0]) { resized($0, $1) }
    }

    private func resized(_ input: Tensor, _ change: Axis) -> Tensor {
        let split = AxisSplit(input.shape, axis: change.axis)
        let places = ResizePlaces(self, change, length: split.length).places
        var shape = input.shape
        shape[change.axis] = change.length
        var result = Tensor(shape)
        for block in 0..<split.outer {
            for (index, place) in places.enumerated() {
                let to = (block * change.length + index) * split.inner
                guard let taps = place else {
                    for inner in 0..<split.inner { result.values[to + inner] = outside }
                    continue
                }
                for tap in taps {
                    let from = (block * split.length + tap.position) * split.inner
                    if taps.count == 1, tap.weight == 1 {
                        result.values.putRun(at: to, of: input.values, from: from, count: split.inner)
                    } else {
                        for inner in 0..<split.inner { result.values[to + inner] += tap.weight * input.values[from + inner] }
                    }
                }
            }
        }
        return result
    }
}
