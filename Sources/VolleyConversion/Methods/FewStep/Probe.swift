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

    private static let samplesAtOnce = 4

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

    /// What a spiking network costs after some steps.
    /// - Throws: `SpikingError` where a membrane potential is not finite.
    func cost(of network: SpikingNetwork, steps: Int) throws -> MeasuredCost {
        let simulator = try ReferenceSimulator(network, timeSteps: steps, kernels: .best)
        let found = try parts.onAll(threads) { try simulator.run($0) { _, _, _ in }.steps }
        var counts = OperationCounts()
        for part in found { part.forEach { counts += $0 } }
        let map = SynapseMap(network.graph).pricing(batch: parts[0].count)
        return MeasuredCost(counts: counts, dense: map.dense, samples: Double(count) / Double(map.samples * executable.batching.samplesPerRun))
    }
}

/// Counted operations of some samples beside the ANN's.
struct MeasuredCost {
    let counts: OperationCounts
    let dense: DenseCosts
    let samples: Double
    private let prices = EnergyPrices()

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

extension [BoundInputs] {
    /// What `body` finds for each part, in their order, whatever the number of threads.
    fileprivate func onAll<Found: Sendable>(_ threads: Int, _ body: @Sendable (BoundInputs) throws -> Found) throws -> [Found] {
        try parallelRanges(count, threads: threads) { _, range in try self[range].map(body) }.flatMap(\.self)
    }
}
