internal import VolleySpiking
internal import VolleyTensors

/// Neurons of any family in estimate form, one time-step after the other.
///
/// A family works on currents, and the engine on estimates. The current that an estimate stands for is `I(t) = τ(t)·φ(t) − τ(t−1)·φ(t−1)`
/// with τ(t) = t unless the network's timing says otherwise (semantics 5); under differential coding the neuron takes in what its own estimate lacks, `I(t) − φ_out(t−1)`.
struct SteppedNeurons: Sendable {
    private let alphabet: Alphabet
    private let isDifferential: Bool
    private let table: [Float]
    private let timing: Timing
    /// What each neuron's current is divided by; empty for 1.
    private let scales: [Float]
    private var population: any NeuronPopulation
    /// By neuron `τ(t−1)·φ(t−1)` of the input; and the sum sent so far, or, under differential coding, the estimate.
    private var received: [Float]
    private var sent: [Float]

    /// - Parameter scales: by neuron of one sample.
    init(_ neurons: SiteNeurons, count: Int, samples: Int, scales: [Float] = []) {
        timing = neurons.timing
        self.scales = scales
        alphabet = neurons.alphabet
        isDifferential = neurons.coding == .differential
        table = alphabet.table
        population = neurons.layer.population(count, samples: samples)
        received = [Float](repeating: 0, count: count)
        sent = received
    }

    struct Sent {
        /// `[steps, neurons]` each: the codes, and `φ(t)`.
        var codes: [Int8] = []
        var estimates: [Float] = []
        /// By step and code, in the order of the alphabet.
        var counts: [[Int64]] = []
        /// How many membrane potentials were not finite.
        var broken = 0
    }

    /// - Parameters:
    ///   - input: `[steps, neurons]`, or `[neurons]` where it is the same at every step.
    ///   - recorded: by step what is sent instead of what the neurons would send; nil where they decide.
    mutating func run(
        firstStep: Int, steps: Int, input: [Float], isStatic: Bool, recorded: ((_ step: Int) throws -> [Int8])? = nil
    ) throws -> Sent {
        let count = sent.count
        var result = Sent()
        result.codes.reserveCapacity(steps * count)
        result.estimates = [Float](repeating: 0, count: steps * count)
        var currents = [Float](repeating: 0, count: count)
        for step in 0..<steps {
            let time = firstStep + step
            let t = timing.weight(of: time)
            if timing.restarts(at: time) {
                for index in 0..<count { (received[index], sent[index]) = (0, 0) }
            }
            if isStatic {
                let feeds = timing.feeds(at: time)
                for index in 0..<count { currents[index] = feeds * input[index] }
            } else {
                Self.receive(input, from: step * count, t, &received, &currents)
            }
            if isDifferential { Self.subtract(sent, from: &currents) }
            if !scales.isEmpty {
                for index in 0..<count { currents[index] /= scales[index % scales.count] }
            }
            var (codes, broken) = population.step(currents, time: time)
            if let recorded { codes = try recorded(time) }
            Self.send(codes, table, t, isDifferential, &sent, &result.estimates, at: step * count)
            result.codes += codes
            result.counts.append(alphabet.counts(of: codes))
            result.broken += broken
        }
        return result
    }

    // MARK: Loops over all neurons, on arrays of their own so that the compiler makes vectors of them

    /// `t·φ(t) − (t−1)·φ(t−1)`
    private static func receive(
        _ input: [Float], from start: Int, _ t: Float, _ received: inout [Float], _ currents: inout [Float]
    ) {
        precondition(start + received.count <= input.count && currents.count == received.count, "an input for every neuron")
        for index in received.indices {
            let total = t * input[start + index]
            currents[index] = total - received[index]
            received[index] = total
        }
    }

    private static func subtract(_ known: [Float], from currents: inout [Float]) {
        precondition(known.count == currents.count, "one for every neuron")
        for index in known.indices { currents[index] -= known[index] }
    }

    private static func send(
        _ codes: [Int8], _ table: [Float], _ t: Float, _ isDifferential: Bool, _ sent: inout [Float], _ estimates: inout [Float],
        at start: Int
    ) {
        precondition(codes.count == sent.count && start + sent.count <= estimates.count, "room for every neuron")
        let values = isDifferential ? table.map { $0 / t } : table
        for index in codes.indices {
            let sum = sent[index] + values[Alphabet.place(of: codes[index])]
            sent[index] = sum
            estimates[start + index] = isDifferential ? sum : sum / t
        }
    }
}
