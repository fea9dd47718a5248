/// The spikes that q, k and v are.
public struct AttentionSources: Sendable {
    public var q: SpikeSource
    public var k: SpikeSource
    public var v: SpikeSource

    public init(q: SpikeSource, k: SpikeSource, v: SpikeSource) { (self.q, self.k, self.v) = (q, k, v) }
}

/// The arrays of an attention: several heads side by side.
public struct AttentionInputs: Sendable {
    /// `[steps, heads, queries, width]`, `[steps, heads, width, keys]`, `[steps, heads, keys, valueWidth]`; samples count
    /// as heads. Where heads lie side by side: `[steps, samples, tokens, heads, width]`.
    public var q: [Float] = []
    public var k: [Float] = []
    public var v: [Float] = []
    /// Spikes instead, where the kernel has sources.
    public var qCodes: [Int8] = []
    public var kCodes: [Int8] = []
    public var vCodes: [Int8] = []
    /// Added to the scaled scores, or empty; by head where its `[queries or 1, keys]` begins; whether all queries share a row.
    public var mask: [Float] = []
    public var maskOffsets: [Int] = []
    public var maskHasOneRow = true

    public init(q: [Float], k: [Float], v: [Float]) { (self.q, self.k, self.v) = (q, k, v) }

    public init(qCodes: [Int8], kCodes: [Int8], vCodes: [Int8]) {
        (self.qCodes, self.kCodes, self.vCodes) = (qCodes, kCodes, vCodes)
    }
}

/// What an attention hands on and keeps. Empty arrays are not used.
public struct AttentionOutputs: Sendable {
    /// `[steps, heads, queries, valueWidth]`.
    public var context: [Float] = []
    /// `[heads, queries, keys]`: the state of the neurons; empty where all steps run in one call.
    public var sent: [Float] = []
    /// The same of the kernel's sources, by head: q, then k, then v.
    public var sourcesSent: [Float] = []
    /// `[steps][2·levels]`: added to.
    public var counts: [Int64] = []
    /// `[heads][steps][keys]`: how many queries sent a spike, or have an estimate that is not zero. Added to.
    public var emittedKeys: [Int64] = []
    public var sentKeys: [Int64] = []
    /// The same of the kernel's sources, by head: features of q `[steps][width]`, features of k `[steps][width]`, tokens of v
    /// `[steps][keys]`.
    public var emittedInputs: [Int32] = []
    public var sentInputs: [Int32] = []
    /// How many of the emitted spikes are graded, likewise. Added to.
    public var gradedKeys: [Int64] = []
    public var gradedInputs: [Int32] = []
    /// `[steps, heads, queries, keys]`: what the neurons behind the softmax send, where it is wanted.
    public var codes: [Int8] = []

    public init() {}
}

@unsafe struct AttentionCodes {
    let q: UnsafePointer<Int8>
    let k: UnsafePointer<Int8>
    let v: UnsafePointer<Int8>
}

@unsafe struct AttentionPointers {
    let context: UnsafeMutablePointer<Float>?
    let sent: UnsafeMutablePointer<Float>?
    let sourcesSent: UnsafeMutablePointer<Float>?
    let counts: UnsafeMutablePointer<Int64>?
    let emittedKeys: UnsafeMutablePointer<Int64>?
    let sentKeys: UnsafeMutablePointer<Int64>?
    let emittedInputs: UnsafeMutablePointer<Int32>?
    let sentInputs: UnsafeMutablePointer<Int32>?
    let gradedKeys: UnsafeMutablePointer<Int64>?
    let gradedInputs: UnsafeMutablePointer<Int32>?
    let codes: UnsafeMutablePointer<Int8>?
}

func withPointers<Result>(
    to inputs: AttentionInputs,
    _ body: (
        _ q: UnsafePointer<Float>?, _ k: UnsafePointer<Float>?, _ v: UnsafePointer<Float>?, _ codes: AttentionCodes?,
        _ mask: UnsafePointer<Float>?
    ) -> Result
) -> Result {
    unsafe withOptionalPointer(inputs.mask) { mask in
        unsafe withOptionalPointer(inputs.q) { q in
            unsafe withOptionalPointer(inputs.k) { k in
                unsafe withOptionalPointer(inputs.v) { v in
                    guard !inputs.qCodes.isEmpty else { return unsafe body(q, k, v, nil, mask) }
                    return unsafe withOptionalPointer(inputs.qCodes) { qCodes in
                        unsafe withOptionalPointer(inputs.kCodes) { kCodes in
                            unsafe withOptionalPointer(inputs.vCodes) { vCodes in
                                unsafe body(nil, nil, nil, AttentionCodes(q: qCodes!, k: kCodes!, v: vCodes!), mask)
                            }
                        }
                    }
                }
            }
        }
    }
}

func withPointers<Result>(to outputs: inout AttentionOutputs, _ body: (AttentionPointers) -> Result) -> Result {
    unsafe withOptionalPointer(&outputs.context) { context in
        unsafe withOptionalPointer(&outputs.sent) { sent in
            unsafe withOptionalPointer(&outputs.sourcesSent) { sourcesSent in
                unsafe withOptionalPointer(&outputs.counts) { counts in
                    unsafe withOptionalPointer(&outputs.emittedKeys) { emittedKeys in
                        unsafe withOptionalPointer(&outputs.sentKeys) { sentKeys in
                            unsafe withOptionalPointer(&outputs.emittedInputs) { emittedInputs in
                                unsafe withOptionalPointer(&outputs.sentInputs) { sentInputs in
                                    unsafe withOptionalPointer(&outputs.gradedKeys) { gradedKeys in
                                        unsafe withOptionalPointer(&outputs.gradedInputs) { gradedInputs in
                                            unsafe withOptionalPointer(&outputs.codes) { codes in
                                                unsafe body(
                                                    AttentionPointers(
                                                        context: context, sent: sent, sourcesSent: sourcesSent, counts: counts,
                                                        emittedKeys: emittedKeys, sentKeys: sentKeys, emittedInputs: emittedInputs,
                                                        sentInputs: sentInputs, gradedKeys: gradedKeys, gradedInputs: gradedInputs,
                                                        codes: codes))
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
