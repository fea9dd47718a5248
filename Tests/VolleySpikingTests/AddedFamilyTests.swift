import Testing
import VolleyGraph
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// A family of neurons that stands outside of Volley: it runs, and is read from files once it is known.
@Suite struct AddedFamilyTests {
    /// Fires at a threshold, and keeps silent for some steps afterwards.
    private struct RestingNeuron: NeuronModel {
        static let family = "test-resting"
        static let parameters = [NeuronParameter("threshold", standard: "1", range: "> 0")]
        var threshold: Float = 1
        var silence = 2

        struct State: Sendable {
            var potential: Float = 0
            var silentUntil = 0
        }

        var alphabet: Alphabet { Alphabet(codes: [1], values: [threshold]) }
        var rest: State { State() }
        var summary: String { "+\(threshold)" }
        func potential(_ state: State) -> Float { state.potential }
        func problem(_ coding: Coding) -> String? { coding == .rate ? nil : "rate coding only" }
        func divided(by unit: Float) -> RestingNeuron { RestingNeuron(threshold: threshold / unit, silence: silence) }

        func step(_ state: inout State, current: Float, time: Int) -> Int8 {
            state.potential += current
            guard time > state.silentUntil, state.potential >= threshold else { return 0 }
            state.potential -= threshold
            state.silentUntil = time + silence
            return 1
        }
    }

    /// Another type with the same name.
    private struct Impostor: NeuronModel {
        static let family = "test-resting"
        static let parameters: [NeuronParameter] = []
        var alphabet: Alphabet { Alphabet(codes: [1], values: [1]) }
        var rest: Float { 0 }
        var summary: String { "" }
        func potential(_ state: Float) -> Float { state }
        func problem(_ coding: Coding) -> String? { nil }
        func divided(by unit: Float) -> Impostor { self }
        func step(_ state: inout Float, current: Float, time: Int) -> Int8 { 0 }
    }

    @Test func itIsReadOnceItIsKnown() throws {
        let placed = try PlaceNeurons.apply(to: try SampleGraphs.gatedMLP())
        let layer = NeuronLayer(RestingNeuron(threshold: 0.5))
        let network = try SpikingNetwork(
            graph: placed, coding: .rate,
            neurons: Dictionary(uniqueKeysWithValues: SpikingNetwork.sites(of: placed).map { ($0, layer) }),
            provenance: SampleNetworks.provenance)
        let folder = try TemporaryDirectory()
        try network.write(to: folder.file("net.volley"))
        #expect { try SpikingNetwork(contentsOf: folder.file("net.volley")) } throws: {
            "\($0)".contains("neurons of the family 'test-resting', which is none of")
        }
        try NeuronFamilies.add(RestingNeuron.self)
        try NeuronFamilies.add(RestingNeuron.self)
        #expect(try SpikingNetwork(contentsOf: folder.file("net.volley")) == network)
        #expect { try NeuronFamilies.add(Impostor.self) } throws: { "\($0)".contains("'test-resting' already") }
        #expect(throws: SpikingError.self) { try NeuronFamilies.add(ImpostorOfOurs.self) }
    }

    private struct ImpostorOfOurs: NeuronModel {
        static let family = IntegrateAndFireNeuron.family
        static let parameters: [NeuronParameter] = []
        var alphabet: Alphabet { Alphabet(codes: [1], values: [1]) }
        var rest: Float { 0 }
        var summary: String { "" }
        func potential(_ state: Float) -> Float { state }
        func problem(_ coding: Coding) -> String? { nil }
        func divided(by unit: Float) -> ImpostorOfOurs { self }
        func step(_ state: inout Float, current: Float, time: Int) -> Int8 { 0 }
    }

    /// Three spikes' worth arrive at once: they leave one by one, two silent steps apart.
    @Test func itRuns() {
        var neurons = NeuronLayer(RestingNeuron()).population(1)
        let currents: [Float] = [3, 0, 0, 0, 0, 0, 0, 0]
        #expect(currents.enumerated().map { neurons.step([$1], time: $0 + 1).codes[0] } == [1, 0, 0, 1, 0, 0, 1, 0])
        #expect(neurons.potentials == [0])
    }
}
