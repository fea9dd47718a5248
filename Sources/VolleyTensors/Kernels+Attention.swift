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
    /// How the heads of one sample lie: 0 one behind the other, `[heads, rows, columns]`; otherwise so many side by side in
    /// every token, `[tokens, heads, columns]`, for q, k, v and the context alike.
    public var headsPerToken = 0

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
        unsafe withParameters { unsafe vk_attention_scratch($0, Int32(steps)) }
    }

    func withParameters<Result>(_ body: (UnsafePointer<vk_attention>) -> Result) -> Result {
        func run(_ neuron: UnsafePointer<vk_neuron>?) -> Result {
            var parameters = unsafe vk_attention()
            unsafe parameters.queries = queries
            unsafe parameters.keys = keys
            unsafe parameters.width = width
            unsafe parameters.value_width = valueWidth
            unsafe parameters.scale = scale
            unsafe parameters.neuron = neuron
            return unsafe body(&parameters)
        }
        guard let neuron else { return run(nil) }
        return unsafe withUnsafePointer(to: neuron.parameters) { unsafe run($0) }
    }
}

/// The arrays of an attention: several heads side by side.
public struct AttentionInputs: Sendable {
    /// `[steps, heads, queries, width]`, `[steps, heads, width, keys]`, `[steps, heads, keys, valueWidth]`; samples count
    /// as heads. Where heads lie side by side: `[steps, samples, tokens, heads, width]`.
    public var q: [Float]
    public var k: [Float]
    public var v: [Float]
    /// Added to the scaled scores, or empty; by head where its `[queries or 1, keys]` begins; whether all queries share a row.
    public var mask: [Float]
    public var maskOffsets: [Int]
    public var maskHasOneRow: Bool

    public init(q: [Float], k: [Float], v: [Float], mask: [Float] = [], maskOffsets: [Int] = [], maskHasOneRow: Bool = true) {
        self.q = q
        self.k = k
        self.v = v
        self.mask = mask
        self.maskOffsets = maskOffsets
        self.maskHasOneRow = maskHasOneRow
    }
}

/// What an attention hands on and keeps. Empty arrays are not used.
public struct AttentionOutputs: Sendable {
    /// `[steps, heads, queries, valueWidth]`.
    public var context: [Float] = []
    /// `[heads, queries, keys]`: the state of the neurons; empty where all steps run in one call.
    public var sent: [Float] = []
    /// `[steps][2·levels]`: added to.
    public var counts: [Int64] = []
    /// `[heads][steps][keys]`: how many queries sent a spike, or have an estimate that is not zero. Added to.
    public var emittedKeys: [Int64] = []
    public var sentKeys: [Int64] = []

    public init() {}
}

extension Kernels {
    /// Runs time-steps `firstStep` … of attention in `heads` heads.
    /// - Returns: how many membrane potentials of the neurons behind the softmax were not finite.
    public func run(
        _ attention: AttentionKernel, heads: Int, firstStep: Int, steps: Int, inputs: AttentionInputs,
        outputs: inout AttentionOutputs, scratch: inout [Float]
    ) -> Int {
        let (queries, keys) = (attention.queries, attention.keys)
        let sizes = (queries * attention.width, attention.width * keys, keys * attention.valueWidth)
        let scores = queries * keys
        let result = queries * attention.valueWidth
        precondition(
            inputs.q.count == steps * heads * sizes.0 && inputs.k.count == steps * heads * sizes.1
                && inputs.v.count == steps * heads * sizes.2, "q, k and v for every step and head")
        precondition(outputs.context.count == steps * heads * result, "room for every output")
        precondition([0, heads * scores].contains(outputs.sent.count), "whole state")
        precondition(scratch.count >= attention.scratchCount(steps: steps), "enough scratch memory")
        precondition(outputs.counts.count == steps * 2 * (attention.neuron?.levels ?? 0), "one count per step, level and sign")
        for count in [outputs.emittedKeys.count, outputs.sentKeys.count] {
            precondition([0, heads * steps * keys].contains(count), "one count per head, step and key")
        }
        let maskSize = inputs.maskHasOneRow ? keys : scores
        precondition(inputs.mask.isEmpty || inputs.maskOffsets.count == heads, "a mask for every head")
        precondition(
            inputs.mask.isEmpty || inputs.maskOffsets.allSatisfy { $0 >= 0 && $0 + maskSize <= inputs.mask.count },
            "mask outside its values")
        guard result > 0, heads > 0, keys > 0 else { return 0 }
        let perToken = attention.headsPerToken
        precondition(perToken == 0 || heads % perToken == 0, "whole samples")
        /// A head's matrix of `rows` tokens by `columns`, or, where `turned`, its transpose.
        func view(_ start: UnsafePointer<Float>?, _ head: Int, rows: Int, columns: Int, turned: Bool = false) -> vk_view {
            let size = rows * columns
            var (offset, row, column) = turned ? (head * size, 1, rows) : (head * size, columns, 1)
            if perToken > 0 {
                (offset, row, column) = (head / perToken * perToken * size + head % perToken * columns, perToken * columns, 1)
            }
            return unsafe vk_view(
                start: UnsafeMutablePointer(mutating: start.map { unsafe $0 + offset }), step: heads * size, row: row,
                column: column)
        }
        return unsafe withOptionalPointer(inputs.q) { q in
            unsafe withOptionalPointer(inputs.k) { k in
                unsafe withOptionalPointer(inputs.v) { v in
                    unsafe withOptionalPointer(inputs.mask) { mask in
                        unsafe withOptionalPointer(&scratch) { scratch in
                            unsafe withPointers(to: &outputs) { context, sent, counts, emittedKeys, sentKeys in
                                unsafe attention.withParameters { parameters in
                                    var call = unsafe parameters.pointee
                                    var bad = 0
                                    for head in 0..<heads {
                                        unsafe call.q = view(q, head, rows: queries, columns: attention.width)
                                        unsafe call.k = view(k, head, rows: keys, columns: attention.width, turned: true)
                                        unsafe call.v = view(v, head, rows: keys, columns: attention.valueWidth)
                                        unsafe call.out = view(context, head, rows: queries, columns: attention.valueWidth)
                                        unsafe call.mask = mask.map { unsafe $0 + inputs.maskOffsets[head] }
                                        unsafe call.mask_row = inputs.maskHasOneRow ? 0 : keys
                                        bad += unsafe table.pointee.attention(
                                            &call, Int32(firstStep), Int32(steps), sent.map { unsafe $0 + head * scores },
                                            scratch, counts, emittedKeys.map { unsafe $0 + head * steps * keys },
                                            sentKeys.map { unsafe $0 + head * steps * keys })
                                    }
                                    return bad
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private func withPointers(
        to outputs: inout AttentionOutputs,
        _ body: (
            _ context: UnsafeMutablePointer<Float>?, _ sent: UnsafeMutablePointer<Float>?,
            _ counts: UnsafeMutablePointer<Int64>?, _ emittedKeys: UnsafeMutablePointer<Int64>?,
            _ sentKeys: UnsafeMutablePointer<Int64>?
        ) -> Int
    ) -> Int {
        unsafe withOptionalPointer(&outputs.context) { context in
            unsafe withOptionalPointer(&outputs.sent) { sent in
                unsafe withOptionalPointer(&outputs.counts) { counts in
                    unsafe withOptionalPointer(&outputs.emittedKeys) { emitted in
                        unsafe withOptionalPointer(&outputs.sentKeys) { sentKeys in unsafe body(context, sent, counts, emitted, sentKeys) }
                    }
                }
            }
        }
    }
}
