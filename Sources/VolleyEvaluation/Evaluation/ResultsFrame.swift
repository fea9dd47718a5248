internal import OrderedCollections
internal import VolleyGraph
internal import VolleySimulation
internal import VolleySpiking
internal import VolleyTensors

/// What results say beside what was tallied: known before any sample is measured, and the same for every part of an evaluation.
struct ResultsFrame: Sendable, Hashable, Codable {
    struct Site: Sendable, Hashable, Codable {
        var name: String
        /// Neurons for one sample, and for as many as the network takes in one run.
        var neurons: Int
        var neuronsPerRun: Int
        /// By code that neurons send: the code, what it is worth, how many spikes it is.
        var codes: [Int8]
        var thresholds: [Float]
        var spikes: [Int]
    }

    /// Written without batches, threads, prices and details.
    var settings: Evaluation.Settings
    var prices: EnergyPrices
    /// On how many samples is looked inside.
    var detail: Int
    var digests: Results.Digests
    /// The number of samples in all.
    var count: Int
    var task: Evaluation.Task
    /// The axes of one sample's part of the output that is read.
    var output: [Int]
    /// Whether every sample has one class.
    var hasClasses: Bool
    /// How the output was read.
    var notes: [String]
    var classNames: [String]?
    var samplesPerRun: Int
    /// Of one run.
    var dense: DenseCosts
    var sites: [Site]
    var provenance: Provenance
    var grades: SpikeGrades
    var floatingPointOperators: [String]
    var floatingPoint: [Results.FloatingPoint]

    init(of evaluation: Evaluation, _ digests: Results.Digests) {
        let (network, reading) = (evaluation.network, evaluation.reading)
        let summary = NetworkSummary(network.graph, network: network)
        settings = evaluation.settings
        (prices, detail) = (settings.prices, settings.detail)
        (self.digests, count) = (digests, evaluation.data.count)
        (task, output, hasClasses, notes) = (reading.task, reading.output.shape.dimensions, reading.classes != nil, reading.notes)
        classNames = network.classNames
        samplesPerRun = evaluation.simulator.batching.samplesPerRun
        dense = SynapseMap(network.graph).dense
        let neurons = evaluation.simulator.neurons
        sites = summary.sites.map { site in
            let alphabet = neurons[site.name]!.alphabet
            return Site(
                name: site.name, neurons: site.neurons, neuronsPerRun: site.shape.perSample.count, codes: alphabet.codes,
                thresholds: alphabet.values, spikes: alphabet.spikes)
        }
        (provenance, grades) = (network.provenance, network.grades)
        floatingPointOperators = Set(summary.operators.filter { $0.kind == .nonlinear }.map(\.op)).sorted()
        floatingPoint = Results.FloatingPoint.all(in: summary, samplesPerRun: samplesPerRun)
    }

    /// By name the neurons and codes of every site.
    var sitesByName: [String: (neurons: Int, codes: Int)] {
        Dictionary(sites.map { ($0.name, ($0.neuronsPerRun, $0.codes.count)) }) { first, _ in first }
    }

    /// What a tally of these results begins as.
    var emptyTally: Tally {
        let (compares, shape) = (settings.comparesWithANN, Shape(output))
        guard let margins = settings.earlyExit else {
            return Tally(
                timeSteps: settings.timeSteps,
                answers: task.emptyTally(timeSteps: settings.timeSteps, shape: shape, of: count, comparesWithANN: compares))
        }
        return Tally(
            timeSteps: 0,
            answers: .classification(.init(timeSteps: settings.timeSteps, margins: margins, shape: shape, comparesWithANN: compares)))
    }
}

extension ResultsFrame {
    /// The figures, of what was tallied over at least one sample.
    func results(_ tally: Tally, _ first: FirstSamples) -> Results {
        let samples = Double(tally.samples)
        var total = OperationCounts()
        let answers = tally.answers.result(samples: tally.samples)
        let isClassification = task == .classification
        // Positions of a sample are not independent: there is no telling from their number how sure a figure is.
        func interval(_ top1: Double?) -> ConfidenceInterval? {
            hasClasses ? top1.map { ConfidenceInterval(of: $0, samples: tally.samples) } : nil
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
        let sites = sites.map { site in
            let spikes = tally.spikes[site.name] ?? []
            return Results.Site(
                name: site.name, neurons: site.neurons, codes: site.codes, thresholds: site.thresholds, spikesPerLevel: spikes,
                firingRates: spikes.map { levels in
                    let sent = zip(levels, site.spikes).reduce(0) { $0 + Int($1.0) * $1.1 }
                    return Double(sent) / (Double(site.neurons) * samples)
                })
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
        let ann = answers.ann["top1"].flatMap { top1 in answers.ann["top5"].map { Results.Accuracy(top1: top1, top5: $0) } }
        let howRead = hasClasses ? nil : Results.Reading(shape: output, counted: answers.counted, notes: notes)
        return Results(
            version: volleyVersion, ann: ann, annTop1Interval: interval(ann?.top1),
            annFigures: isClassification || answers.ann.isEmpty ? nil : answers.ann, reading: howRead,
            steps: steps, exits: exits, sites: sites, samples: tally.samples, skipped: tally.skipped, settings: settings,
            provenance: provenance, prices: prices, grades: grades, dense: dense.perSample(of: samplesPerRun),
            floatingPointOperators: floatingPointOperators, floatingPoint: floatingPoint,
            confusion: classification?.answers.results(names: hasClasses ? classNames : nil), detail: first.detail, digests: digests,
            weightError: first.weightError,
            quantities: Results.Quantity.all(
                task: task, byPosition: isClassification && howRead != nil, exits: exits != nil, ann: settings.comparesWithANN,
                detail: first.detail != nil))
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
