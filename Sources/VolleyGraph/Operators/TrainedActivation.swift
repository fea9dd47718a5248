public import VolleyTensors

/// An activation function that a network was trained with because neurons can stand in its place: bounded by a trained λ,
/// rounded to levels, or both.
///
/// It is nonlinear (<doc:Semantics>, section 4.1). λ is one number for the whole value or one for each channel. Sources stand with
/// each ``Function``.
public struct TrainedActivation: GraphOperation {
    /// With `u = z/λ`, and `Q(u) = clip(R(L·u + φ)/L, 0, 1)` for ``Steps`` of number L, shift φ and rounding R:
    public enum Function: Sendable, Hashable, Codable {
        /// `y = λ·clip(u, 0, 1)`. Trainable clipping layer (TCL): Ho and Chang, 2020 (arXiv 2008.04509). Rate norm layer (RNL), which
        /// divides by λ afterwards: Ding, Yu, Tian and Huang, IJCAI 2021.
        case clip
        /// `y = λ·clip(u, −1, 1)`. Symmetric-threshold ReLU (stReLU): Han, Wang, Shen and Tang, Machine Intelligence Research, 2023.
        case symmetricClip
        /// `y = λ·Q(u)`. Clip-floor-shift (QCFS), R downwards: Bu et al., 2023 (arXiv 2303.04347). Learned step size, R to the nearest,
        /// as in QFFS: Li, Ma and Furber, Front. Neurosci. 16, 2022.
        case steps(Steps)
        /// `y = c·λ·clip(u + δ₁/L, 0, 1) + (1 − c)·λ·Q(u)` with slope c and shift δ₁. SlipReLU: Jiang et al., ICML 2023.
        case slip(Steps, slope: Float, shift: Float)
        /// `y = λ/L·max(0, ⌈L·u⌉ − 1)` for z ≤ λ, and z above, with L levels. StepReLU: Wang, Cao, Chen, Feng and Wang, IJCAI 2023.
        case gradedSteps(Int)
    }

    /// How an activation is rounded.
    public struct Steps: Sendable, Hashable, Codable {
        public enum Rounding: String, Sendable, Hashable, Codable, CaseIterable {
            /// To the next whole number below.
            case down
            /// To the nearest, halves to the even one.
            case nearest
        }

        /// L, how many values there are above 0.
        public var count: Int
        /// φ, in steps.
        public var shift: Float
        public var rounding: Rounding

        public init(_ count: Int, shift: Float = 0, rounding: Rounding = .down) {
            (self.count, self.shift, self.rounding) = (count, shift, rounding)
        }
    }

    /// Which number is the network's own; the other follows from it. It decides where values lie that are exactly between two steps.
    public enum Unit: String, Sendable, Hashable, Codable, CaseIterable {
        /// λ, the bound.
        case bound
        /// `s = λ/L`, the step.
        case step
    }

    public var function: Function
    /// λ or s, as ``unit`` says: one for the whole value, or one for each channel.
    public var scales: [Float]
    public var unit: Unit
    /// The axis of the channels; nil where all have one scale.
    public var channelAxis: Int?

    public init(_ function: Function, scales: [Float], unit: Unit = .bound, channelAxis: Int? = nil) {
        (self.function, self.scales, self.unit, self.channelAxis) = (function, scales, unit, channelAxis)
    }

    /// λ: one, or one for each channel.
    public var bounds: [Float] { unit == .bound ? scales : scales.map { $0 * Float(levels ?? 1) } }

    /// L; nil where values are not rounded.
    public var levels: Int? {
        switch function {
        case .clip, .symmetricClip: nil
        case .steps(let steps), .slip(let steps, _, _): steps.count
        case .gradedSteps(let count): count
        }
    }

    /// The most levels: up to here, floats count without gaps.
    static let mostLevels = 1 << 24

    public var arity: ClosedRange<Int> { 1...1 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        guard !scales.isEmpty, (scales + bounds).allSatisfy({ $0.isNormal && $0 > 0 }) else {
            throw GraphError(.malformed, "a trained activation has bounds that are positive numbers, found \(scales.prefix(8))")
        }
        guard (1...Self.mostLevels).contains(levels ?? 1), levels != nil || unit == .bound else {
            throw GraphError(.malformed, "a trained activation has 1 to \(Self.mostLevels) levels, found \(levels ?? 0)")
        }
        switch function {
        case .steps(let steps) where !steps.shift.isFinite, .slip(let steps, _, _) where !steps.shift.isFinite:
            throw GraphError(.malformed, "a trained activation is shifted by a finite number, found \(steps.shift)")
        case .slip(_, let slope, let shift) where !(0...1).contains(slope) || !shift.isFinite:
            throw GraphError(.malformed, "a trained activation has a slope from 0 to 1 and a finite shift, found \(slope) and \(shift)")
        default: break
        }
        guard let axis = channelAxis else {
            if scales.count == 1 { return inputs[0] }
            throw GraphError(.malformed, "a trained activation with \(scales.count) bounds does not say for which axis")
        }
        guard inputs[0].dimensions.indices.contains(axis), inputs[0][axis] == SymbolicLength(scales.count) else {
            throw GraphError(.shapeMismatch, "\(scales.count) bounds of a trained activation do not fit axis \(axis) of \(inputs[0])")
        }
        return inputs[0]
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? { inputs[0].axis.unless { $0 == channelAxis } }

    public func kind(timeVarying: [Bool]) -> OperatorKind { .nonlinear }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        let inner = channelAxis.map { output.shape.dimensions[($0 + 1)...].reduce(1, *) } ?? output.count
        guard output.count > 0 else { return }
        for (run, start) in stride(from: 0, to: output.count, by: inner).enumerated() {
            apply(scales[run % scales.count], to: inputs[0].values, start..<start + inner, into: &output.values)
        }
    }

    private func apply(_ scale: Float, to x: [Float], _ range: Range<Int>, into y: inout [Float]) {
        switch function {
        case .clip: for index in range { y[index] = min(max(x[index], 0), scale) }
        case .symmetricClip: for index in range { y[index] = min(max(x[index], -scale), scale) }
        case .steps(let steps):
            for index in range { y[index] = stepped(x[index], scale, steps) }
        case .slip(let steps, let slope, let shift):
            let bound = unit == .bound ? scale : scale * Float(steps.count)
            for index in range {
                let ramp = bound * min(max(x[index] / bound + shift / Float(steps.count), 0), 1)
                y[index] = slope * ramp + (1 - slope) * stepped(x[index], scale, steps)
            }
        case .gradedSteps(let count):
            let step = unit == .step ? scale : scale / Float(count)
            let bound = unit == .step ? scale * Float(count) : scale
            for index in range {
                y[index] = x[index] > bound ? x[index] : step * max((x[index] / step).rounded(.up) - 1, 0)
            }
        }
    }

    /// `λ·Q(z/λ)` in the order in which the network computes it, so that ties fall as they do there.
    private func stepped(_ z: Float, _ scale: Float, _ steps: Steps) -> Float {
        let count = Float(steps.count)
        let argument = (unit == .bound ? z / scale * count : z / scale) + steps.shift
        let level = min(max(argument.rounded(steps.rounding == .down ? .down : .toNearestOrEven), 0), count)
        return unit == .bound ? level / count * scale : level * scale
    }
}

extension Operator {
    /// The trained activation that an operator is. A clip from 0 or from −λ to λ is one too.
    public var trainedActivation: TrainedActivation? {
        switch self {
        case .trainedActivation(let activation): activation
        case .parametricActivation(let clip) where clip.function == .clip && clip.parameters.count == 2:
            switch (clip.parameters[0], clip.parameters[1]) {
            case (0, let bound) where bound > 0: TrainedActivation(.clip, scales: [bound])
            case (let lowest, let bound) where bound > 0 && lowest == -bound: TrainedActivation(.symmetricClip, scales: [bound])
            default: nil
            }
        default: nil
        }
    }
}
