import Testing
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

/// Values against the equations in double precision, away from the ties that rounding decides.
@Suite struct TrainedActivationTests {
    private static let steps = TrainedActivation.Steps(4, shift: 0.5)
    private static let plain: [(TrainedActivation, @Sendable (Double) -> Double)] = [
        (TrainedActivation(.clip, scales: [1.5]), { min(max($0, 0), 1.5) }),
        (TrainedActivation(.symmetricClip, scales: [0.75]), { min(max($0, -0.75), 0.75) }),
        (TrainedActivation(.steps(steps), scales: [1.5]), { 1.5 * quantized($0 / 1.5, 4, 0.5) }),
        (TrainedActivation(.steps(.init(3)), scales: [0.9]), { 0.9 * quantized($0 / 0.9, 3, 0) }),
        (
            TrainedActivation(.steps(.init(3, rounding: .nearest)), scales: [0.4], unit: .step),
            { 0.4 * min(max(($0 / 0.4).rounded(.toNearestOrEven), 0), 3) }
        ),
        (
            TrainedActivation(.slip(steps, slope: 0.25, shift: -0.5), scales: [1.5]),
            { 0.25 * 1.5 * min(max($0 / 1.5 - 0.125, 0), 1) + 0.75 * 1.5 * quantized($0 / 1.5, 4, 0.5) }
        ),
        (
            TrainedActivation(.gradedSteps(5), scales: [0.25], unit: .step),
            { $0 <= 0 ? 0 : $0 > 1.25 ? $0 : 0.25 * (($0 / 0.25).rounded(.up) - 1) }
        ),
    ]

    private static func quantized(_ u: Double, _ levels: Double, _ shift: Double) -> Double {
        min(max((u * levels + shift).rounded(.down) / levels, 0), 1)
    }

    @Test(arguments: plain.indices) func computesItsEquation(index: Int) throws {
        let (activation, exact) = Self.plain[index]
        let values = (-400...400).map { Float($0) * 0.01 + 0.0031 }
        let y = try evaluate(.trainedActivation(activation), [Tensor([values.count], values)])
        for (x, y) in zip(values, y.values) { #expect(abs(Double(y) - exact(Double(x))) <= 1e-6, "f(\(x)) = \(y)") }
        var special = Tensor([3])
        activation.evaluate([Tensor([3], [.nan, .infinity, -.infinity])], into: &special, on: .best)
        #expect(special.values[0].isNaN && special.values[1] > 0 && special.values[2] <= 0)
    }

    @Test func tiesFallAsInTheNetwork() throws {
        let down = TrainedActivation(.steps(Self.steps), scales: [2])
        #expect(try evaluate(.trainedActivation(down), [Tensor([4], [0.25, 0.75, 1.75, 0.2499])]).values == [0.5, 1, 2, 0])
        let nearest = TrainedActivation(.steps(.init(3, rounding: .nearest)), scales: [0.5], unit: .step)
        #expect(try evaluate(.trainedActivation(nearest), [Tensor([4], [0.25, 0.75, 1.25, 9])]).values == [0, 1, 1, 1.5])
        let graded = TrainedActivation(.gradedSteps(4), scales: [2])
        #expect(try evaluate(.trainedActivation(graded), [Tensor([5], [0.5, 0.75, 1, 2, 2.25])]).values == [0, 0.5, 0.5, 1.5, 2.25])
    }

    @Test(arguments: [0, 1, 2]) func everyChannelHasItsBound(axis: Int) throws {
        let shape: Shape = [3, 3, 3]
        let x = randomTensor(shape, seed: 60)
        let bounds: [Float] = [0.25, 0.5, 1]
        let y = try evaluate(.trainedActivation(TrainedActivation(.clip, scales: bounds, channelAxis: axis)), [x])
        for a in 0..<3 {
            for b in 0..<3 {
                for c in 0..<3 { #expect(y[a, b, c] == min(max(x[a, b, c], 0), bounds[[a, b, c][axis]])) }
            }
        }
    }

    @Test func boundsAndStepsFollowFromEachOther() {
        let byStep = TrainedActivation(.steps(.init(15, rounding: .nearest)), scales: [0.5, 2], unit: .step, channelAxis: 1)
        #expect(byStep.bounds == [7.5, 30] && byStep.levels == 15)
        #expect(TrainedActivation(.clip, scales: [3]).bounds == [3])
    }

    @Test(arguments: [
        TrainedActivation(.clip, scales: []), TrainedActivation(.clip, scales: [0]), TrainedActivation(.clip, scales: [-1]),
        TrainedActivation(.clip, scales: [.nan]), TrainedActivation(.clip, scales: [1], unit: .step),
        TrainedActivation(.clip, scales: [1, 2]), TrainedActivation(.steps(.init(0)), scales: [1]),
        TrainedActivation(.steps(.init(.max)), scales: [1]), TrainedActivation(.steps(.init(2, shift: .nan)), scales: [1]),
        TrainedActivation(.slip(.init(2), slope: 1.5, shift: 0), scales: [1]),
        TrainedActivation(.slip(.init(2), slope: 0.5, shift: .infinity), scales: [1]), TrainedActivation(.gradedSteps(-1), scales: [1]),
        TrainedActivation(.gradedSteps(1 << 20), scales: [.greatestFiniteMagnitude], unit: .step),
    ]) func numbersThatMakeNoActivationAreRefused(activation: TrainedActivation) {
        let error = #expect(throws: GraphError.self) { try activation.outputShape([[2, 2]]) }
        #expect(error?.code == .malformed)
    }

    @Test func boundsThatDoNotFitTheAxisAreRefused() {
        for axis in [-1, 0, 1, 2] {
            let activation = TrainedActivation(.clip, scales: [1, 2, 3], channelAxis: axis)
            let error = #expect(throws: GraphError.self) { try activation.outputShape([[.batch, 2]]) }
            #expect(error?.code == .shapeMismatch && error?.message.contains("axis \(axis)") == true)
        }
    }

    @Test func aClipIsSeenAsTrained() {
        func clip(_ low: Float, _ high: Float) -> TrainedActivation? {
            Operator.parametricActivation(ParametricActivation(.clip, parameters: [low, high])).trainedActivation
        }
        #expect(clip(0, 6) == TrainedActivation(.clip, scales: [6]))
        #expect(clip(-1, 1) == TrainedActivation(.symmetricClip, scales: [1]))
        #expect(clip(-1, 2) == nil && clip(0, 0) == nil && clip(1, 2) == nil)
        #expect(Operator.activation(Activation(.relu)).trainedActivation == nil)
    }
}
