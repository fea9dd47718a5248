internal import CVolleyKernels

/// A linear layer and what follows it, as the kernels run it in one pass: `y = f(W·x + b) + residual`, or `y = f(W·x + b + residual)`,
/// and the neurons behind it. A convolution of images with the channels last is one too: its rows are the images' windows.
@safe public final class LayerKernel: @unchecked Sendable {
    public enum Weights: Sendable {
        case floats(PackedMatrix)
        case integers(IntegerWeights)
    }

    public let inputs: Int
    public let outputs: Int
    public let weights: Weights
    /// The spikes that arrive; nil where floats arrive.
    public let source: SpikeSource?
    public let target: LayerNeurons?
    /// Of a convolution; nil where the rows are those of the input.
    public let windows: ImageWindows?
    let parameters: vk_layer
    private let bias: AlignedBuffer<Float>?
    private let neurons: LayerNeuronParameters

    /// - Parameters:
    ///   - bias: `[outputs]`; empty for none.
    ///   - source: whole numbers where the weights are integers.
    ///   - activatesLast: whether the residual is added before the activation.
    ///   - target: the neurons behind; nil for none.
    ///   - eventDensity: spikes per input below which a step's product is computed event-driven; twice as many where integers take two
    ///     dense products. The result is the same.
    public init(
        _ weights: Weights, windows: ImageWindows? = nil, bias: [Float], source: SpikeSource?, activation: Kernels.Unary?,
        activatesLast: Bool = false, target: LayerNeurons?, eventDensity: Float
    ) {
        var layer = unsafe vk_layer()
        switch weights {
        case .floats(let matrix):
            (inputs, outputs) = (matrix.rows, matrix.columns)
            unsafe layer.panels = matrix.buffer.start
        case .integers(let integers):
            precondition(source?.alphabet.wholeNumbers != nil, "integers take spikes that are whole numbers")
            (inputs, outputs) = (integers.inputs, integers.outputs)
            unsafe layer.planes = Int32(integers.planes)
            unsafe layer.digits = integers.digits.start
            unsafe layer.whole = integers.whole.start
            unsafe layer.scales = integers.scales.start
            unsafe layer.digit_sums = integers.digitSums.start
        }
        precondition(bias.isEmpty || bias.count == outputs, "one bias per output")
        precondition(source == nil || inputs < 65_536, "inputs are listed with 16 bits")
        precondition(windows == nil || windows!.rowLength == inputs, "windows as long as the weights")
        self.windows = windows
        self.weights = weights
        self.source = source
        self.target = target
        neurons = LayerNeuronParameters(target)
        self.bias = bias.isEmpty ? nil : AlignedBuffer(bias)
        unsafe layer.inputs = inputs
        unsafe layer.windows = windows?.parameters.start
        unsafe layer.outputs = outputs
        unsafe layer.bias = self.bias?.start
        unsafe layer.source = source?.parameters.start
        unsafe layer.target = neurons.target
        unsafe layer.rule = neurons.byRule
        unsafe layer.event_density = eventDensity
        unsafe layer.activates_last = activatesLast ? 1 : 0
        unsafe layer.activation = activation.map { Int32(bitPattern: $0.code.rawValue) } ?? -1
        unsafe parameters = layer
    }

    /// The number of elements that it reads at each step for so many rows.
    public func inputCount(rows: Int) -> Int {
        windows?.inputCount(rows: rows) ?? rows * inputs
    }

    /// The number of floats that a call needs as scratch memory.
    public func scratchCount(steps: Int) -> Int {
        unsafe withUnsafePointer(to: parameters) { unsafe vk_layer_scratch($0, Int32(steps)) }
    }
}

extension Kernels {
    /// Runs time-steps `firstStep` … of a layer.
    /// - Parameters:
    ///   - rows: of a convolution, whole images.
    ///   - codes: `[steps, rows, inputs]` or `[steps, images, H, W, C]`, the spikes that arrive; may be longer; empty where there is no
    ///     source.
    ///   - input: likewise, floats where there is no source.
    ///   - addend: `[steps or 1, rows, outputs]`; nil for none.
    ///   - divisors: `[outputs]`, what the currents of neurons that step by a rule are divided by; empty for 1.
    ///   - scratch: at least ``LayerKernel/scratchCount(steps:)`` floats.
    /// - Returns: how many membrane potentials were not finite.
    public func run(
        _ layer: LayerKernel, rows: Int, firstStep: Int, steps: Int, codes: [Int8], input: [Float], addend: [Float]?,
        divisors: [Float] = [], state: inout LayerState, outputs: inout LayerOutputs, scratch: inout [Float]
    ) -> Int {
        precondition(layer.windows.map { rows.isMultiple(of: max(1, $0.rowsPerImage)) } ?? true, "whole images")
        precondition(scratch.count >= layer.scratchCount(steps: steps), "enough scratch memory")
        return unsafe run(
            rows: rows, inputs: layer.inputCount(rows: rows), outputs: layer.outputs, firstStep: firstStep, steps: steps,
            readsSpikes: layer.source != nil, neurons: layer.target, codes: codes, input: input, addend: addend, divisors: divisors,
            state: &state, outputs: &outputs, scratch: &scratch
        ) { call in
            unsafe withUnsafePointer(to: layer.parameters) { unsafe table.pointee.layer($0, call) }
        }
    }
}
