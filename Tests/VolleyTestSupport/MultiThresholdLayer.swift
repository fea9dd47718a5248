public import VolleySpiking

/// Layers of multi-threshold neurons, which most tests are about.
extension NeuronLayer {
    public init(
        ladder: ThresholdLadder, rounding: MultiThresholdNeuron.Rounding = .halfBase, reset: Reset = .subtraction,
        initialPotential: Float = 0, deadZones: [Float] = [], leastPotential: Float = 0, rootMeanSquare: Float? = nil
    ) {
        self.init(
            MultiThresholdNeuron(
                ladder: ladder, rounding: rounding, reset: reset, initialPotential: initialPotential, deadZones: deadZones,
                leastPotential: leastPotential, rootMeanSquare: rootMeanSquare))
    }

    /// - Precondition: the layer is of this family.
    public var multiThreshold: MultiThresholdNeuron { model as! MultiThresholdNeuron }
    public var ladder: ThresholdLadder { multiThreshold.ladder }

    /// The same with another ladder.
    public func with(_ ladder: ThresholdLadder) -> NeuronLayer {
        let neuron = multiThreshold
        return NeuronLayer(
            ladder: ladder, rounding: neuron.rounding, reset: neuron.reset, initialPotential: neuron.initialPotential,
            deadZones: neuron.deadZones, leastPotential: neuron.leastPotential, rootMeanSquare: neuron.rootMeanSquare)
    }
}
