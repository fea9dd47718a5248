/// The families of neurons that there are.
public enum NeuronFamilies {
    public static let all: [any NeuronModel.Type] = [
        MultiThresholdNeuron.self,
        IntegrateAndFireNeuron.self,
        BurstNeuron.self,
        HalfBurstNeuron.self,
        EncoderNeuron.self,
        SignedNeuron.self,
        MaskedNeuron.self,
        LeakyNeuron.self,
        AdaptiveNeuron.self,
        InputNeuron.self,
    ]

    static func named(_ name: String) -> (any NeuronModel.Type)? { all.first { $0.family == name } }
}
