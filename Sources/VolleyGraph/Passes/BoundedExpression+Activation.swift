/// Which trained activation an expression is.
extension BoundedExpression {
    /// - Returns: nil for a function of another form.
    func activation(of shape: SymbolicShape) -> TrainedActivation? {
        rounded == nil ? clip(of: shape) : steps?.activation(of: shape)
    }

    private func clip(of shape: SymbolicShape) -> TrainedActivation? {
        guard scale.isClose(to: 1), highest.values.allSatisfy({ $0 > 0 && $0 < Double(Float.greatestFiniteMagnitude) }),
            let size = highest.values.min(), offset.isClose(to: 0, size: size)
        else { return nil }
        let function: TrainedActivation.Function
        if lowest.isClose(to: 0, size: size) {
            function = .clip
        } else {
            guard let sum = lowest.combined(highest, +), sum.isClose(to: 0, size: size) else { return nil }
            function = .symmetricClip
        }
        return TrainedActivation(function, bounds: highest, of: shape)
    }

    /// Levels, the step that they are apart, and by how much they are shifted; the height of a step need not be its width.
    struct Levels {
        var steps: TrainedActivation.Steps
        var width: ChannelNumbers
        var height: ChannelNumbers

        fileprivate func activation(of shape: SymbolicShape) -> TrainedActivation? {
            guard let ratio = height.combined(width, /), ratio.isClose(to: 1) else { return nil }
            return TrainedActivation(.steps(steps), step: height, count: steps.count, of: shape)
        }
    }

    /// `height·clip(R(x/width + φ), 0, L)`.
    fileprivate var steps: Levels? {
        guard let (rounding, slope, shift) = rounded, rounding != .belowNext, let shift = shift.common, abs(shift) < 1,
            rounding == .down || abs(shift) <= 1e-6, lowest.isClose(to: 0), let levels = highest.common,
            levels <= Double(TrainedActivation.mostLevels), levels >= 1, levels == levels.rounded(), let size = scale.values.min(), size > 0,
            offset.isClose(to: 0, size: size)
        else { return nil }
        let steps = TrainedActivation.Steps(
            Int(levels), shift: rounding == .down ? Float(shift) : 0, rounding: rounding == .down ? .down : .nearest)
        return Levels(steps: steps, width: slope.mapped { 1 / $0 }, height: scale)
    }

    /// s of `s·max(0, ⌈x/s⌉ − 1)`.
    var gradedStep: Double? {
        guard let (rounding, slope, shift) = rounded, rounding == .belowNext, shift.isClose(to: 0), lowest.isClose(to: 0),
            highest.values.allSatisfy({ $0 == .infinity }), let step = scale.common, step > 0, offset.isClose(to: 0, size: step),
            let inverse = slope.common, abs(inverse * step - 1) <= 1e-5
        else { return nil }
        return step
    }
}

extension TrainedActivation {
    /// With whichever of bound and step is the number of 32 bits that a file holds.
    fileprivate init?(_ function: Function, step: ChannelNumbers, count: Int, of shape: SymbolicShape) {
        let bound = step.mapped { $0 * Double(count) }
        if bound.exactFloats == nil, step.exactFloats != nil {
            self.init(function, step, .step, of: shape)
        } else {
            self.init(function, bound, .bound, of: shape)
        }
    }

    fileprivate init?(_ function: Function, bounds: ChannelNumbers, of shape: SymbolicShape) {
        self.init(function, bounds, .bound, of: shape)
    }

    private init?(_ function: Function, _ scales: ChannelNumbers, _ unit: Unit, of shape: SymbolicShape) {
        let axis = scales.axisFromEnd.map { shape.rank - $0 }
        self.init(function, scales: scales.values.map { Float($0) }, unit: unit, channelAxis: axis)
        guard (try? outputShape([shape])) != nil else { return nil }
    }

    /// `c·λ·clip(x/λ + δ₁/L, 0, 1) + (1 − c)·λ·Q(x/λ)`.
    init?(ramp: BoundedExpression, steps: BoundedExpression, shape: SymbolicShape) {
        guard ramp.rounded == nil, let levels = steps.steps, let slope = ramp.scale.common, slope > 0, slope < 1,
            let bound = ramp.highest.combined(ramp.lowest, -), let ratio = levels.height.combined(levels.width, /),
            ratio.isClose(to: 1 - slope), case let count = Double(levels.steps.count),
            levels.width.combined(bound, { $0 * count / $1 })?.isClose(to: 1) == true,
            let shift = ramp.lowest.combined(levels.width, { -$0 / $1 })?.common,
            let rest = ramp.offset.combined(bound, { $0 / $1 }), rest.isClose(to: slope * shift / count)
        else { return nil }
        self.init(.slip(levels.steps, slope: Float(slope), shift: Float(shift)), step: levels.width, count: levels.steps.count, of: shape)
    }
}
