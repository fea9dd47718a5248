internal import OrderedCollections
internal import VolleyGraph
internal import VolleySimulation
internal import VolleySpiking
internal import VolleyTensors

extension Evaluation {
    /// The figures, of what was tallied.
    func results(_ tally: Tally, _ digests: Results.Digests, _ detail: Results.Detail?) -> Results {
        let samples = Double(tally.samples)
        let samplesPerRun = simulator.batching.samplesPerRun
        let dense = SynapseMap(network.graph).dense
        let prices = settings.prices
        var total = OperationCounts()
        let steps = tally.counts.indices.map { index in
            total += tally.counts[index]
            let figures = Results.Figures(total, dense: dense, samples: tally.samples, runs: tally.samples / samplesPerRun, prices: prices)
            return Results.Step(
                step: index + 1, top1: Double(tally.steps[index].top1) / samples,
                top1Interval: ConfidenceInterval(of: Double(tally.steps[index].top1) / samples, samples: tally.samples),
                top5: Double(tally.steps[index].top5) / samples, agreement: tally.agreements.map { Double($0[index]) / samples },
                firingRate: figures.firingRate, synapticOperations: figures.synapticOperations, energy: figures.energy,
                counts: tally.counts[index])
        }
        let summary = NetworkSummary(network.graph, network: network)
        let sites = summary.sites.map { site in
            let (alphabet, spikes) = (network.neurons[site.name]!.alphabet, tally.spikes[site.name] ?? [])
            return Results.Site(
                name: site.name, neurons: site.neurons, codes: alphabet.codes, thresholds: alphabet.values, spikesPerLevel: spikes,
                firingRates: spikes.map { Double(alphabet.spikeCount($0)) / (Double(site.neurons) * samples) })
        }
        let exits = tally.exits.map { exits in
            zip(settings.earlyExit ?? [], exits).map { margin, exit in
                let figures = Results.Figures(exit.counts, dense: dense, samples: tally.samples, runs: tally.samples, prices: prices)
                return Results.Exit(
                    margin: margin, meanSteps: exit.stops.enumerated().reduce(0) { $0 + Double(($1.offset + 1) * $1.element) } / samples,
                    stops: exit.stops.map { Double($0) / samples }, reached: Double(exit.reached) / samples,
                    top1: Double(exit.hits.top1) / samples,
                    top1Interval: ConfidenceInterval(of: Double(exit.hits.top1) / samples, samples: tally.samples),
                    top5: Double(exit.hits.top5) / samples, agreement: tally.ann.map { _ in Double(exit.agreements) / samples },
                    firingRate: figures.firingRate, synapticOperations: figures.synapticOperations, energy: figures.energy,
                    counts: exit.counts, millisecondsPerSample: Double(exit.nanoseconds) / 1e6 / samples)
            }
        }
        let ann = tally.ann.map { Results.Accuracy(top1: Double($0.top1) / samples, top5: Double($0.top5) / samples) }
        return Results(
            version: volleyVersion, ann: ann, annTop1Interval: ann.map { ConfidenceInterval(of: $0.top1, samples: tally.samples) },
            steps: steps, exits: exits, sites: sites, samples: tally.samples, skipped: tally.skipped, settings: settings,
            provenance: network.provenance, prices: prices, grades: network.grades, dense: dense.perSample(of: samplesPerRun),
            floatingPointOperators: Set(summary.operators.filter { $0.kind == .nonlinear }.map(\.op)).sorted(),
            floatingPoint: Results.FloatingPoint.all(in: summary, samplesPerRun: samplesPerRun),
            confusion: tally.answers.results(names: network.classNames), detail: detail, digests: digests,
            weightError: simulator.rounding.map { WeightError(of: $0, outputs: settings.comparesWithANN ? tally.weightDistances : nil) },
            quantities: Results.Quantity.all(exits: exits != nil, ann: ann != nil, detail: detail != nil))
    }
}

extension Results {
    /// What follows from counts alone.
    fileprivate struct Figures {
        var firingRate: Double
        var synapticOperations: Double
        var energy: EnergyRatios

        /// - Parameters:
        ///   - total: what was counted, over all samples.
        ///   - runs: how often `dense` is the ANN's cost.
        init(_ total: OperationCounts, dense: DenseCosts, samples: Int, runs: Int, prices: EnergyPrices) {
            firingRate = total.neuronUpdates > 0 ? Double(total.spikes) / Double(total.neuronUpdates) : 0
            synapticOperations = Double(total.accumulates) / Double(samples)
            energy = EnergyRatios(total, dense: dense, samples: runs, prices: prices)
        }
    }
}
