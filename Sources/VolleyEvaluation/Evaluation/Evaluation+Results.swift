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
        let answers = tally.answers.result(samples: tally.samples)
        let isClassification = reading.task == .classification
        // Positions of a sample are not independent: there is no telling from their number how sure a figure is.
        func interval(_ top1: Double?) -> ConfidenceInterval? {
            reading.classes == nil ? nil : top1.map { ConfidenceInterval(of: $0, samples: tally.samples) }
        }
        let steps = tally.counts.indices.map { index in
            total += tally.counts[index]
            let costs = Results.Figures(total, dense: dense, samples: tally.samples, runs: tally.samples / samplesPerRun, prices: prices)
            let figures = answers.steps[index]
            let classes = isClassification ? figures : [:]
            return Results.Step(
                step: index + 1, top1: classes["top1"], top1Interval: interval(classes["top1"]), top5: classes["top5"],
                agreement: classes["agreement"], figures: isClassification ? nil : figures, firingRate: costs.firingRate,
                synapticOperations: costs.synapticOperations, energy: costs.energy, counts: tally.counts[index])
        }
        let summary = NetworkSummary(network.graph, network: network)
        let sites = summary.sites.map { site in
            let (alphabet, spikes) = (network.neurons[site.name]!.alphabet, tally.spikes[site.name] ?? [])
            return Results.Site(
                name: site.name, neurons: site.neurons, codes: alphabet.codes, thresholds: alphabet.values, spikesPerLevel: spikes,
                firingRates: spikes.map { Double(alphabet.spikeCount($0)) / (Double(site.neurons) * samples) })
        }
        let classification = tally.answers.classification
        let exits = classification?.exits.map { exits in
            zip(settings.earlyExit ?? [], exits).map { margin, exit in
                let figures = Results.Figures(exit.counts, dense: dense, samples: tally.samples, runs: tally.samples, prices: prices)
                return Results.Exit(
                    margin: margin, meanSteps: exit.stops.enumerated().reduce(0) { $0 + Double(($1.offset + 1) * $1.element) } / samples,
                    stops: exit.stops.map { Double($0) / samples }, reached: Double(exit.reached) / samples,
                    top1: Double(exit.hits.top1) / samples,
                    top1Interval: ConfidenceInterval(of: Double(exit.hits.top1) / samples, samples: tally.samples),
                    top5: Double(exit.hits.top5) / samples, agreement: classification?.ann.map { _ in Double(exit.agreements) / samples },
                    firingRate: figures.firingRate, synapticOperations: figures.synapticOperations, energy: figures.energy,
                    counts: exit.counts, millisecondsPerSample: Double(exit.nanoseconds) / 1e6 / samples)
            }
        }
        let ann = classification?.ann.map { _ in Results.Accuracy(top1: answers.ann["top1"]!, top5: answers.ann["top5"]!) }
        let howRead =
            reading.classes == nil
            ? Results.Reading(shape: reading.output.shape.dimensions, counted: answers.counted, notes: reading.notes) : nil
        return Results(
            version: volleyVersion, ann: ann, annTop1Interval: interval(ann?.top1),
            annFigures: isClassification || answers.ann.isEmpty ? nil : answers.ann, reading: howRead,
            steps: steps, exits: exits, sites: sites, samples: tally.samples, skipped: tally.skipped, settings: settings,
            provenance: network.provenance, prices: prices, grades: network.grades, dense: dense.perSample(of: samplesPerRun),
            floatingPointOperators: Set(summary.operators.filter { $0.kind == .nonlinear }.map(\.op)).sorted(),
            floatingPoint: Results.FloatingPoint.all(in: summary, samplesPerRun: samplesPerRun),
            confusion: classification?.answers.results(names: reading.classes == nil ? nil : network.classNames), detail: detail, digests: digests,
            weightError: simulator.rounding.map { WeightError(of: $0, outputs: settings.comparesWithANN ? tally.weightDistances : nil) },
            quantities: Results.Quantity.all(
                task: reading.task, byPosition: isClassification && howRead != nil, exits: exits != nil, ann: settings.comparesWithANN,
                detail: detail != nil))
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
