internal import CVolleyKernels

/// `softmax(scale · q·kᵀ + mask)·v` of one head, with the neurons behind the softmax.
public struct AttentionKernel: Sendable {
    /// q `[queries, width]`, k `[width, keys]`, v `[keys, valueWidth]`.
    public var queries: Int
    public var keys: Int
    public var width: Int
    public var valueWidth: Int
    /// Multiplies the scores; 1 for none.
    public var scale: Float
    /// Behind the softmax; nil in the ANN. Resets by subtraction.
    public var neuron: NeuronKernel?
    /// Of the neuron's spikes, level p is graded where `(p − 1) & gradedMask` is not 0, see `Alphabet.gradedMask`.
    public var gradedMask = 0
    /// How the heads of one sample lie: 0 one behind the other, `[heads, rows, columns]`; otherwise so many side by side in
    /// every token, `[tokens, heads, columns]`, for q, k, v and the context alike.
    public var headsPerToken = 0
    /// The spikes that q, k and v are, where heads lie side by side; nil where estimates arrive.
    public var sources: AttentionSources?

    public init(queries: Int, keys: Int, width: Int, valueWidth: Int, scale: Float, neuron: NeuronKernel?) {
        precondition(neuron?.resetsToZero != true, "attention carries no baselines")
        self.queries = queries
        self.keys = keys
        self.width = width
        self.valueWidth = valueWidth
        self.scale = scale
        self.neuron = neuron
    }

    /// The number of floats that a call needs as scratch memory.
    public func scratchCount(steps: Int) -> Int {
        ownScratchCount(steps: steps) + (sources == nil ? 0 : steps * inputsPerHead)
    }

    /// The same without room for the estimates behind spikes.
    func ownScratchCount(steps: Int) -> Int { unsafe withParameters { unsafe vk_attention_scratch($0, Int32(steps)) } }

    /// Elements of q, k and v in one head.
    public var inputsPerHead: Int { queries * width + keys * width + keys * valueWidth }
    /// Whether graded spikes arrive.
    public var readsGraded: Bool { sources.map { [$0.q, $0.k, $0.v].contains { $0.alphabet.hasGraded } } ?? false }
    /// Positions of one head at which spikes of q, k and v meet others: features of q, features of k, tokens of v.
    public var meetingsPerHead: Int { 2 * width + keys }

    func withParameters<Result>(_ body: (UnsafePointer<vk_attention>) -> Result) -> Result {
        var parameters = unsafe vk_attention()
        unsafe parameters.queries = queries
        unsafe parameters.keys = keys
        unsafe parameters.width = width
        unsafe parameters.value_width = valueWidth
        unsafe parameters.scale = scale
        unsafe parameters.neuron = neuron?.parameters.start
        unsafe parameters.graded_mask = Int32(gradedMask)
        return unsafe body(&parameters)
    }
}

/// Where one head's matrices lie among those of all heads.
private struct HeadPlace {
    let head: Int
    let heads: Int
    let perToken: Int

    /// Where a matrix of `rows` tokens by `columns` begins, or, where turned, its transpose; its strides.
    func layout(rows: Int, columns: Int, isTurned: Bool = false) -> (start: Int, step: Int, row: Int, column: Int) {
        let size = rows * columns
        if perToken > 0 {
            return (head / perToken * perToken * size + head % perToken * columns, heads * size, perToken * columns, 1)
        }
        return isTurned ? (head * size, heads * size, 1, rows) : (head * size, heads * size, columns, 1)
    }

    func view(_ values: UnsafePointer<Float>?, rows: Int, columns: Int, isTurned: Bool = false) -> vk_view {
        let (start, step, row, column) = layout(rows: rows, columns: columns, isTurned: isTurned)
        return unsafe vk_view(
            start: UnsafeMutablePointer(mutating: values.map { unsafe $0 + start }), step: step, row: row, column: column)
    }
}

/// The spikes of q, k or v, to be turned back into estimates.
@unsafe private struct AttentionPart {
    let source: SpikeSource
    let codes: UnsafePointer<Int8>
    let rows: Int
    let columns: Int
    /// Of its elements, and of its counts, in one head.
    let start: Int
    let firstCount: Int
    let countsRows: Bool
}

extension Kernels {
    /// Runs time-steps `firstStep` … of attention in `heads` heads.
    /// - Returns: how many membrane potentials of the neurons behind the softmax were not finite.
    public func run(
        _ attention: AttentionKernel, heads: Int, firstStep: Int, steps: Int, inputs: AttentionInputs,
        outputs: inout AttentionOutputs, scratch: inout [Float]
    ) -> Int {
        check(attention, heads: heads, steps: steps, inputs, outputs)
        precondition(scratch.count >= attention.scratchCount(steps: steps), "enough scratch memory")
        let (queries, keys) = (attention.queries, attention.keys)
        let ownScratch = attention.ownScratchCount(steps: steps)
        guard queries * attention.valueWidth > 0, heads > 0, keys > 0 else { return 0 }
        return unsafe withPointers(to: inputs) { q, k, v, codes, mask in
            unsafe withOptionalPointer(&scratch) { scratch in
                unsafe withPointers(to: &outputs) { outputs in
                    unsafe attention.withParameters { parameters in
                        var call = unsafe parameters.pointee
                        var bad = 0
                        // Every head's spikes are turned into estimates in the same place.
                        let estimates = unsafe scratch! + ownScratch
                        let sides = unsafe codes == nil ? [] : parts(of: attention, codes!, steps: steps)
                        if unsafe !sides.isEmpty {
                            let views = unsafe sides.map { side in
                                unsafe vk_view(
                                    start: estimates + steps * side.start, step: side.rows * side.columns, row: side.columns,
                                    column: 1)
                            }
                            unsafe (call.q, call.k, call.v) = unsafe (views[0], views[1], views[2])
                        }
                        for head in 0..<heads {
                            let place = HeadPlace(head: head, heads: heads, perToken: attention.headsPerToken)
                            if unsafe !sides.isEmpty {
                                unsafe decode(sides, attention, place, firstStep, steps, outputs, into: estimates)
                            } else {
                                unsafe call.q = place.view(q, rows: queries, columns: attention.width)
                                unsafe call.k = place.view(k, rows: keys, columns: attention.width, isTurned: true)
                                unsafe call.v = place.view(v, rows: keys, columns: attention.valueWidth)
                            }
                            unsafe call.out = place.view(outputs.context, rows: queries, columns: attention.valueWidth)
                            unsafe call.mask = mask.map { unsafe $0 + inputs.maskOffsets[head] }
                            unsafe call.mask_row = inputs.maskHasOneRow ? 0 : keys
                            unsafe call.graded_keys = outputs.gradedKeys.map { unsafe $0 + head * steps * keys }
                            unsafe call.codes = outputs.codes.map { unsafe $0 + head * queries * keys }
                            unsafe call.codes_step = heads * queries * keys
                            bad += unsafe table.pointee.attention(
                                &call, Int32(firstStep), Int32(steps), outputs.sent.map { unsafe $0 + head * queries * keys },
                                scratch, outputs.counts, outputs.emittedKeys.map { unsafe $0 + head * steps * keys },
                                outputs.sentKeys.map { unsafe $0 + head * steps * keys })
                        }
                        return bad
                    }
                }
            }
        }
    }

    private func check(
        _ attention: AttentionKernel, heads: Int, steps: Int, _ inputs: AttentionInputs, _ outputs: AttentionOutputs
    ) {
        let (queries, keys) = (attention.queries, attention.keys)
        let sizes = [queries * attention.width, keys * attention.width, keys * attention.valueWidth]
        let arriving =
            attention.sources == nil
            ? [inputs.q.count, inputs.k.count, inputs.v.count]
            : [inputs.qCodes.count, inputs.kCodes.count, inputs.vCodes.count]
        precondition(arriving == sizes.map { steps * heads * $0 }, "q, k and v for every step and head")
        precondition(outputs.context.count == steps * heads * queries * attention.valueWidth, "room for every output")
        precondition([0, heads * queries * keys].contains(outputs.sent.count), "whole state")
        precondition([0, heads * attention.inputsPerHead].contains(outputs.sourcesSent.count), "whole state of q, k and v")
        precondition(outputs.counts.count == steps * 2 * (attention.neuron?.levels ?? 0), "one count per step, level and sign")
        for count in [outputs.emittedKeys.count, outputs.sentKeys.count, outputs.gradedKeys.count] {
            precondition([0, heads * steps * keys].contains(count), "one count per head, step and key")
        }
        precondition(
            outputs.codes.isEmpty || attention.neuron != nil && outputs.codes.count == steps * heads * queries * keys,
            "room for what every neuron sends")
        let positions = outputs.emittedInputs.count
        precondition(
            [0, outputs.emittedKeys.count].contains(outputs.gradedKeys.count) && [0, positions].contains(outputs.gradedInputs.count),
            "graded spikes are counted beside all")
        precondition(
            outputs.sentInputs.count == positions && [0, heads * steps * attention.meetingsPerHead].contains(positions),
            "one count per head, step and position")
        let maskSize = inputs.maskHasOneRow ? keys : queries * keys
        precondition(inputs.mask.isEmpty || inputs.maskOffsets.count == heads, "a mask for every head")
        precondition(
            inputs.mask.isEmpty || inputs.maskOffsets.allSatisfy { $0 >= 0 && $0 + maskSize <= inputs.mask.count },
            "mask outside its values")
        let perToken = attention.headsPerToken
        precondition(perToken == 0 || heads % perToken == 0, "whole samples")
        precondition(attention.sources == nil || perToken > 0, "spikes of heads side by side")
    }

    private func parts(of attention: AttentionKernel, _ codes: AttentionCodes, steps: Int) -> [AttentionPart] {
        let (queries, keys, width, sources) = (attention.queries, attention.keys, attention.width, attention.sources!)
        return unsafe [
            AttentionPart(
                source: sources.q, codes: codes.q, rows: queries, columns: width, start: 0, firstCount: 0, countsRows: false),
            AttentionPart(
                source: sources.k, codes: codes.k, rows: keys, columns: width, start: queries * width,
                firstCount: steps * width, countsRows: false),
            AttentionPart(
                source: sources.v, codes: codes.v, rows: keys, columns: attention.valueWidth,
                start: (queries + keys) * width, firstCount: 2 * steps * width, countsRows: true),
        ]
    }

    private func decode(
        _ parts: [AttentionPart], _ attention: AttentionKernel, _ place: HeadPlace, _ firstStep: Int, _ steps: Int,
        _ outputs: AttentionPointers, into estimates: UnsafeMutablePointer<Float>
    ) {
        for index in unsafe parts.indices {
            let part = unsafe parts[index]
            let (start, step, row, _) = unsafe place.layout(rows: part.rows, columns: part.columns)
            let counts = unsafe place.head * steps * attention.meetingsPerHead + part.firstCount
            var work = unsafe vk_decoding()
            unsafe work.source = part.source.parameters.start
            unsafe work.first_step = Int32(firstStep)
            unsafe work.steps = Int32(steps)
            unsafe work.rows = part.rows
            unsafe work.columns = part.columns
            unsafe work.codes = part.codes + start
            unsafe work.codes_row = row
            unsafe work.codes_step = step
            unsafe work.sent = outputs.sourcesSent.map { unsafe $0 + place.head * attention.inputsPerHead + part.start }
            unsafe work.estimates = estimates + steps * part.start
            unsafe work.counts_rows = part.countsRows ? 1 : 0
            unsafe work.emitted = outputs.emittedInputs.map { unsafe $0 + counts }
            unsafe work.known = outputs.sentInputs.map { unsafe $0 + counts }
            if let graded = unsafe outputs.gradedInputs {
                unsafe work.graded_mask = Int32(part.source.alphabet.gradedMask!)
                unsafe work.graded = graded + counts
            }
            unsafe table.pointee.decode(&work)
        }
    }
}
