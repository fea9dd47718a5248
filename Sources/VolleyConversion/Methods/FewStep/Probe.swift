internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// Some of the calibration samples, and what a network does on them.
struct Probe {
    private let graph: Graph
    private let executable: Executable
    private let threads: Int
    /// A few samples each, so that all values of the network fit the memory.
    private var parts: [BoundInputs] = []
    private var count = 0

    /// As many of the parts as are simulated, which costs more than a look at the ANN, but for counts that are sums over all neurons; and what
    /// the ANN answers to them.
    private var simulated: [Part] = []

    private struct Part: Sendable {
        var inputs: BoundInputs
        var ann: [String: Tensor]
    }

    private static let samplesAtOnce = 4
    private static let mostSimulated = 4

    /// - Throws: what the data throws.
    init(_ placed: Graph, on calibration: Calibration, samples: Int) throws {
        graph = placed
        executable = Executable(placed)
        threads = calibration.threads
        let batching = executable.batching
        let wanted = batching.size(near: max(samples, batching.samplesPerRun))
        try calibration.data?.forEachPart { inputs, found in
            guard count < wanted, found > 0 else { return }
            let bound = try executable.bind(inputs)
            for range in batching.runs(of: found, size: Self.samplesAtOnce) where count < wanted {
                parts.append(bound.samples(range))
                count += range.count
            }
        }
        guard count > 0 else { throw ConversionError(.noData, "there are no calibration samples") }
        let ann = Evaluator(executable)
        simulated = try Array(parts.prefix(Self.mostSimulated)).onAll(threads) { Part(inputs: $0, ann: try ann.run($0)) }
    }

    /// By site, in their order: the squared relative error of the outputs per squared error of the site.
    func weights(_ layers: [NeuronLayer]) throws -> [Double] {
        let sensitivity = OutputSensitivity(executable, sites: graph.neuronSites.sorted(), layers: layers)
        let found = try parts.onAll(threads) { sensitivity.shifts(on: $0) }
        return layers.indices.map { site in
            var sum = OutputSensitivity.Shift()
            for part in found { sum += part[site] }
            return sum.weight
        }
    }

    /// How far what arrives at the sites of a spiking network is from the ANN's values: `√(mean (φ_in(t) − x)²)` by site, in their order, and
    /// time-step.
    /// - Parameter layers: what stands at the sites, in their order.
    /// - Throws: `SpikingError` where a membrane potential is not finite.
    func movements(_ layers: [NeuronLayer], steps: Int) throws -> [[Double]] {
        let watched = try graph.handingOutSiteInputs()
        let neurons = Dictionary(uniqueKeysWithValues: zip(SpikingNetwork.sites(of: graph), layers))
        let simulator = try ReferenceSimulator(
            SpikingNetwork(graph: watched, coding: .differential, neurons: neurons, provenance: FewStep.fewStep.provenance), timeSteps: steps,
            kernels: .best)
        let found = try simulated.onAll(threads) { part in
            let ann = try simulator.ann.run(part.inputs)
            let outputs = try simulator.run(part.inputs) { _, _, _ in }.outputs
            return outputs.reduce(into: [String: [Double]]()) { $0[$1.key] = Self.distances($1.value.values, to: ann[$1.key]!.values, steps: steps) }
        }
        return graph.neuronSites.sorted().map { site in
            let input = graph[graph[site].inputs[0]].name
            return (0..<steps).map { step in (found.reduce(0) { $0 + $1[input]![step] } / Double(found.count)).squareRoot() }
        }
    }

    /// By step, the mean squared distance of estimates `[T, …]` to values.
    private static func distances(_ estimates: [Float], to values: [Float], steps: Int) -> [Double] {
        (0..<steps).map { step in
            var sum = 0.0
            for (index, value) in values.enumerated() {
                let distance = Double(estimates[step * values.count + index]) - Double(value)
                sum += distance * distance
            }
            return sum / Double(max(1, values.count))
        }
    }

    /// What a spiking network costs after some steps, and how far its outputs are from the ANN's then.
    struct Measurement {
        var cost: MeasuredCost
        /// `‖ŷ − y‖² / ‖y‖²` by part of the samples.
        var squares: [Double]

        /// `‖ŷ − y‖ / ‖y‖`.
        var error: Double {
            let mean = squares.reduce(0, +) / Double(squares.count)
            return mean.isFinite ? mean.squareRoot() : .infinity
        }

        /// Whether it is closer on every part of the samples, so that the difference is none of chance.
        func isCloser(than other: Measurement) -> Bool { zip(squares, other.squares).allSatisfy { $0 < $1 } }
    }

    /// - Parameter network: on the graph that the probe was made for.
    /// - Throws: `SpikingError` where a membrane potential is not finite.
    func measure(_ network: SpikingNetwork, steps: Int) throws -> Measurement {
        let simulator = try ReferenceSimulator(network, timeSteps: steps, kernels: .best)
        let found = try simulated.onAll(threads) { part in
            let result = try simulator.run(part.inputs) { _, _, _ in }
            let errors = result.outputs.map { name, estimates in
                let values = part.ann[name]!.values
                let last = Array(estimates.values.suffix(values.count))
                let size = values.reduce(0.0) { $0 + Double($1) * Double($1) }
                return Self.distances(last, to: values, steps: 1)[0] * Double(values.count) / max(size, .leastNormalMagnitude)
            }
            return (result.steps, errors.reduce(0, +))
        }
        var counts = OperationCounts()
        for part in found { part.0.forEach { counts += $0 } }
        let map = SynapseMap(network.graph).pricing(batch: simulated[0].inputs.count)
        let samples = Double(simulated.reduce(0) { $0 + $1.inputs.count }) / Double(map.samples * executable.batching.samplesPerRun)
        return Measurement(cost: MeasuredCost(counts: counts, dense: map.dense, samples: samples), squares: found.map(\.1))
    }
}

/// Counted operations of some samples beside the ANN's.
struct MeasuredCost {
    let counts: OperationCounts
    let dense: DenseCosts
    let samples: Double
    private let prices = EnergyPrices.arithmetic

    init(counts: OperationCounts, dense: DenseCosts, samples: Double) {
        self.counts = counts
        self.dense = dense
        self.samples = samples
    }

    var accumulates: Double { Double(counts.accumulates) }

    /// What the layers that see analog values cost, as a multiple of the ANN.
    var analogEnergy: Double { Double(counts.analogMultiplyAccumulates) / max(1, samples * Double(dense.multiplyAccumulates)) }

    /// How many accumulates the energy of a multiple of the ANN's buys beside those layers.
    func accumulates(for energy: Double) -> Double {
        (energy - analogEnergy) * samples * Double(dense.multiplyAccumulates) * prices.multiplyAccumulatePicojoules / prices.accumulatePicojoules
    }
}

extension Array where Element: Sendable {
    /// What `body` finds for each element, in their order, whatever the number of threads.
    fileprivate func onAll<Found: Sendable>(_ threads: Int, _ body: @Sendable (Element) throws -> Found) throws -> [Found] {
        try parallelRanges(count, threads: threads) { _, range in try self[range].map(body) }.flatMap(\.self)
    }
}

extension Graph {
    /// The same graph whose outputs are the values that arrive at its neuron sites.
    fileprivate func handingOutSiteInputs() throws -> Graph {
        var builder = GraphBuilder()
        for node in nodes { _ = try builder.copy(node, inputs: node.inputs) }
        for value in Set(neuronSites.map { self[$0].inputs[0] }).sorted() { builder.output(self[value].name, value) }
        return try builder.build()
    }
}
