internal import CVolleyKernels

/// What a layer hands on. Arrays that are empty are not written.
public struct LayerOutputs: Sendable {
    /// `[steps, rows, outputs]`: before the neurons.
    public var value: [Float] = []
    /// `[steps, rows, outputs]`: the codes that the neurons sent, and their estimates.
    public var codes: [Int8] = []
    public var estimate: [Float] = []
    /// `[steps][LayerNeurons.countsPerStep]`: added to.
    public var counts: [Int64] = []
    /// Added to: spikes that were handled event-driven.
    public var eventInputs: [Int64] = [0]

    public init() {}

    /// Traps where an array has another size than the call writes.
    func check(steps: Int, results: Int, neurons: LayerNeurons?) {
        for count in [value.count, codes.count, estimate.count] {
            precondition(count == 0 || count == steps * results, "room for every output")
        }
        precondition(counts.count == steps * (neurons?.countsPerStep ?? 0), "counts for every step")
    }
}

/// What a layer keeps from one time-step to the next, `[rows, outputs]` each; empty where it runs from step 1 to the end in
/// one call.
public struct LayerState: Sendable {
    public var sums: [Float] = []
    public var sent: [Float] = []
    /// Of neurons that step by a rule, instead of ``sent``.
    public var rule = RuleState()

    public init() {}

    func check(results: Int) {
        for count in [sums.count, sent.count, rule.words.count / RuleState.words] {
            precondition(count == 0 || count == results, "whole state")
        }
    }
}

extension Kernels {
    /// Runs time-steps of whatever makes rows of outputs: checks the arrays, and calls `body` with all that it reads and writes.
    /// - Parameters:
    ///   - inputs: the elements that arrive at each step.
    ///   - readsSpikes: whether codes arrive; otherwise floats do.
    ///   - neurons: those behind; nil for none.
    ///   - divisors: of those that step by a rule; empty for 1.
    /// - Returns: what `body` returns; 0 where there is nothing to do.
    func run(
        rows: Int, inputs: Int, outputs width: Int, firstStep: Int, steps: Int, readsSpikes: Bool, neurons: LayerNeurons?, codes: [Int8],
        input: [Float], addend: [Float]?, divisors: [Float], state: inout LayerState, outputs: inout LayerOutputs, scratch: inout [Float],
        _ body: (UnsafePointer<vk_layer_run>) -> Int
    ) -> Int {
        let results = rows * width
        precondition(readsSpikes ? codes.count >= steps * inputs : input.count == steps * inputs, "one input per step, row and column")
        precondition(addend.map { [results, steps * results].contains($0.count) } ?? true, "an addend for every output")
        outputs.check(steps: steps, results: results, neurons: neurons)
        precondition(divisors.isEmpty || divisors.count == width, "one divisor per output")
        state.check(results: results)
        guard results > 0 else { return 0 }
        var call = unsafe vk_layer_run()
        unsafe call.rows = rows
        unsafe call.first_step = Int32(firstStep)
        unsafe call.steps = Int32(steps)
        unsafe call.input_stride = inputs
        unsafe call.addend_stride = addend?.count == results && steps > 1 ? 0 : results
        unsafe call.output_stride = results
        var counted = [Int64](repeating: 0, count: steps * (neurons?.kernelCountsPerStep ?? 0))
        let found = unsafe withArrays(&call, codes, input, addend ?? [], divisors, &state, &outputs, &counted, &scratch, body)
        neurons?.add(counted, to: &outputs.counts)
        return found
    }
}

/// Calls `body` with everything that a layer reads and writes; arrays that are empty are null.
private func withArrays(
    _ call: inout vk_layer_run, _ codes: [Int8], _ input: [Float], _ addend: [Float], _ divisors: [Float],
    _ state: inout LayerState, _ outputs: inout LayerOutputs, _ counted: inout [Int64], _ scratch: inout [Float],
    _ body: (UnsafePointer<vk_layer_run>) -> Int
) -> Int {
    unsafe withOptionalPointer(codes) { codes in
        unsafe withOptionalPointer(input) { input in
            unsafe withOptionalPointer(addend) { addend in
                unsafe withOptionalPointer(divisors) { divisors in
                    unsafe withOptionalPointer(&scratch) { scratch in
                        unsafe call.codes = codes
                        unsafe call.input = input
                        unsafe call.addend = addend
                        unsafe call.divisors = divisors
                        unsafe call.scratch = scratch
                        return unsafe withArrays(&call, &state, &outputs, &counted, body)
                    }
                }
            }
        }
    }
}

private func withArrays(
    _ call: inout vk_layer_run, _ state: inout LayerState, _ outputs: inout LayerOutputs, _ counted: inout [Int64],
    _ body: (UnsafePointer<vk_layer_run>) -> Int
) -> Int {
    unsafe withOptionalPointer(&state.sums) { sums in
        unsafe withOptionalPointers(&state.sent, &state.rule.words) { sent, words in
            unsafe withOptionalPointer(&outputs.value) { value in
                unsafe withOptionalPointer(&outputs.codes) { codes in
                    unsafe withOptionalPointer(&outputs.estimate) { estimate in
                        unsafe withOptionalPointer(&counted) { counts in
                            unsafe withOptionalPointer(&outputs.eventInputs) { events in
                                unsafe call.sums = sums
                                unsafe call.sent = sent
                                unsafe call.rule_state = words
                                unsafe call.value = value
                                unsafe call.target_codes = codes
                                unsafe call.estimate = estimate
                                unsafe call.counts = counts
                                unsafe call.event_inputs = events
                                return unsafe withUnsafePointer(to: call) { unsafe body($0) }
                            }
                        }
                    }
                }
            }
        }
    }
}

private func withOptionalPointers<Result>(
    _ first: inout [Float], _ second: inout [Float], _ body: (UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?) -> Result
) -> Result {
    unsafe withOptionalPointer(&first) { first in unsafe withOptionalPointer(&second) { second in unsafe body(first, second) } }
}
