import Volley

extension RateConversion {
    /// A recipe of the family that puts neurons in the place of rectifiers: bounds at the 99th percentile of the activations, membrane
    /// potentials that start at half a threshold.
    static let example = RateConversion(
        "example", "bounds from the 99th percentile, potentials from half a threshold",
        citation: "the example of a Swift package", standing: Standing(.exact, "a method of this example, with nothing else to be held against"),
        neuron: .integrateAndFire, bound: .percentile, open: ["percentile", "initial-potential"]
    ) {
        $0.percentile = 99
        $0.initialPotential = 0.5
    }
}

/// A method from the ground up: it looks at the largest activation of every site, and puts neurons of this program there.
struct PausingMethod: ConversionMethod {
    /// For how many time-steps a neuron is silent after a spike.
    var pause = 1

    let name = "pausing"
    let summary = "neurons that pause after every spike"
    let citation = "the example of a Swift package"
    let standing = Standing(.exact, "a method of this example, with nothing else to be held against")

    var settings: [MethodSetting<PausingMethod>] {
        [MethodSetting("pause", \.pause, in: 0...10, unit: "time-steps", "for how long a neuron is silent after a spike")]
    }

    var requirements: [NetworkRequirement] {
        [
            NetworkRequirement("rectifiers, which neurons stand in for") { graph in
                let (_, roles) = try PlaceActivationNeurons().apply(to: graph)
                return roles.isEmpty ? ConversionError(.unfitNetwork, "this network has no rectifier") : nil
            }
        ]
    }

    var observers: [any Observer.Type] { [UpperTail.self] }

    func convert(_ graph: Graph, on calibration: Calibration) throws -> SpikingNetwork {
        try validate()
        let (placed, _) = try PlaceActivationNeurons().apply(to: graph)
        let tails = try calibration.observe(placed) { _, count in
            UpperTail(percentile: 99.9, countsZeros: true, interpolates: true, ofAtMost: count)
        }
        let neurons = tails.mapValues { NeuronLayer(PausingNeuron(bound: $0.percentile, pause: pause)) }
        return try SpikingNetwork(graph: placed, coding: .rate, neurons: neurons, provenance: provenance)
    }
}
