internal import VolleyGraph
internal import VolleyONNX
internal import VolleyTensors

extension TrainedActivation {
    func write(_ z: Symbol, _ call: NodeCall) -> Symbol {
        let scale = perElement(scales, "scales", call), bound = perElement(bounds, "bounds", call)
        switch function {
        case .clip: return z.atLeast(0).atMost(scale)
        case .symmetricClip: return z.atLeast(-scale).atMost(scale)
        case .steps(let steps): return stepped(z, scale, steps)
        case .slip(let steps, let slope, let shift):
            let ramp = bound * (z / bound + shift / Float(steps.count)).limited(from: 0, to: 1)
            return ramp * slope + stepped(z, scale, steps) * (1 - slope)
        case .gradedSteps(let count):
            let step = unit == .step ? scale : perElement(scales.map { $0 / Float(count) }, "steps", call)
            return (z > bound).choose(z, step * ((z / step).ceiling - 1).atLeast(0))
        }
    }

    /// `λ·Q(z/λ)` in the order in which the network computes it.
    private func stepped(_ z: Symbol, _ scale: Symbol, _ steps: Steps) -> Symbol {
        let count = Float(steps.count)
        let argument = (unit == .bound ? z / scale * count : z / scale) + steps.shift
        let level = (steps.rounding == .down ? argument.floor : argument.rounded).limited(from: 0, to: count)
        return unit == .bound ? level / count * scale : level * scale
    }

    /// One number, or one for each channel in the place of the channels' axis.
    private func perElement(_ numbers: [Float], _ name: String, _ call: NodeCall) -> Symbol {
        guard let channelAxis else { return call.writer.scalar(numbers[0]) }
        let behind = [Int](repeating: 1, count: call.shape.rank - channelAxis - 1)
        return call.writer.table(name, Tensor(Shape([numbers.count] + behind), numbers))
    }
}

extension Quantization {
    func write(_ call: NodeCall) -> Symbol {
        ((call[0] / call[1]).rounded + call[2]).limited(from: lowest, to: highest)
    }
}

extension RMSNormalization {
    func write(_ call: NodeCall) -> Symbol {
        let squares = (call[0] * call[0]).applying("ReduceMean", [("axes", .ints([-1])), ("keepdims", .int(1))])
        return call[0] / (squares + epsilon).squareRoot * call[1]
    }
}
