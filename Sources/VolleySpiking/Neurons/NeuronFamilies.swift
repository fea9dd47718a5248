internal import Synchronization

/// The families of neurons that there are.
public enum NeuronFamilies {
    /// Those of Volley.
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

    private static let added = Mutex<[any NeuronModel.Type]>([])

    /// Makes a family of a program's own known, so that network files with its layers can be read. To run and to write them it need not be.
    ///
    /// Adding the same type again changes nothing.
    /// - Throws: ``SpikingError`` (`badSettings`) where another type has its name.
    public static func add(_ family: any NeuronModel.Type) throws {
        try added.withLock { added in
            guard let other = (all + added).first(where: { $0.family == family.family }) else { return added.append(family) }
            guard other == family else {
                throw SpikingError(.badSettings, "there are neurons of the family '\(family.family)' already, those of \(other): call it otherwise")
            }
        }
    }

    static var known: [any NeuronModel.Type] { all + added.withLock { $0 } }

    static func named(_ name: String) -> (any NeuronModel.Type)? { known.first { $0.family == name } }
}
