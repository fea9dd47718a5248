internal import CVolleyKernels

/// A convolution of channel-last images in groups with as many outputs as inputs, and what follows it, as the kernels run it in
/// one pass: `y[i, j, c] = f(b[c] + Σ_{u,v,k} W[c, u, v, k] · x[i·stride + u·dilation − padding, j·…, g + k])` with g the first channel of
/// c's group, zero outside the image, a residual, and the neurons behind it. Groups of one channel: a depthwise convolution.
///
/// The sum is one chain of fused multiply-adds over u, v and k in their order. It is always dense: at a spike there are as many
/// multiply-adds as the group is wide for each tap, and a vector of 16 channels does them all for little more.
@safe public final class GroupedKernel: @unchecked Sendable {
    /// Whether groups of so many channels have a kernel.
    public static func supports(width: Int) -> Bool { [1, 2, 4].contains(width) || width > 0 && width % 8 == 0 }

    /// Of the images that arrive.
    public let windows: ImageWindows
    /// Channels of a group.
    public let width: Int
    /// The spikes that arrive; nil where floats arrive.
    public let source: SpikeSource?
    public let target: LayerNeurons?
    public var channels: Int { windows.channels }
    let parameters: vk_grouped
    private let weights: AlignedBuffer<Float>
    private let bias: AlignedBuffer<Float>?
    private let neurons: LayerNeuronParameters

    /// - Parameters:
    ///   - weights: `[C, KH, KW, width]`.
    ///   - bias: `[C]`; empty for none.
    ///   - activatesLast: whether the residual is added before the activation.
    ///   - target: the neurons behind; nil for none.
    /// - Precondition: ``supports(width:)``, and the width divides the channels.
    public init(
        _ weights: [Float], windows: ImageWindows, width: Int, bias: [Float], source: SpikeSource?, activation: Kernels.Unary?,
        activatesLast: Bool = false, target: LayerNeurons?
    ) {
        let (channels, taps) = (windows.channels, windows.kernel[0] * windows.kernel[1])
        precondition(Self.supports(width: width) && channels % width == 0, "whole groups of a width that has a kernel")
        precondition(weights.count == channels * taps * width, "a weight for every output, tap and input")
        precondition(bias.isEmpty || bias.count == channels, "one bias per output")
        self.windows = windows
        self.width = width
        self.source = source
        self.target = target
        neurons = LayerNeuronParameters(target)
        self.bias = bias.isEmpty ? nil : AlignedBuffer(bias)
        let lanes = Int(VK_LANES)
        let padded = (channels + lanes - 1) / lanes * lanes
        self.weights = unsafe AlignedBuffer(count: taps * width * padded) { packed in
            for channel in 0..<channels {
                for tap in 0..<taps * width { unsafe packed[tap * padded + channel] = weights[channel * taps * width + tap] }
            }
        }
        var layer = unsafe vk_grouped()
        unsafe layer.windows = windows.parameters.start.pointee
        unsafe layer.width = width
        unsafe layer.weights = self.weights.start
        unsafe layer.bias = self.bias?.start
        unsafe layer.source = source?.parameters.start
        unsafe layer.activation = activation.map { Int32(bitPattern: $0.code.rawValue) } ?? -1
        unsafe layer.activates_last = activatesLast ? 1 : 0
        unsafe layer.target = neurons.target
        unsafe layer.rule = neurons.byRule
        unsafe parameters = layer
    }

    /// The number of elements that it reads at each step for so many rows.
    public func inputCount(rows: Int) -> Int { windows.inputCount(rows: rows) }

    /// The number of floats that a call needs as scratch memory.
    public func scratchCount(steps: Int) -> Int {
        unsafe withUnsafePointer(to: parameters) { unsafe vk_grouped_scratch($0, Int32(steps)) }
    }
}

extension Kernels {
    /// Runs time-steps `firstStep` … of a grouped convolution. What it hands on and keeps is that of a layer whose rows are windows,
    /// `[images · OH · OW, C]`.
    /// - Parameters:
    ///   - rows: of whole images.
    ///   - codes: `[steps, images, H, W, C]`, the spikes that arrive; may be longer; empty where there is no source.
    ///   - input: `[steps, images, H, W, C]` floats where there is no source.
    ///   - addend: `[steps or 1, images, OH, OW, C]`; nil for none.
    ///   - divisors: `[C]`, what the currents of neurons that step by a rule are divided by; empty for 1.
    ///   - scratch: at least ``GroupedKernel/scratchCount(steps:)`` floats.
    /// - Returns: how many membrane potentials were not finite.
    public func run(
        _ layer: GroupedKernel, rows: Int, firstStep: Int, steps: Int, codes: [Int8], input: [Float], addend: [Float]?,
        divisors: [Float] = [], state: inout LayerState, outputs: inout LayerOutputs, scratch: inout [Float]
    ) -> Int {
        precondition(rows.isMultiple(of: max(1, layer.windows.rowsPerImage)), "whole images")
        precondition(scratch.count >= layer.scratchCount(steps: steps), "enough scratch memory")
        precondition(
            layer.target != nil || outputs.value.count == steps * rows * layer.channels, "without neurons, a place for the value")
        return unsafe run(
            rows: rows, inputs: layer.inputCount(rows: rows), outputs: layer.channels, firstStep: firstStep, steps: steps,
            readsSpikes: layer.source != nil, neurons: layer.target, codes: codes, input: input, addend: addend, divisors: divisors,
            state: &state, outputs: &outputs, scratch: &scratch
        ) { call in
            unsafe withUnsafePointer(to: layer.parameters) { unsafe table.pointee.grouped($0, call) }
        }
    }
}
