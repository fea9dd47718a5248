internal import VolleySpiking
internal import VolleyTensors

/// The neurons of a site, as stages use them: what their spikes are worth, and how they fire.
struct SiteNeurons: Sendable {
    let layer: NeuronLayer
    let coding: Coding
    let timing: Timing
    let source: SpikeSource
    /// Nil for a family without one, which runs by a rule or step by step.
    let kernel: NeuronKernel?
    /// For families without a kernel, where currents are plainly those of rate coding; nil: step by step.
    let rule: NeuronRule?
    /// What every possible code is worth.
    let table: [Float]

    /// - Parameter hasScales: whether every neuron's current is divided by a number of its own.
    init(_ layer: NeuronLayer, _ coding: Coding, _ timing: Timing = .plain, hasScales: Bool = false) {
        self.layer = layer
        self.coding = coding
        self.timing = timing
        source = layer.source(coding)
        table = layer.alphabet.table
        kernel = timing.isPlain && !hasScales ? layer.model.kernel(coding) : nil
        rule = timing.isPlain && kernel == nil && coding == .rate ? layer.model.rule : nil
    }

    var alphabet: Alphabet { layer.alphabet }

    /// The kernel, where it can run in one pass with what is before it: one that resets to zero carries a second state.
    var fusedKernel: NeuronKernel? { kernel?.resetsToZero == false ? kernel : nil }

    /// What runs them at the end of a layer's pass; nil where they run by themselves.
    var behindLayer: LayerNeurons? { fusedKernel.map { .ladder($0) } ?? rule.map { .rule($0, alphabet) } }

    /// From counts by step, level and sign, as kernels make them, to counts by step and code.
    func codeCounts(_ counts: [Int64], steps: Int) -> [[Int64]] {
        let width = counts.count / steps
        return (0..<steps).map { Array(counts[$0 * width..<$0 * width + alphabet.codes.count]) }
    }
}
