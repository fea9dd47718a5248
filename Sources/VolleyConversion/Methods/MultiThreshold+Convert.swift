internal import OrderedCollections
public import VolleyGraph
public import VolleySpiking
internal import VolleyTensors

/// From the trained network to the spiking one: neurons are placed, observed, and given thresholds.
extension MultiThreshold {
    public var requirements: [NetworkRequirement] {
        [
            NetworkRequirement("a linear layer, convolution or product behind the first layer\(spikingHead ? "" : " and before the head")") { graph in
                guard try place(in: graph).neuronSites.isEmpty else { return nil }
                let hasHead = try !spikingHead && !PlaceNeurons.apply(to: graph, spikingHead: true).neuronSites.isEmpty
                let remedy = Remedy(.methodSetting, "spiking-head")
                return ConversionError(
                    .unfitNetwork,
                    "this network has no place for a spiking neuron: no linear layer, convolution or product stands behind its first layer"
                        + (hasHead ? " and before its head; \(remedy) puts neurons there" : ""), remedies: hasHead ? [remedy] : [])
            }
        ]
    }

    /// - Throws: ``ConversionError`` for settings, a network or data that do not fit, and what the data throws.
    public func convert(_ graph: Graph, on calibration: Calibration) throws -> SpikingNetwork {
        try validate()
        try check(graph)
        let placed = try place(in: graph)
        var table: ThresholdTable
        if let thresholds {
            table = try ThresholdTable(thresholds, sites: SpikingNetwork.sites(of: placed))
        } else {
            table = ThresholdTable(try calibrate(placed, on: calibration), method: self)
        }
        try preset?.apply(to: &table, method: self)
        let network = try network(placed, table)
        return isCalibrated && optimalSteps > 0 ? try improve(network, table, on: calibration) : network
    }

    /// The network with thresholds for a number of time-steps: those that are best for each site by itself and those of quantiles, each times a
    /// common factor, whichever does best on calibration samples; others than those of quantiles only if they do better on all parts of them.
    private func improve(_ quantiles: SpikingNetwork, _ table: ThresholdTable, on calibration: Calibration) throws -> SpikingNetwork {
        let values = try calibration.observe(quantiles.graph) { _, _ in SiteValues() }
        let search = OptimalThresholds(steps: optimalSteps, coding: coding, isSymmetric: symmetric) { neuron($0) }
        var chosen = table
        for (site, pair) in table.sites {
            if let histogram = values[site]?.histogram { chosen.sites[site] = search.pair(histogram, from: pair) }
        }
        let probe = try Probe(quantiles.graph, on: calibration, samples: Self.comparedSamples)
        let before = try probe.measure(quantiles, steps: optimalSteps)
        var best = (network: quantiles, error: before.error, name: "quantiles")
        for (name, table) in [("quantiles", table), ("optimal", chosen)] {
            for factor in Self.comparedFactors where name != "quantiles" || factor != 1 {
                let scaled = table.sites.mapValues {
                    ThresholdTable.Pair(positive: factor * $0.positive, negative: factor * $0.negative, rootMeanSquare: $0.rootMeanSquare)
                }
                guard scaled.values.allSatisfy({ neuron($0).problem(coding) == nil }) else { continue }
                var candidate = chosen
                candidate.sites = scaled
                let found = try network(quantiles.graph, candidate)
                let after = try probe.measure(found, steps: optimalSteps)
                if after.error < best.error, after.isCloser(than: before) { best = (found, after.error, "\(name) × \(factor)") }
            }
        }
        best.network.provenance.settings["optimal-thresholds"] =
            "\(best.name): output error \(best.error) after \(optimalSteps) time-steps on calibration samples, \(before.error) with quantiles"
        return best.network
    }

    /// What all thresholds are multiplied with: errors that come from layers before may make other thresholds best than those of constant values.
    private static let comparedFactors: [Float] = [0.5, 0.7, 1, 1.4, 2, 2.8, 4]
    private static let comparedSamples = 16

    /// The network with its neuron sites in place: what calibration runs on.
    /// - Throws: `GraphError` never for a graph that was verified.
    public func place(in graph: Graph) throws -> Graph { try PlaceNeurons.apply(to: graph, spikingHead: spikingHead) }

    /// What the sites of a placed network carry: by batch the quantiles and, for fine ladders and dead zones, over all samples the root mean
    /// square, in one round.
    /// - Throws: as ``Calibration/observe(_:at:with:)`` does.
    public func calibrate(_ placed: Graph, on calibration: Calibration) throws -> CalibrationTable {
        var table = CalibrationTable(sampleCount: 0, sites: [:])
        var moments: [String: Moments] = [:]
        let (sites, quantile, needsMoments) = (SpikingNetwork.sites(of: placed), quantile, !deadZones.isEmpty || stepsPerOctave > 1)
        try calibration.forEachBatch(
            of: placed, size: calibration.batchSize,
            with: { _, count in SiteStatistics(quantile: quantile, ofAtMost: count, withMoments: needsMoments) }
        ) { samples, found in
            table.sampleCount += samples
            for site in sites {
                guard let statistics = found[site] else { continue }
                if let found = statistics.moments { moments[site, default: Moments()].merge(found) }
                table.sites[site, default: CalibrationTable.Site()].add(statistics.tails)
            }
        }
        for (site, moments) in moments { table.sites[site]!.rootMeanSquare = Float(moments.rootMeanSquare) }
        return table
    }

    /// The spiking network of a placed one.
    /// - Throws: ``ConversionError`` for a site of which one sign alone can fire under differential coding, and for dead
    ///   zones without calibration; `SpikingError` when a site has no thresholds or impossible ones.
    public func network(_ placed: Graph, _ thresholds: ThresholdTable) throws -> SpikingNetwork {
        guard deadZones.isEmpty || thresholds.sites.values.allSatisfy({ $0.rootMeanSquare != nil }) else {
            throw Self.deadZonesWithoutUnit
        }
        if coding == .differential {
            // A site where neither sign fires is silent, whatever its coding; one sign alone could not take back what it sent.
            for (site, pair) in thresholds.sites where (pair.positive > 0) != (pair.negative > 0) {
                let remedy = Remedy(.methodSetting, "symmetric")
                throw ConversionError(
                    .badThresholds,
                    "site '\(site)': under differential coding both signs must be able to fire, found "
                        + "thresholds \(pair.positive) and \(pair.negative); use \(remedy), or calibrate on other data", remedies: [remedy])
            }
        }
        var provenance = provenance
        if let preset { provenance.settings["preset"] = preset.rawValue }
        return try SpikingNetwork(
            graph: placed, coding: coding, neurons: Dictionary(uniqueKeysWithValues: thresholds.sites.map { ($0.key, layer($0.value)) }),
            provenance: provenance)
    }

    /// The neuron layer that stands behind a pair of thresholds.
    private func layer(_ thresholds: ThresholdTable.Pair) -> NeuronLayer {
        NeuronLayer(neuron(thresholds))
    }

    private func neuron(_ thresholds: ThresholdTable.Pair) -> MultiThresholdNeuron {
        MultiThresholdNeuron(
            ladder: ThresholdLadder(
                direction, levels: levels, positive: thresholds.positive, negative: thresholds.negative, stepsPerOctave: stepsPerOctave),
            rounding: rounding, reset: reset, initialPotential: initialPotential,
            deadZones: deadZones.map { Float($0) * thresholds.rootMeanSquare! },
            rootMeanSquare: stepsPerOctave > 1 ? thresholds.rootMeanSquare : nil)
    }
}

/// What the family observes at a site.
struct SiteStatistics: Observer {
    static let title = "\(Tails.title) of every site, and its \(Moments.title) for dead zones and fine ladders"

    var tails: Tails
    /// Nil where nobody asks for them.
    var moments: Moments?

    init(quantile: Double, ofAtMost count: Int, withMoments: Bool) {
        tails = Tails(quantile: quantile, ofAtMost: count)
        moments = withMoments ? Moments() : nil
    }

    mutating func add(_ observation: Observation) {
        tails.add(observation)
        moments?.add(observation)
    }

    mutating func merge(_ other: SiteStatistics) {
        tails.merge(other.tails)
        if let others = other.moments { moments?.merge(others) }
    }
}
