internal import CVolleyKernels

/// What a layer of neurons keeps from one time-step to the next; empty where it runs from step 1 to the end in one call.
public struct NeuronState: Sendable {
    /// One value per neuron, see ``NeuronKernel``.
    public var sent: [Float] = []
    /// The same for neurons that reset to zero.
    public var baseline: [Float] = []

    public init() {}
}

/// What a layer of neurons hands on. Arrays that are empty are not written.
public struct NeuronOutputs: Sendable {
    /// `[steps, neurons]`: the signed levels of the spikes; 0 for none, ±1 for the smallest threshold.
    public var codes: [Int8] = []
    /// `[steps, neurons]`: `φ(t)`.
    public var estimate: [Float] = []
    /// `[steps][2·levels]`: added to.
    public var counts: [Int64] = []

    public init() {}
}

extension Kernels {
    /// Runs time-steps `firstStep` … of a layer of `count` neurons in estimate form.
    /// - Parameter input: `[steps, count]`, or `[count]` where it is the same at every step.
    /// - Returns: how many membrane potentials were not finite.
    public func run(
        _ neuron: NeuronKernel, count: Int, firstStep: Int, steps: Int, input: [Float], state: inout NeuronState,
        outputs: inout NeuronOutputs
    ) -> Int {
        precondition(firstStep >= 1 && steps >= 1, "time-steps count from 1")
        precondition(input.count == count || input.count == steps * count, "one input per neuron and step")
        for size in [outputs.codes.count, outputs.estimate.count] {
            precondition(size == 0 || size == steps * count, "room for every output")
        }
        precondition(state.sent.count == count || state.sent.isEmpty && firstStep == 1, "one value per neuron")
        precondition(state.baseline.count == (neuron.resetsToZero ? count : 0), "a baseline just for reset to zero")
        precondition(outputs.counts.count == steps * 2 * neuron.levels, "one count per step, level and sign")
        guard count > 0 else { return 0 }
        let stride = input.count == count && steps > 1 ? 0 : count
        return unsafe withOptionalPointer(input) { input in
            unsafe withOptionalPointer(&state.sent) { sent in
                unsafe withOptionalPointer(&state.baseline) { baseline in
                    unsafe withOptionalPointer(&outputs.codes) { codes in
                        unsafe withOptionalPointer(&outputs.estimate) { estimate in
                            unsafe withOptionalPointer(&outputs.counts) { counts in
                                unsafe table.pointee.neuron(
                                    neuron.parameters.start, Int32(firstStep), Int32(steps), count, input, stride, sent, baseline,
                                    codes, nil, estimate, count, counts)
                            }
                        }
                    }
                }
            }
        }
    }
}
