internal import OrderedCollections
public import VolleyGraph
public import VolleySpiking
internal import VolleyTensors

extension FewStep {
    /// - Throws: ``ConversionError`` for settings, a network or data that do not fit, and for a budget that not even silence keeps to; and
    ///   what the data throws.
    public func convert(_ graph: Graph, on calibration: Calibration) throws -> SpikingNetwork {
        try validate()
        try check(graph)
        let placed = try PlaceNeurons.apply(to: graph, spikingHead: spikingHead)
        let largestZones = steps == 1 ? [.infinity] : Self.largestZones
        let total = largestZones.count * Self.mostRounds
        let values = try calibration.observe(placed) { _, _ in SiteValues() }
        let probe = try Probe(placed, on: calibration, samples: samples)
        let names = SpikingNetwork.sites(of: placed)
        let ladders = names.map { name in
            let top = values[name]?.largest ?? 0
            return ThresholdLadder(.down, levels: levels, positive: top, negative: top, stepsPerOctave: stepsPerOctave)
        }
        let sizes = names.map { SizeDistribution(values[$0]?.histogram ?? Histogram(bins: 2), samples: calibration.data?.count ?? 1) }
        let nominal = zip(ladders, sizes).map { ladder, sizes in
            layer(ladder, Self.nominalDeadZones.map { $0 * sizes.rootMeanSquare }, sizes.rootMeanSquare)
        }
        try calibration.searching(0, total)
        let weights = try probe.weights(nominal)
        let synapses = SynapseMap(placed)
        let prices = names.map { synapses.accumulatesPerSpike(of: placed.node(named: $0)!) }
        func offers(_ movements: [[Double]], _ largestZone: Double) -> DeadZoneBudget {
            DeadZoneBudget(
                offers: names.indices.map { index in
                    let (model, values) = (LadderModel(ladders[index]), sizes[index])
                    let schedules = LadderModel.schedules(steps: steps, rootMeanSquare: values.rootMeanSquare, largest: largestZone)
                    return SiteOffer(
                        choices: schedules.map { model.choice($0, on: values, movement: movements[index]) }, weight: weights[index],
                        price: prices[index])
                })
        }
        func candidate(_ choices: [DeadZoneChoice]) throws -> SpikingNetwork {
            let layers = names.indices.map { layer(ladders[$0], choices[$0].deadZones, sizes[$0].rootMeanSquare) }
            return try SpikingNetwork(
                graph: placed, coding: .differential, neurons: Dictionary(uniqueKeysWithValues: zip(names, layers)), provenance: provenance)
        }
        var found: [Candidate] = []
        // Who waits for the layers before sends less, until all wait for each other: how long to wait is tried out.
        let movements = steps == 1 ? names.map { _ in [0] } : try probe.movements(nominal, steps: steps)
        for (index, largest) in largestZones.enumerated() {
            found += try fit(offers(movements, largest), probe, candidate) { try calibration.searching(index * Self.mostRounds + $0, total) }
            try calibration.searching((index + 1) * Self.mostRounds, total)
        }
        guard let best = found.min(by: { $0.error < $1.error }) else {
            throw ConversionError(
                .badSettings, "is \(energyBudget.map { "\($0)" } ?? "by-steps"), and no dead zones keep to it on the calibration data; allow more",
                setting: "energy-budget")
        }
        return best.network
    }

    /// A network that keeps to the budget, and the relative error of its outputs.
    private struct Candidate {
        var network: SpikingNetwork
        var error: Double
    }

    /// Where weights and movements are measured, in units of the root mean square, for the first and for further time-steps.
    private static let nominalDeadZones = [0.1, 0.03]
    /// How far below the budget the energy may end, as a part of it.
    private static let slack = 0.01
    private static let mostRounds = 6
    /// Of the first time-step, where others follow, in units of the root mean square.
    private static let largestZones = [0.1, 0.2, 0.4, .infinity]

    private func layer(_ ladder: ThresholdLadder, _ deadZones: [Double], _ rootMeanSquare: Double) -> NeuronLayer {
        NeuronLayer(
            MultiThresholdNeuron(
                ladder: ladder, rounding: .nearest, deadZones: deadZones.map { Float($0) },
                rootMeanSquare: ladder.stepsPerOctave > 1 ? Float(rootMeanSquare) : nil))
    }

    /// Distributions do not see all that moves the values of a site, so what they predict is corrected by what is measured.
    /// - Parameter progress: called before each network, with how many were measured.
    /// - Returns: the networks on the way that keep to the budget.
    private func fit(
        _ offers: DeadZoneBudget, _ probe: Probe, _ network: ([DeadZoneChoice]) throws -> SpikingNetwork, progress: (_ done: Int) throws -> Void
    ) throws -> [Candidate] {
        var found: [Candidate] = []
        var target = Double.infinity
        var bounds = (low: 0.0, high: Double.infinity)
        for round in 0..<Self.mostRounds {
            try progress(round)
            let choices = offers.choices(within: target)
            let candidate = try network(choices)
            let measurement = try probe.measure(candidate, steps: steps), cost = measurement.cost
            let budget = budget(beside: cost.analogEnergy)
            let allowed = cost.accumulates(for: budget)
            guard allowed > 0 else {
                throw ConversionError(
                    .badSettings,
                    "is \(budget), and the layers that see analog values alone cost \((cost.analogEnergy * 10_000).rounded() / 10_000) of the ANN's energy; allow more",
                    setting: "energy-budget")
            }
            let predicted = offers.cost(choices)
            if cost.accumulates <= allowed {
                found.append(Candidate(network: candidate, error: measurement.error))
                if target == .infinity || cost.accumulates > (1 - Self.slack) * allowed { break }
                bounds.low = predicted
            } else {
                bounds.high = predicted
            }
            // The next guess in proportion, inside what is known.
            let next = predicted * allowed / max(1, cost.accumulates)
            target = next > bounds.low && next < bounds.high ? next : (bounds.low + min(bounds.high, 2 * next)) / 2
        }
        return found
    }
}
