internal import VolleySpiking

extension RateConversion {
    /// A probe of τ steps, whose residual potentials tell which neurons would send too much; these are silenced in the run that counts. See
    /// `MaskedNeuron`. A result at step t of τ + T is known after t steps: τ is latency.
    public static let srp = RateConversion(
        "srp", "a first run of τ steps silences neurons with a negative residual potential",
        citation: "Hao, Bu, Ding, Huang and Yu, Reducing ANN-SNN Conversion Error through Residual Membrane Potential, AAAI 2023, arXiv 2302.02091",
        standing: Standing(.exact, "masks and spikes of the authors' program"), neuron: .masked, bound: .trained,
        open: ["probe", "fallback", "percentile", "zeros", "interpolate", "error-steps", "initial-potential", "readout", "pooling"]
    ) {
        $0.initialPotential = 0.5
        $0.fallback = .error
        $0.errorSteps = 8
        $0.trainedKinds = [.steps]
    }
}
