/// The families of neurons that there are.
public enum NeuronFamilies {
    public static let all: [any NeuronModel.Type] = [
        MultiThresholdNeuron.self,
        IntegrateAndFireNeuron.self,
        BurstNeuron.self,
    ]

    static func named(_ name: String) -> (any NeuronModel.Type)? { all.first { $0.family == name } }
}
