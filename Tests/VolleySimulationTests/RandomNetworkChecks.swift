import Foundation
import OrderedCollections
import VolleyGraph
import VolleySimulation
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// Everything that must hold of a network, whatever it is made of.
struct RandomNetworkChecks {
    /// Currents summed step by step against estimates computed at once, relative to an output's largest element.
    static let tolerance: Float = 1e-4
    /// How many times a result is computed with shaken values before it is called undetermined; and before it is called wrong, for
    /// where a tie decides what many neurons do, a few runs do not show all that may come of it.
    private static let shakings: [UInt64] = [8, 200]
    /// How far beyond what shaken runs gave a value may lie, as a part of their spread.
    private static let spread: Float = 2

    /// What was found wrong, in words.
    private(set) var faults: [String] = []
    /// Whether rounding decided something, so that only a part of the spiking results was compared.
    private(set) var isUndetermined = false
    /// Whether neurons met values that are not finite.
    private(set) var isNotFinite = false
    private(set) var spikes = 0

    private let example: RandomNetwork
    private let inputs: [String: Tensor]

    init(_ example: RandomNetwork) {
        self.example = example
        inputs = example.inputs
        do {
            try checkANN()
            try checkSpikes()
        } catch {
            faults.append("an error: \(error)")
        }
    }

    // MARK: The ANN

    /// One value, whoever computes it.
    private mutating func checkANN() throws {
        let expected = try Evaluator(example.graph).run(inputs)
        expectSame(try Evaluator(example.graph, kernels: Kernels.available[0]).run(inputs), expected, "the scalar evaluator")
        let program = try Program(example.network, timeSteps: 1)
        expectSame(try program.ann.run(inputs), expected, "the evaluator of the placed graph")
        for threads in [1, 3] {
            expectSame(
                try ParallelSimulator(program, threads: threads).runANN(inputs), expected, "the program's ANN with \(threads) threads")
        }
    }

    private mutating func expectSame(_ found: [String: Tensor], _ expected: [String: Tensor], _ what: String) {
        for (name, tensor) in expected where !(found[name].map { Self.areSame($0, tensor) } ?? false) {
            faults.append("ANN: \(name) of \(what) differs by \(found[name].map { Self.difference($0, tensor) } ?? .infinity)")
        }
    }

    /// Bit for bit, but that NaN is NaN.
    private static func areSame(_ a: Tensor, _ b: Tensor) -> Bool {
        a.shape == b.shape && zip(a.values, b.values).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }
    }

    private static func difference(_ a: Tensor, _ b: Tensor) -> Float {
        a.shape == b.shape ? zip(a.values, b.values).map { abs($0 - $1) }.max() ?? 0 : .infinity
    }

    // MARK: Spikes

    private mutating func checkSpikes() throws {
        let floats = try checkArrangements(.fp32)
        try compare(floats, with: example.network, "fp32")
        guard !isNotFinite else { return }
        for weights in [WeightFormat.int16, .int8] {
            let rounded = try RoundedNetwork.network(example.network, weights)
            guard rounded != example.network else { continue }
            try compare(try checkArrangements(weights), with: rounded, "\(weights)")
        }
    }

    /// The same bits in both orders and with one thread and three. nil where membrane potentials are not finite.
    private mutating func checkArrangements(_ weights: WeightFormat) throws -> SimulationResult? {
        let program = try Program(example.network, timeSteps: example.timeSteps, weights: weights)
        var session = Session(program)
        let expected: SimulationResult
        do {
            expected = try session.run(inputs)
        } catch let error as SpikingError where error.code == .notFinite {
            return nil
        }
        guard expected.outputs.count == example.graph.outputs.count else {
            faults.append("\(weights): outputs are missing")
            return expected
        }
        for (order, threads) in [(Session.Order.stepSequential, 1), (.layerSequential, 3), (.stepSequential, 3)] {
            let found = try ParallelSimulator(program, threads: threads, order: order).run(inputs)
            let what = "\(weights), \(order.rawValue), \(threads) threads"
            for (name, tensor) in expected.outputs where !(found.outputs[name].map { Self.areSame($0, tensor) } ?? false) {
                faults.append("\(what): output \(name) differs by \(found.outputs[name].map { Self.difference($0, tensor) } ?? .infinity)")
            }
            if found.spikes != expected.spikes { faults.append("\(what): spikes differ") }
            if found.steps != expected.steps { faults.append("\(what): counts differ") }
        }
        try checkTraces(program, expected, "\(weights)")
        return expected
    }

    /// Traces in both orders are the same, and hold what was counted; of one step at a time too.
    private mutating func checkTraces(_ program: Program, _ expected: SimulationResult, _ what: String) throws {
        let bound = try ParallelSimulator(program, threads: 1).bind(inputs)
        let all = try SpikeTrains(of: program.network, bound, timeSteps: example.timeSteps)
        _ = try ParallelSimulator(program, threads: 3).run(bound, tracing: all.tracing)
        let stepwise = try SpikeTrains(of: program.network, bound, timeSteps: example.timeSteps)
        var session = Session(program)
        try session.begin(bound, tracing: stepwise.tracing)
        for step in 0..<example.timeSteps {
            guard let found = try session.step(), found.spikes == expected.spikes.mapValues({ [$0[step]] }), found.steps == [expected.steps[step]]
            else {
                faults.append("\(what): step \(step + 1) by itself differs")
                break
            }
        }
        if all.codes != stepwise.codes { faults.append("\(what): traces differ between the orders") }
        for (site, counts) in expected.spikes {
            let codes = all.codes[site]!, width = codes.count / max(1, example.timeSteps)
            let alphabet = program.network.layer(at: program.network.graph.node(named: site)!)!.alphabet
            for step in 0..<example.timeSteps where alphabet.counts(of: Array(codes[step * width..<(step + 1) * width])) != counts[step] {
                faults.append("\(what): the trace of '\(site)' holds other spikes than were counted at step \(step + 1)")
            }
        }
    }

    /// Against the equations as they are written.
    private mutating func compare(_ found: SimulationResult?, with network: SpikingNetwork, _ what: String) throws {
        var allFinite = try staticsAreFinite(network)
        let expected: SimulationResult
        do {
            expected = try ReferenceSimulator(network, timeSteps: example.timeSteps).run(inputs) { _, _, current in
                if !current.values.allSatisfy(\.isFinite) { allFinite = false }
            }
        } catch let error as SpikingError where error.code == .notFinite {
            isNotFinite = true
            return
        }
        guard let found, allFinite else {
            if allFinite { faults.append("\(what): potentials are said not to be finite, and are") }
            isNotFinite = true
            return
        }
        spikes += expected.steps.last?.spikes ?? 0
        for (name, tensor) in expected.outputs where found.outputs[name]?.shape != tensor.shape {
            faults.append("\(what): output \(name) has another shape than \(tensor.shape)")
            return
        }
        let outputsAgree = expected.outputs.allSatisfy { name, tensor in
            Self.difference(found.outputs[name]!, tensor) <= Self.tolerance * Self.size(tensor)
        }
        if outputsAgree, found.spikes == expected.spikes, found.steps == expected.steps { return try compareTraces(network, what) }
        try judge(found, expected, network, what)
    }

    /// Where each neuron's spikes are, where all else agrees.
    private mutating func compareTraces(_ network: SpikingNetwork, _ what: String) throws {
        guard what == "fp32" else { return }
        let program = try Program(network, timeSteps: example.timeSteps)
        let bound = try ParallelSimulator(program, threads: 1).bind(inputs)
        guard bound.count == bound.batch else { return }
        let trains = try SpikeTrains(of: network, bound, timeSteps: example.timeSteps)
        _ = try ParallelSimulator(program, threads: 1).run(bound, tracing: trains.tracing)
        let expected = try SpikeTrains.sent(by: network, bound, timeSteps: example.timeSteps)
        for (site, codes) in expected where trains.codes[site] != codes {
            let differing = zip(trains.codes[site] ?? [], codes).count { $0 != $1 }
            faults.append("\(what): the trace of '\(site)' differs in \(differing) of \(codes.count) places")
        }
    }

    /// What does not change over time is not observed step by step.
    private func staticsAreFinite(_ network: SpikingNetwork) throws -> Bool {
        let moving = Set(zip(network.graph.nodes, network.graph.isTimeVarying).filter(\.1).map(\.0.name))
        var areFinite = true
        _ = try Evaluator(network.graph).run(inputs) { node, value in
            if !moving.contains(node.name), !value.values.allSatisfy(\.isFinite) { areFinite = false }
        }
        return areFinite
    }

    private static func size(_ tensor: Tensor) -> Float { tensor.values.map(abs).max() ?? 0 }

    /// Tells a fault from a value that rounding decides: what stays the same when every value is shaken must be right.
    private mutating func judge(_ found: SimulationResult, _ expected: SimulationResult, _ network: SpikingNetwork, _ what: String) throws {
        let simulator = EstimateSimulator(network)
        var runs = [try simulator.run(inputs, timeSteps: example.timeSteps, noise: nil)]
        var verdict = Verdict()
        for shakings in Self.shakings {
            for seed in UInt64(runs.count)...shakings { runs.append(try simulator.run(inputs, timeSteps: example.timeSteps, noise: seed)) }
            verdict = self.verdict(found, expected, shaken: runs)
            if verdict.fault == nil { break }
        }
        if let fault = verdict.fault {
            faults.append("\(what): \(fault)")
            return
        }
        isUndetermined = isUndetermined || !verdict.isStable
        if verdict.isStable, let step = expected.steps.indices.first(where: { found.steps[$0] != expected.steps[$0] }) {
            faults.append("\(what): counts are \(found.steps[step]) at step \(step + 1), expected \(expected.steps[step])")
        }
    }

    private struct Verdict {
        /// The first result that no run with shaken values comes near.
        var fault: String?
        /// Whether all runs gave the same.
        var isStable = true
    }

    private func verdict(_ found: SimulationResult, _ expected: SimulationResult, shaken runs: [EstimateSimulator.Result]) -> Verdict {
        var verdict = Verdict()
        for (site, steps) in found.spikes {
            for (step, levels) in steps.enumerated() {
                let counts = Set(runs.map { $0.spikes[site]![step] } + [expected.spikes[site]![step]])
                if counts.count > 1 { verdict.isStable = false }
                if counts.count == 1, levels != counts.first! {
                    verdict.fault = "site \(site) sends \(levels) at step \(step + 1), expected \(counts.first!)"
                    return verdict
                }
            }
        }
        for (name, tensor) in expected.outputs {
            let width = tensor.shape.rowCount
            let error = Self.tolerance * Self.size(tensor)
            for step in 0..<example.timeSteps {
                let rows = runs.map { $0.outputs[name]![step].values }
                for index in 0..<width {
                    let value = found.outputs[name]!.values[step * width + index]
                    let all = rows.map { $0[index] } + [tensor.values[step * width + index]]
                    let (low, high) = (all.min()!, all.max()!)
                    let room = error + Self.spread * (high - low)
                    if high - low > error { verdict.isStable = false }
                    if !(value >= low - room && value <= high + room) {
                        verdict.fault = "output \(name)[\(index)] is \(value) at step \(step + 1), expected \(low) to \(high)"
                        return verdict
                    }
                }
            }
        }
        return verdict
    }
}

/// The network whose weights and thresholds are those that integers stand for.
enum RoundedNetwork {
    static func network(_ network: SpikingNetwork, _ format: WeightFormat) throws -> SpikingNetwork {
        var layers = Dictionary(uniqueKeysWithValues: network.neurons.map { ($0.key, $0.value) })
        let planned = try ChannelsLast.apply(to: network.graph)
        let graph = try network.graph.rebuilt { builder, node, id, inputs in
            var inputs = inputs
            if let moved = planned.node(named: node.name), let operation = planned[moved].operation, isRounded(operation),
                let layer = network.layer(at: node.inputs[0]),
                layer.alphabet.wholeNumbers != nil, let weight = network.graph[node.inputs[1]].constant,
                node.inputs.dropFirst(2).allSatisfy({ network.graph[$0].constant != nil })
            {
                let integers = IntegerWeights(
                    weight.values, outputs: weight.shape[0], inputs: weight.shape.rowCount, bits: format == .int8 ? 8 : 16)
                inputs[1] = try builder.constant(node.name + ".rounded", Tensor(weight.shape, integers.values))
                layers[network.graph[node.inputs[0]].name] = format == .int8 ? whole(multiples(joined(layer))) : whole(layer)
            }
            return try builder.copy(node, inputs: inputs)
        }
        return try network.replacing(graph: graph, neurons: layers)
    }

    private static func isRounded(_ operation: VolleyGraph.Operator) -> Bool {
        switch operation {
        case .linear: true
        case .convolution(let convolution): convolution.groups == 1 && convolution.channels == .last
        default: false
        }
    }

    /// Signs whose thresholds lie within 1 % share their mean.
    private static func joined(_ layer: NeuronLayer) -> NeuronLayer {
        guard layer.model is MultiThresholdNeuron else { return layer }
        let (a, b) = (layer.ladder.positive, layer.ladder.negative)
        guard abs(a - b) <= 0.01 * min(a, b) else { return layer }
        var joined = layer.ladder
        joined.positive = (a + b) / 2
        joined.negative = joined.positive
        return layer.with(joined)
    }

    /// Finer ladders send multiples of σ / 32, of which 9 binary digits are left, and nothing where half of that is not reached.
    private static func multiples(_ layer: NeuronLayer) -> NeuronLayer {
        guard let neuron = layer.model as? MultiThresholdNeuron, neuron.ladder.stepsPerOctave > 1, neuron.initialPotential == 0 else { return layer }
        guard let size = neuron.rootMeanSquare, size > 0, !layer.isSilent else { return layer }
        let exact = Double(size) / 32, digit = pow(2, floor(log2(exact)) - 8)
        let unit = (exact / digit).rounded() * digit
        let side = neuron.thresholds(neuron.ladder.positive > 0 ? .positive : .negative)
        let lowest = neuron.cutoffs(neuron.ladder.positive > 0 ? .positive : .negative)
        guard let first = side.firstIndex(where: { 2 * Double($0) > unit }) else { return layer }
        let numbers = (neuron.thresholds(.positive) + neuron.thresholds(.negative)).map { max(1, (Double($0) / unit).rounded()) }
        guard numbers.allSatisfy({ $0 <= 32_767 }) else { return layer }
        let limited = MultiThresholdNeuron(
            ladder: neuron.ladder, rounding: neuron.rounding, reset: neuron.reset, deadZones: neuron.deadZones,
            leastPotential: max(neuron.leastPotential, lowest[first]), rootMeanSquare: size)
        return NeuronLayer(limited.sending(numbers.map { Float($0 * unit) })!)
    }

    /// Values that are no small multiples of their smallest one become whole parts of their largest, of 32 640.
    private static func whole(_ layer: NeuronLayer) -> NeuronLayer {
        guard let neuron = layer.model as? MultiThresholdNeuron, neuron.ladder.stepsPerOctave > 1 || neuron.ladder.levels > 8 else {
            return layer
        }
        let values = layer.alphabet.values, unit = values.map(abs).max()! / 32_640
        let smallest = values.filter { $0 != 0 }.map(abs).min()!
        let isMultiple = values.allSatisfy { ($0 / smallest).rounded() == $0 / smallest && abs($0 / smallest) <= 32_767 }
        return isMultiple ? layer : NeuronLayer(neuron.sending(values.map { ($0 / unit).rounded() * unit })!)
    }
}
