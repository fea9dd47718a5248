internal import VolleySpiking
internal import VolleyTensors

/// Neurons of any family in estimate form, one time-step after the other.
///
/// A family works on currents, and the engine on estimates. The current that an estimate stands for is `I(t) = τ(t)·φ(t) − τ(t−1)·φ(t−1)`
/// with τ(t) = t unless the network's timing says otherwise (semantics 5); under differential coding the neuron takes in what its own estimate
/// lacks, `I(t) − φ_out(t−1)`.
///
/// As neurons do not meet, a few thousand of them take all steps, while what they keep lies in the cache, before the next ones do.
struct SteppedNeurons: Sendable {
    /// Enough for one step to take longer than its calls.
    private static let largestBlock = 4096

    private let neurons: SiteNeurons
    private let count: Int
    private let blockSize: Int
    /// What each neuron's current is divided by, by neuron of one sample; empty for 1.
    private let scales: [Float]
    /// Empty before the first time-step, and where all steps are taken at once.
    private var blocks: [Block] = []

    init(_ neurons: SiteNeurons, count: Int, samples: Int, scales: [Float] = []) {
        self.neurons = neurons
        self.count = count
        self.scales = scales
        blockSize = neurons.layer.meetsItsSample ? max(1, count / max(1, samples)) : Self.largestBlock
    }

    /// - Parameters:
    ///   - input: `[steps, neurons]`, or `[neurons]` where it is the same at every step.
    ///   - keepsState: whether more steps follow.
    ///   - recorded: by step what is sent instead of what the neurons would send; nil where they decide.
    ///   - sent: with room for what is wanted; counts are by step and code.
    /// - Returns: how many membrane potentials were not finite.
    mutating func run(
        firstStep: Int, steps: Int, input: [Float], isStatic: Bool, keepsState: Bool, recorded: [[Int8]]?, into sent: inout NeuronOutputs
    ) -> Int {
        precondition(input.count == (isStatic ? 1 : steps) * count, "an input for every neuron")
        let codeCount = neurons.alphabet.codes.count
        precondition(sent.counts.count == steps * codeCount, "one count per step and code")
        var broken = 0
        // What blocks are changed with, apart from them.
        let (neurons, count, scales) = (neurons, count, scales)
        // By step, what every code adds to what was sent.
        let tables = (firstStep..<firstStep + steps).map { time in
            neurons.coding == .differential ? neurons.table.map { $0 / neurons.timing.weight(of: time) } : neurons.table
        }
        var working = Buffers(count: min(blockSize, count))
        for (index, start) in stride(from: 0, to: count, by: blockSize).enumerated() {
            let range = start..<min(start + blockSize, count)
            if working.currents.count != range.count { working = Buffers(count: range.count) }
            func takeSteps(_ block: inout Block) {
                for step in 0..<steps {
                    let time = firstStep + step
                    block.take(input, at: (isStatic ? 0 : step * count) + start, isStatic, time, neurons, &working.currents)
                    if !scales.isEmpty { Self.divide(&working.currents, by: scales, first: start) }
                    broken += block.population.step(working.currents, time: time, codes: &working.codes)
                    if let recorded { working.codes = Array(recorded[step][range]) }
                    block.send(working.codes, tables[step], neurons, time, &working.estimates)
                    neurons.alphabet.count(working.codes, in: 0..<working.codes.count, into: &sent.counts, from: step * codeCount)
                    let place = step * count + start..<step * count + range.upperBound
                    if !sent.codes.isEmpty { sent.codes.replaceSubrange(place, with: working.codes) }
                    if !sent.estimate.isEmpty { sent.estimate.replaceSubrange(place, with: working.estimates) }
                }
            }
            if keepsState {
                if index == blocks.count { blocks.append(Block(neurons, range, scales)) }
                takeSteps(&blocks[index])
            } else {
                var block = Block(neurons, range, scales)
                takeSteps(&block)
            }
        }
        return broken
    }

    private static func divide(_ currents: inout [Float], by scales: [Float], first: Int) {
        var place = first % scales.count
        for index in currents.indices {
            currents[index] /= scales[place]
            place = place + 1 == scales.count ? 0 : place + 1
        }
    }
}

/// What some neurons of a site keep from one time-step to the next.
private struct Block: Sendable {
    var population: any NeuronPopulation
    /// By neuron `τ(t−1)·φ(t−1)` of the input; and the sum sent so far, or, under differential coding, the estimate.
    private var received: [Float]
    private var sent: [Float]

    init(_ neurons: SiteNeurons, _ range: Range<Int>, _ scales: [Float]) {
        population =
            scales.isEmpty
            ? neurons.layer.population(range.count) : neurons.layer.population(divisors: range.map { scales[$0 % scales.count] })
        received = [Float](repeating: 0, count: range.count)
        sent = received
    }

    /// The currents of one time-step.
    mutating func take(_ input: [Float], at start: Int, _ isStatic: Bool, _ time: Int, _ neurons: SiteNeurons, _ currents: inout [Float]) {
        if neurons.timing.restarts(at: time) {
            for index in sent.indices { (received[index], sent[index]) = (0, 0) }
        }
        if isStatic {
            let feeds = neurons.timing.feeds(at: time)
            for index in currents.indices { currents[index] = feeds * input[start + index] }
        } else {
            Self.receive(input, from: start, neurons.timing.weight(of: time), &received, &currents)
        }
        if neurons.coding == .differential { Self.subtract(sent, from: &currents) }
    }

    /// Adds what the codes are worth to what was sent.
    mutating func send(_ codes: [Int8], _ values: [Float], _ neurons: SiteNeurons, _ time: Int, _ estimates: inout [Float]) {
        Self.send(codes, values, neurons.timing.weight(of: time), neurons.coding == .differential, &sent, &estimates)
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
        _ codes: [Int8], _ values: [Float], _ t: Float, _ isDifferential: Bool, _ sent: inout [Float], _ estimates: inout [Float]
    ) {
        precondition(codes.count == sent.count && sent.count == estimates.count && values.count == 256, "room for every neuron")
        for index in codes.indices {
            let sum = sent[index] + values[Alphabet.place(of: codes[index])]
            sent[index] = sum
            estimates[index] = isDifferential ? sum : sum / t
        }
    }
}

/// What one block needs for one time-step.
private struct Buffers {
    var currents: [Float]
    var codes: [Int8]
    var estimates: [Float]

    init(count: Int) {
        currents = [Float](repeating: 0, count: count)
        codes = [Int8](repeating: 0, count: count)
        estimates = currents
    }
}
