import Testing
import VolleyFormats
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// The families of neurons that stand in the place of activations.
@Suite struct ActivationNeuronTests {
    @Test func signed() throws {
        try NeuronConformance(
            traces: [
                // θ = 0.5: m = 0.75 → +, 0.25 − 1 = −0.75 → −, −0.25 − 0.5 = −0.75, nothing to take back
                .init(
                    model: SignedNeuron(threshold: 0.5, negativeThreshold: 0.5), currents: [0.75, -1, -0.5, 1.5], codes: [1, -1, 0, 1],
                    potentials: [0.25, -0.25, -0.75, 0.25]),
                // One spike at most, taken back below 0: starts at 0.25, m = 0.75 → +, 0.75 is capped, −0.25 → −
                .init(
                    model: SignedNeuron(threshold: 0.5, negativeThreshold: 0, most: 1, initialPotential: 0.5), currents: [0.5, 0.5, -1, -0.5],
                    codes: [1, 0, -1, 0], potentials: [0.25, 0.75, 0.25, -0.25]),
                // Without memory both signs are alike.
                .init(
                    model: SignedNeuron(threshold: 0.5, negativeThreshold: 0.5, remembers: false), currents: [-0.5, -0.25, -0.25, 0.5],
                    codes: [-1, 0, -1, 1], potentials: [0, -0.25, 0, 0]),
            ],
            layers: [
                ({ SignedNeuron(threshold: 0.4 * $0, negativeThreshold: 0.4 * $0) }, [.rate]),
                ({ SignedNeuron(threshold: 0.3 * $0, negativeThreshold: 0, most: 7, initialPotential: 0.5) }, [.rate]),
                ({ SignedNeuron(threshold: 0.3 * $0, negativeThreshold: 0.3 * $0, remembers: false) }, [.rate]),
            ]
        ).check()
    }

    @Test func masked() throws {
        try NeuronConformance(
            traces: [
                // Starts at 0.25; m = 0.75 → spike, then 0.25 − 0.5 = −0.25: silenced, starts anew at 0.25 and fires in silence.
                .init(
                    model: MaskedNeuron(threshold: 0.5, probe: 2), currents: [0.5, -0.5, 0.5, 0.5], codes: [1, 0, 0, 0],
                    potentials: [0.25, -0.25, 0.25, 0.25]),
                .init(
                    model: MaskedNeuron(threshold: 0.5, probe: 1), currents: [0.125, 0.25, 0.25], codes: [0, 1, 0],
                    potentials: [0.375, 0, 0.25]),
            ],
            layers: [({ MaskedNeuron(threshold: 0.3 * $0, probe: 2) }, [.rate])], isSubtractive: false
        ).check()
    }

    @Test func leaky() throws {
        try NeuronConformance(
            traces: [
                // θ = 1, L = −0.125, floor 0: 0.375, 0 (cut), 1.125 → spike and 0
                .init(
                    model: LeakyNeuron(threshold: 1, leak: -0.125), currents: [0.5, -2, 1.25, 0.25], codes: [0, 0, 1, 0],
                    potentials: [0.375, 0, 0, 0.125])
            ],
            layers: [({ LeakyNeuron(threshold: 0.3 * $0, leak: 0.01) }, [.rate])], isSubtractive: false
        ).check()
    }

    @Test func adaptive() throws {
        try NeuronConformance(
            traces: [
                // θ_0 = 1: fires at t = 1 with y = 1, so θ grows by η·(y/λ − 1) = 0.25·(1/0.5 − 1) = 0.25 to 1.25; 1.125 does not fire.
                .init(
                    model: AdaptiveNeuron(threshold: 1, rate: 0.5, speed: 0.25), currents: [1, 1.125, 0.125], codes: [1, 0, 1],
                    potentials: [0, 1.125, 0])
            ],
            layers: [({ AdaptiveNeuron(threshold: 0.3 * $0) }, [.rate])], isSubtractive: false
        ).check()
    }

    @Test func halfBurst() throws {
        try NeuronConformance(
            traces: [
                // θ = 1: 2.25 → θ, and of 1.25 twice 0.5 (exactly 0.5 would not be enough); −1.5 takes back θ, then of −0.25 nothing
                .init(
                    model: HalfBurstNeuron(threshold: 1), currents: [2.25, -1.5, -0.5], codes: [4, -2, -1], potentials: [0.25, -0.25, -0.25]),
                // Fed back twice: 0.75 → 0.5; 1.25 received less 0.5 sent is 0.75, on 0.25 makes 1 → θ; 1.25 less 1.5 leaves −0.25.
                .init(
                    model: HalfBurstNeuron(threshold: 1, feedsBackTwice: true), currents: [0.75, 0.5, 0], codes: [1, 2, 0],
                    potentials: [0.25, 0, -0.25]),
            ],
            layers: [({ HalfBurstNeuron(threshold: 0.3 * $0) }, [.rate])]
        ).check()
    }

    /// What is in activation units stays so where currents are divided: 0.5 is more than half of a threshold by less than ε.
    @Test func halfBurstsDivideTheirToleranceToo() {
        let layer = NeuronLayer(HalfBurstNeuron(threshold: 1, tolerance: 0.01))
        var neurons = layer.population(divisors: [0.1, 1, 10])
        #expect(neurons.step([0.505, 0.505, 0.505], time: 1).codes == [0, 0, 1])
    }

    /// Both halves hear the same, one of them its negative.
    @Test func encoder() throws {
        try NeuronConformance(
            traces: [
                // θ⁺ = 1, θ⁻ = 0.5. Above: 1.25 → θ⁺; −0.75 → takes half of it back; −1.25 → takes a whole one back, though half is left.
                // Below: −1.25; −0.25; 0.75 → θ⁻.
                .init(
                    model: EncoderNeuron(positive: 1, negative: 0.5), currents: [1.25, -1, -1], codes: [18, -9, -16], potentials: [1.5, 0, -0.5])
            ],
            layers: [({ EncoderNeuron(positive: 0.3117 * $0, negative: 0.2393 * $0) }, [.rate])], isSubtractive: false
        ).check()
    }

    /// What the authors' program sends for currents whose sums are exact, with and without memory and bursts.
    @Test(arguments: [(false, 0), (true, 0), (false, 2), (true, 2)]) func halfBurstsAreThoseOfTheProgram(remembers: Bool, most: Int) throws {
        let archive = try NpzArchive(path: Fixture.path("methods/sta-neuron.npz"))
        let (thresholds, input) = (try archive.array("threshold").tensor.values, try archive.array("input").tensor)
        let expected = try archive.array("memory\(remembers ? 1 : 0)_burst\(most)-spikes").tensor
        let (steps, samples, width) = (input.shape[0], input.shape[1], input.shape[2])
        for (neuron, threshold) in thresholds.enumerated() {
            let layer = NeuronLayer(HalfBurstNeuron(threshold: threshold, remembers: remembers, most: most))
            var neurons = layer.population(samples)
            let values = layer.alphabet.table
            for step in 0..<steps {
                let places = (0..<samples).map { (step * samples + $0) * width + neuron }
                let codes = neurons.step(places.map { input.values[$0] }, time: step + 1).codes
                #expect(codes.map { values[Alphabet.place(of: $0)] } == places.map { expected.values[$0] }, "θ = \(threshold), step \(step + 1)")
            }
        }
    }

    /// What programs do otherwise: strict comparison, the potential of the step before, first steps that do not arrive, another worth.
    @Test func variantsOfThePlainNeuron() throws {
        func codes(_ change: (inout IntegrateAndFireNeuron) -> Void, _ currents: [Float]) -> [Int8] {
            var neuron = IntegrateAndFireNeuron(threshold: 1)
            change(&neuron)
            var neurons = NeuronLayer(neuron).population(1)
            return currents.enumerated().map { neurons.step([$1], time: $0 + 1).codes[0] }
        }
        #expect(codes({ _ in }, [1, 0.5, 0.5]) == [1, 0, 1])
        #expect(codes({ $0.isStrict = true }, [1, 0.5, 0.5]) == [0, 1, 0])
        #expect(codes({ $0.isLate = true }, [1, 0.5, 0.5, 0]) == [0, 1, 0, 1])
        #expect(codes({ $0.deafSteps = 1 }, [1, 0.5, 0.5]) == [0, 0, 1])
        #expect(codes({ $0.tolerance = 0.01 }, [0.995, 0.5]) == [1, 0])
        var worthMore = IntegrateAndFireNeuron(threshold: 1)
        worthMore.amplitude = 2
        #expect(NeuronLayer(worthMore).alphabet.values == [2])
        worthMore.amplitude = -1
        #expect(worthMore.problem(.rate) != nil)
    }

    /// The same sample sends the same spikes in every batch, others send others, and the rate is the value.
    @Test func inputSpikesBelongToTheirSample() {
        let layer = NeuronLayer(InputNeuron(seed: 3))
        func train(_ values: [Float], samples: Int) -> [[Int8]] {
            var neurons = layer.population(values.count, samples: samples)
            return (1...400).map { neurons.step(values, time: $0).codes }
        }
        let (a, b): ([Float], [Float]) = ([0, 0.25, 1, -0.5], [0, 0.25, 1, -0.75])
        let alone = train(a, samples: 1)
        let together = train(b + a, samples: 2)
        #expect(together.map { Array($0[4...]) } == alone)
        #expect(together.map { Array($0[..<4]) } != alone)
        let sums = (0..<4).map { place in alone.reduce(0) { $0 + Int($1[place]) } }
        #expect(sums[0] == 0 && sums[2] == 400)
        // Five standard deviations of 400 draws.
        #expect(abs(sums[1] - 100) < 44 && abs(sums[3] + 200) < 50)
        var neurons = layer.population(2)
        #expect(neurons.step([0.5, 1.5], time: 1).broken == 1)
    }
}
