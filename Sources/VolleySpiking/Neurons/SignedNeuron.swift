public import VolleyTensors

/// The signed integrate-and-fire neuron: spikes of both signs, negative ones as a rule only to take back what was sent.
///
/// `m(t) = v(t−1) + I(t)`; for `m ≥ θ` it sends θ, for `m ≤ −θ⁻` it sends −θ, where θ⁻ is the negative threshold, and `v = m − x`. With
/// memory, a negative spike needs more positive than negative ones before it, so that the sum of what was sent never is negative.
///
/// | | θ⁻ | memory | most |
/// |---|---|---|---|
/// | signed neuron with memory (SNM): Wang, Zhang, Chen and Qu, IJCAI 2022 | θ | yes | |
/// | noise suppression (QFFS): Li, Ma and Furber, Front. Neurosci. 16:918793, 2022 | 0 | yes | 2^b − 1 |
/// | inhibitory spikes (Fast-SNN): Hu et al., TPAMI 2023 | 0.001 | yes | |
/// | symmetric thresholds (stReLU): Han, Wang, Shen and Tang, Machine Intelligence Research 20, 2023 | θ | no | |
public struct SignedNeuron: NeuronModel {
    public static let family = "signed"

    public static let parameters = [
        NeuronParameter("threshold", symbol: "θ", unit: "activation", standard: "calibrated", range: "> 0; otherwise it never fires"),
        NeuronParameter("negativeThreshold", symbol: "θ⁻", unit: "activation", standard: "θ", range: "≥ 0; 0 fires below 0"),
        NeuronParameter("remembers", standard: "yes", range: "whether a negative spike only takes back what was sent"),
        NeuronParameter("most", symbol: "n", unit: "spikes", standard: "any", range: "≥ 1; how many more positive than negative ones there may be"),
        NeuronParameter("initialPotential", symbol: "v(0)/θ", unit: "threshold", standard: "0", range: "finite"),
    ]

    public let threshold: Float
    public let negativeThreshold: Float
    public let remembers: Bool
    public let most: Int?
    /// In units of the threshold.
    public let initialPotential: Float

    public init(threshold: Float, negativeThreshold: Float, remembers: Bool = true, most: Int? = nil, initialPotential: Float = 0) {
        self.threshold = threshold
        self.negativeThreshold = negativeThreshold
        self.remembers = remembers
        self.most = most
        self.initialPotential = initialPotential
    }

    public struct State: Sendable {
        var potential: Float
        /// Positive spikes less negative ones: a whole number, since a sum of what was sent would leave residues.
        var balance: Int32 = 0
    }

    public var alphabet: Alphabet {
        let value = threshold > 0 ? threshold : 0
        return Alphabet(codes: [1, -1], values: [value, -value])
    }

    /// `v(0)`, in activation units.
    public var startingPotential: Float { initialPotential * threshold }

    public var rest: State { State(potential: startingPotential) }

    public func potential(_ state: State) -> Float { state.potential }

    public func step(_ state: inout State, current: Float, time: Int) -> Int8 {
        state.potential += current
        guard threshold > 0 else { return 0 }
        let goesBelow = negativeThreshold > 0 ? state.potential <= -negativeThreshold : state.potential < 0
        if state.potential >= threshold, most.map({ Int(state.balance) < $0 }) ?? true {
            state.potential -= threshold
            state.balance += 1
            return 1
        }
        if goesBelow, !remembers || state.balance > 0 {
            state.potential += threshold
            state.balance -= 1
            return -1
        }
        return 0
    }

    public var rule: NeuronRule? {
        .signed(threshold: threshold, negativeThreshold: negativeThreshold, remembers: remembers, most: most, rest: rest.potential)
    }

    public var summary: String { "±\(threshold)" + (remembers ? ", with memory" : "") + (most.map { ", up to \($0)" } ?? "") }

    public func divided(by unit: Float) -> SignedNeuron {
        SignedNeuron(
            threshold: threshold / unit, negativeThreshold: negativeThreshold / unit, remembers: remembers, most: most,
            initialPotential: initialPotential)
    }

    public func problem(_ coding: Coding) -> String? {
        if !threshold.isFinite || !initialPotential.isFinite || threshold > 0 && !threshold.isNormal {
            return "a threshold or initial potential that is not a number in the range of 32-bit floats"
        }
        if !(negativeThreshold >= 0 && negativeThreshold.isFinite) {
            return "a negative threshold of size \(negativeThreshold); at least 0 is needed"
        }
        if let most, most < 1 { return "at most \(most) spikes; at least 1 is needed" }
        return coding == .differential ? "neurons that remember or cap what they sent, which differential coding does not add up" : nil
    }
}
