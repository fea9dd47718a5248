/// Runs a spiking network beside its ANN and looks at every neuron site, with the reference simulator, which shows every value.
struct SiteProfile {
    private let simulator: ReferenceSimulator
    private let graph: Graph
    private let sites: [NodeID]
    private let threads: Int

    /// - Throws: `SpikingError` for time-steps that cannot be simulated.
    init(_ network: SpikingNetwork, timeSteps: Int, threads: Int) throws {
        simulator = try ReferenceSimulator(network, timeSteps: timeSteps, kernels: .best)
        graph = network.graph
        sites = graph.nodes.indices.filter { network.graph[$0].isNeuronSite }
        self.threads = threads
    }

    /// What is found at every site, in the order of the network, without what only other networks can tell.
    /// - Parameter parts: samples by the run; no more of them are held at once than there are threads.
    /// - Throws: errors of the inputs, `SpikingError` where a membrane potential is not finite, and what `progress` throws.
    func findings(on parts: [[String: Tensor]], progress: (_ done: Int, _ total: Int) throws -> Void) throws -> [SiteFinding] {
        var sums: [SiteSums] = []
        try progress(0, parts.count)
        for start in stride(from: 0, to: parts.count, by: threads) {
            let group = Array(parts[start..<min(parts.count, start + threads)])
            let found = try parallelRanges(group.count, threads: threads) { _, range in
                try group[range].map { try self.sums(on: simulator.bind($0)) }
            }
            for part in found.flatMap(\.self) {
                if sums.isEmpty { sums = part } else { for site in sums.indices { sums[site] += part[site] } }
            }
            try progress(start + group.count, parts.count)
        }
        let (consumers, run) = (graph.consumers, simulator.batching.samplesPerRun)
        return zip(sites, sums).map { id, sum in
            sum.finding(
                graph[id].name, readers: consumers[id].map { graph[$0].name }, neurons: graph[id].shape.perSample.count / run,
                layer: simulator.network.layer(at: id)!)
        }
    }

    private func sums(on inputs: BoundInputs) throws -> [SiteSums] {
        let watched = Set(sites + sites.flatMap { graph[$0].inputs })
        let names = Dictionary(uniqueKeysWithValues: watched.map { (graph[$0].name, $0) })
        var ann: [NodeID: Tensor] = [:]
        _ = try simulator.ann.run(inputs) { node, value in
            if let id = names[node.name] { ann[id] = value }
        }
        var last: [NodeID: Tensor] = [:]
        var trains: [NodeID: SiteTrain] = [:]
        _ = try simulator.run(
            inputs,
            observingEstimates: { step, id, estimate, codes in
                guard watched.contains(id) else { return }
                if step == simulator.timeSteps { last[id] = estimate }
                guard let codes else { return }
                trains[id, default: SiteTrain(simulator.network.layer(at: id)!.alphabet, neurons: codes.count)].add(codes)
            })
        return sites.map { site in
            // What does not change over time is the same in both networks.
            let received = graph[site].inputs.map { last[$0] ?? ann[$0] ?? inputs[$0] ?? graph[$0].constant! }
            var expected = ann[site]!
            simulator.ann.executable.evaluate(site, received, into: &expected)
            return SiteSums(
                estimate: last[site]!.values, expected: expected.values, ann: ann[site]!.values, train: trains[site]!,
                reach: simulator.network.reach(of: simulator.network.layer(at: site)!.alphabet, after: simulator.timeSteps))
        }
    }
}

extension SpikingNetwork {
    /// The largest estimate that a site can reach within some time-steps, and the size of the smallest one: its largest spike at every step.
    func reach(of alphabet: Alphabet, after steps: Int) -> (positive: Double, negative: Double) {
        let ends = (positive: Double(max(0, alphabet.values.max() ?? 0)), negative: Double(-min(0, alphabet.values.min() ?? 0)))
        let factor: Double
        switch coding {
        case .rate:
            let sending = timing.probe > 0 && steps > timing.probe ? steps - timing.probe : steps
            factor = Double(sending) / Double(timing.weight(of: steps))
        case .differential: factor = (1...steps).reduce(0.0) { $0 + 1 / Double($1) }
        }
        return (ends.positive * factor, ends.negative * factor)
    }
}
