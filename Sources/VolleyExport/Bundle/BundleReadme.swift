internal import OrderedCollections
internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// `README.md` of a bundle: what this very network is, and how its files are read.
struct BundleReadme {
    private let document: BundleDocument
    private let bundle: BundleLayers

    init(_ document: BundleDocument, _ bundle: BundleLayers) { (self.document, self.bundle) = (document, bundle) }

    var text: String {
        [heading, files, time, sites, layers, energy].compactMap(\.self).joined(separator: "\n\n") + "\n"
    }

    private var network: SpikingNetwork { bundle.network }

    private var heading: String {
        let summary = NetworkSummary(network.graph, network: network)
        let caveats = (document.caveats + bundle.notes).map { "\n- \($0)" }.joined()
        return """
            # A spiking network

            Made from a trained network by the method \(document.method) (\(document.citation)), without training it again: \
            \(TextTable.grouped(summary.parameters)) parameters, \(TextTable.grouped(summary.multiplyAccumulates)) multiply-accumulates and \
            \(TextTable.grouped(summary.neurons)) neurons for a sample, at \(document.sites.count) sites, under \(document.coding.rawValue) coding.

            Inputs: \(list(document.inputs)). Outputs: \(list(document.outputs)). N is the batch.
            """ + (caveats.isEmpty ? "" : "\n\nTo be known:\n" + caveats)
    }

    private func list(_ values: [BundleDocument.Value]) -> String {
        values.map { "`\($0.name)` \($0.shape)" }.joined(separator: ", ")
    }

    private var files: String {
        let weights =
            bundle.isRounded
            ? "Weights of layers behind neurons are whole numbers `[outputs, …]`; beside each stands `NAME/scales` `[outputs]`, and "
                + "`W[o] = numbers[o] · scales[o]`."
            : "All are 32-bit floats."
        let copies =
            switch bundle.copies {
            case nil: ""
            case .levels:
                "\n- `copies.safetensors`: under `LAYER/copies` `[copies, outputs, …]` the layer's weights times every value that the neurons in front "
                    + "send. `layers[].copies` says which code adds which copy; spikes are bare events."
            case .octave:
                "\n- `copies.safetensors`: under `LAYER/copies` `[copies, outputs, …]` the layer's weights times every value that is not another one "
                    + "times a power of two. `layers[].copies` says of every code which copy it adds, shifted by how many bits, and with which sign."
            }
        return """
            ## Files

            - `network.json`: `nodes` in order of computation, each with what it reads and who reads it; `sites`, the neurons; `layers`, where weights \
            meet spikes. `network.schema.json` describes it (JSON schema).
            - `weights.safetensors`: every node with the role `constant`, under its name, row-major. \(weights) Linear layers are `[outputs, inputs]`, \
            convolutions `[outputs, inputs / groups, height, width]`.
            - `thresholds.json`: thresholds by site, as `volley convert` takes them instead of calibration data: with the same model, method and \
            settings it makes this network again, where the method takes stated thresholds.\(copies)
            """
    }

    /// Semantics 5 and 5.1.
    private var time: String {
        let neuron =
            document.coding == .rate
            ? """
            A neuron sends `x(t)` of what it receives, and readers see the estimate `S(t)/τ(t)` with `S(t) = S(t−1) + x(t)`. With the estimate \
            `φ_in(t)` that arrives, its current is `I(t) = τ(t)·φ_in(t) − τ(t−1)·φ_in(t−1)`, divided by the site's divisors where there are some.
            """
            : """
            A neuron sends a correction `s(t)`, and readers see the estimate `φ(t) = φ(t−1) + s(t)/t`, `φ(0) = 0`. With the estimate `φ_in(t)` that \
            arrives, its membrane potential is `m(t) = t·(φ_in(t) − φ(t−1))`, plus the initial potential.
            """
        let timing =
            document.timing.isPlain
            ? "τ(t) = t."
            : "τ(t) = t, but t − \(document.timing.probe) behind a first run of \(document.timing.probe) time-steps, after which sums start anew"
                + (document.timing.feeding.map { ", and never more than \($0)" } ?? "") + "."
        return """
            ## Time-steps

            At time-step t = 1, 2, … every operation of `nodes` is applied to the estimates that the neurons have sent so far; an operation \
            `neuron` hands on the estimate of its site. The answer at t is the value of the outputs. \(neuron) \(timing)
            """
    }

    private var sites: String {
        let families = OrderedSet(network.neurons.values.map(\.family))
        let equations = families.map { "- \($0): \(Self.equation(of: $0))" }.joined(separator: "\n")
        let rows = network.neurons.map { "| `\($0.key)` | \($0.value.family) | \($0.value.model.summary) |" }.joined(separator: "\n")
        return """
            ## Neurons

            \(equations)

            | site | family | thresholds |
            |---|---|---|
            \(rows)
            """
    }

    private static func equation(of family: String) -> String {
        switch family {
        case MultiThresholdNeuron.family:
            "`m(t) = v(t−1) + I(t)`; the highest level whose cut-off `|m|` reaches, on the side of m's sign, is sent, and `v = m − x`, or 0 where "
                + "the reset is to zero. With dead zones nothing is sent for `|m| < t·δ_t`, the last zone holding for later steps. Under rate coding "
                + "`m = t·φ_in(t) − S(t−1)`, plus the initial potential, is the same."
        case IntegrateAndFireNeuron.family:
            "`m(t) = v(t−1) + I(t)`, `v(0)` the initial potential times θ; for `m ≥ θ` a spike is sent, and `v = m − θ`, or 0 where the reset is to zero."
        case BurstNeuron.family: "`k = min(Γ, ⌊m(t)/θ⌋)` spikes for positive m, and `v = m − k·θ`."
        case SignedNeuron.family:
            "`m ≥ θ` sends θ, `m ≤ −θ⁻` (below 0 for θ⁻ = 0) sends −θ, with memory only to take back what was sent; `v = m − x`."
        case MaskedNeuron.family:
            "integrate and fire; after the probe those with `v ≤ 0.001·θ` send nothing, and all start anew."
        case LeakyNeuron.family: "`m(t) = v(t−1) + L·θ + I(t)`; `m ≥ θ` sends θ and `v = 0`, otherwise `v = max(m, v_min·θ)`."
        case AdaptiveNeuron.family:
            "integrate and fire with a threshold of its own that each spike changes: `θ += η·θ_0·(m·θ_0/θ)·((σ·n/(t·λ))^m − 1)`, within 0.1 and 10 θ_0."
        case HalfBurstNeuron.family, EncoderNeuron.family:
            "a spike of θ, then up to Γ of θ/2 in the same time-step; negative ones take back what was sent. An encoder is one for each sign."
        case InputNeuron.family: "a spike of the value's sign with the probability `c·|x|`."
        default: "see `neurons` of its sites."
        }
    }

    private var layers: String {
        let rows = document.layers.map { layer in
            let id = network.graph.node(named: layer.name)!
            let shape = network.graph[network.graph.node(named: layer.weight)!].shape
            return "| `\(layer.name)` | \(network.graph[id].operation!.name) | \(shape) | \(layer.site.map { "`\($0)`" } ?? "values") |"
        }
        return "## Layers\n\n| layer | operation | weights | reads |\n|---|---|---|---|\n" + rows.joined(separator: "\n")
    }

    private var energy: String? {
        network.fidelity.map {
            "## Beside the trained network\n\nWhen it was converted; energies are multiples of the trained network's, at 45 nm and 32 bits.\n\n"
                + "```\n\($0.text)```"
        }
    }
}
