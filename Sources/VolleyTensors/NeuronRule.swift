internal import CVolleyKernels

/// How neurons of families other than the ladder step under rate coding, many at once: bit for bit what the step of the family does.
///
/// Which is which their families say (`NeuronModel`); all numbers are in activation units.
public enum NeuronRule: Sendable, Hashable {
    case signed(threshold: Float, negativeThreshold: Float, remembers: Bool, most: Int?, rest: Float)
    /// A half-burst neuron for positive and one for negative values.
    case halfBursts(positive: Float, negative: Float, most: Int, tolerance: Float)
    case burst(threshold: Float, most: Int, amplitude: Float, rest: Float)
    /// - speed: η·m, for shape m = 1.
    case adaptive(threshold: Float, rate: Float, gain: Float, speed: Float)

    var parameters: vk_rule {
        var rule = vk_rule()
        switch self {
        case .signed(let threshold, let negativeThreshold, let remembers, let most, let rest):
            rule.family = VK_SIGNED
            (rule.threshold, rule.negative, rule.amplitude, rule.rest) = (threshold, negativeThreshold, threshold, rest)
            (rule.remembers, rule.most) = (remembers ? 1 : 0, Int32(clamping: most ?? 0))
        case .halfBursts(let positive, let negative, let most, let tolerance):
            rule.family = VK_HALF_BURSTS
            (rule.threshold, rule.negative, rule.most, rule.tolerance) = (positive, negative, Int32(clamping: most), tolerance)
        case .burst(let threshold, let most, let amplitude, let rest):
            rule.family = VK_BURST
            (rule.threshold, rule.most, rule.amplitude, rule.rest) = (threshold, Int32(clamping: most), amplitude, rest)
        case .adaptive(let threshold, let rate, let gain, let speed):
            rule.family = VK_ADAPTIVE
            (rule.threshold, rule.amplitude, rule.rate, rule.gain, rule.speed) = (threshold, threshold, rate, gain, speed)
        }
        return rule
    }
}

/// What neurons that step by a rule keep from one time-step to the next; nothing where they run from step 1 to the end in one call.
public struct RuleState: Sendable {
    /// `[6, neurons]`
    var words: [Float] = []

    /// - Parameter neurons: 0 for those that keep nothing.
    public init(neurons: Int = 0) { words = [Float](repeating: 0, count: Self.words * neurons) }

    /// Whether nothing is kept.
    public var isEmpty: Bool { words.isEmpty }

    static let words = 6
}

extension Kernels {
    /// So many neurons take all steps before the next ones do, so that their codes are counted while they lie in the cache.
    private static let ruleBlock = 2048

    /// Runs time-steps `firstStep` … of a layer of `count` neurons in estimate form, as ``run(_:count:firstStep:steps:input:state:outputs:)``
    /// does for those of a ladder.
    /// - Parameters:
    ///   - alphabet: what the codes of the rule are worth.
    ///   - input: `[steps, count]`, or `[count]` with `isStatic`, where it is the same at every step.
    ///   - divisors: what each neuron's current is divided by, for the neurons of one sample after the other; empty for 1.
    ///   - outputs: of which counts are by step and code, `[steps][codes]`.
    /// - Returns: how many membrane potentials were not finite.
    public func run(
        _ rule: NeuronRule, _ alphabet: Alphabet, count: Int, firstStep: Int, steps: Int, input: [Float], isStatic: Bool, divisors: [Float],
        state: inout RuleState, outputs: inout NeuronOutputs
    ) -> Int {
        precondition(firstStep >= 1 && steps >= 1, "time-steps count from 1")
        precondition(input.count == (isStatic ? 1 : steps) * count, "one input per neuron and step")
        for size in [outputs.codes.count, outputs.estimate.count] {
            precondition(size == 0 || size == steps * count, "room for every output")
        }
        precondition(state.words.count == RuleState.words * count || state.words.isEmpty && firstStep == 1, "a state for every neuron")
        precondition(divisors.isEmpty || count % divisors.count == 0, "as many divisors as neurons of a sample")
        precondition(outputs.counts.count == steps * alphabet.codes.count, "one count per step and code")
        var broken = 0
        var parameters = rule.parameters
        let sample = divisors.isEmpty ? count : divisors.count
        let block = min(sample, Self.ruleBlock)
        // Codes that nobody wants are counted all the same.
        var own = outputs.codes.isEmpty ? [Int8](repeating: 0, count: steps * block) : []
        var start = 0
        while start < count {
            let place = start % sample
            let width = min(block, sample - place)
            defer { start += width }
            let (first, stride) = own.isEmpty ? (start, count) : (0, block)
            broken += unsafe input.withUnsafeBufferPointer { input in
                unsafe withOptionalPointer(divisors) { divisors in
                    unsafe withOptionalPointer(&state.words) { words in
                        unsafe withOptionalPointer(&outputs.codes) { codes in
                            unsafe withOptionalPointer(&own) { own in
                                unsafe withOptionalPointer(&outputs.estimate) { estimate in
                                    var run = unsafe vk_rule_run(
                                        first_step: Int32(firstStep), steps: Int32(steps), neurons: width,
                                        input: input.baseAddress! + start, input_stride: isStatic ? 0 : count,
                                        divisors: divisors.map { unsafe $0 + place },
                                        state: words.map { unsafe $0 + start }, state_stride: count,
                                        codes: (own ?? codes).map { unsafe $0 + first }, code_stride: stride,
                                        estimate: estimate.map { unsafe $0 + start }, estimate_stride: count)
                                    return unsafe table.pointee.rule(&parameters, &run)
                                }
                            }
                        }
                    }
                }
            }
            for step in 0..<steps {
                let place = step * stride + first
                alphabet.count(own.isEmpty ? outputs.codes : own, in: place..<place + width, into: &outputs.counts, from: step * alphabet.codes.count)
            }
        }
        return broken
    }
}
