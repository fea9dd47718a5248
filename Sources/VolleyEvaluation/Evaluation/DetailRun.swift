internal import OrderedCollections
internal import VolleyGraph
internal import VolleySimulation
internal import VolleySpiking
internal import VolleyTensors

/// Looks inside a network on the first samples of an evaluation: the reference simulator beside the ANN, value by value.
struct DetailRun {
    /// How many sites and how many neurons of each are shown spike by spike.
    private static let (rasterSites, rasterNeurons) = (6, 10)

    private let evaluation: Evaluation
    private let simulator: ReferenceSimulator
    private let graph: Graph
    /// The sites, in the order of the graph.
    private let sites: [NodeID]
    private let output: NodeID

    init(_ evaluation: Evaluation) throws {
        self.evaluation = evaluation
        let graph = evaluation.network.graph
        self.graph = graph
        simulator = try ReferenceSimulator(evaluation.network, timeSteps: evaluation.settings.timeSteps, kernels: .best)
        sites = graph.nodes.indices.filter { graph[$0].isNeuronSite }
        output = graph.outputs.first { $0.name == evaluation.reading.output.name }!.value
    }

    /// The sums that errors are made of: by value and step, over the samples so far.
    private struct Sums {
        var distances: [NodeID: [Distance]] = [:]
        var trains: [NodeID: [[Int8]]] = [:]
        var samples = 0
        var firstSample: String?
    }

    /// `‖φ − a‖ / ‖a‖`, added up element by element.
    private struct Distance {
        var difference = 0.0
        var size = 0.0

        mutating func add(_ found: [Float], expected: [Float]) {
            for (x, y) in zip(found, expected) {
                difference += (Double(x) - Double(y)) * (Double(x) - Double(y))
                size += Double(y) * Double(y)
            }
        }

        /// What is 0 in the ANN is missed wholly by anything else; nil where an estimate is not finite.
        var value: Double? {
            guard difference.isFinite, size.isFinite else { return nil }
            return size > 0 ? (difference / size).squareRoot() : difference > 0 ? 1 : 0
        }
    }

    /// - Throws: errors of the data; `SpikingError` where a membrane potential is not finite.
    func run() throws -> Results.Detail {
        let settings = evaluation.settings
        var batches = try evaluation.batches(size: evaluation.simulator.batching.samplesPerRun, threads: 1, prefetched: 0)
        var sums = Sums()
        while sums.samples < settings.detail, let batch = try batches.next() {
            guard let first = batch.samples.first else { continue }
            if sums.firstSample == nil { sums.firstSample = evaluation.data.sampleName(first) }
            try add(batch, to: &sums)
        }
        return Results.Detail(
            samples: sums.samples, outputErrors: errors(output, sums) ?? [],
            sites: sites.map { site in
                Results.Detail.Site(
                    name: graph[site].name, errors: errors(site, sums) ?? [], arrivingErrors: errors(graph[site].inputs[0], sums))
            }, raster: Results.Detail.Raster(sample: sums.firstSample ?? "", trains: trains(sums)))
    }

    private func add(_ batch: FedBatch, to sums: inout Sums) throws {
        let inputs = try evaluation.simulator.bind(batch.inputs)
        let watched = Set(sites + sites.map { graph[$0].inputs[0] } + [output])
        let names = Dictionary(uniqueKeysWithValues: watched.map { (graph[$0].name, $0) })
        var values: [NodeID: Tensor] = [:]
        _ = try simulator.ann.run(inputs) { node, value in
            if let id = names[node.name] { values[id] = value }
        }
        let isFirst = sums.samples == 0
        var (distances, trains) = (sums.distances, sums.trains)
        _ = try simulator.run(
            inputs,
            observingEstimates: { step, id, estimate, codes in
                guard let value = values[id] else { return }
                if distances[id] == nil { distances[id] = Array(repeating: Distance(), count: simulator.timeSteps) }
                distances[id]![step - 1].add(estimate.values, expected: value.values)
                if isFirst, let codes { trains[id, default: []].append(sample(codes, of: id)) }
            })
        (sums.distances, sums.trains, sums.samples) = (distances, trains, sums.samples + batch.samples.count)
    }

    private func errors(_ id: NodeID, _ sums: Sums) -> [Double?]? {
        sums.distances[id]?.map(\.value)
    }

    // MARK: Spikes of single neurons

    /// Sites evenly over the network, the first and the last among them.
    private var shown: [NodeID] {
        guard sites.count > Self.rasterSites else { return sites }
        return (0..<Self.rasterSites).map { sites[$0 * (sites.count - 1) / (Self.rasterSites - 1)] }
    }

    /// Places evenly over the neurons of one sample.
    private func places(_ id: NodeID) -> [Int] {
        let neurons = graph[id].shape.perSample.count / evaluation.simulator.batching.samplesPerRun
        guard neurons > Self.rasterNeurons else { return Array(0..<neurons) }
        return (0..<Self.rasterNeurons).map { (2 * $0 + 1) * neurons / (2 * Self.rasterNeurons) }
    }

    private func sample(_ codes: [Int8], of id: NodeID) -> [Int8] { shown.contains(id) ? places(id).map { codes[$0] } : [] }

    private func trains(_ sums: Sums) -> [Results.Detail.Raster.Train] {
        shown.flatMap { id in
            places(id).enumerated().map { index, neuron in
                Results.Detail.Raster.Train(site: graph[id].name, neuron: neuron, codes: (sums.trains[id] ?? []).map { $0[index] })
            }
        }
    }
}
