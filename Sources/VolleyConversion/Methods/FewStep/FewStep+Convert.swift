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
        let values = try calibration.observe(placed) { _, _ in SiteValues() }
        let probe = try Probe(placed, on: calibration, samples: samples)
        let names = SpikingNetwork.sites(of: placed)
        let ladders = names.map { name in
            let top = values[name]?.largest ?? 0
            return ThresholdLadder(.down, levels: levels, positive: top, negative: top, stepsPerOctave: stepsPerOctave)
        }
        let sizes = names.map { SizeDistribution(values[$0]?.histogram ?? Histogram(bins: 2), samples: calibration.data?.count ?? 1) }
        let nominal = zip(ladders, sizes).map { layer($0, [Self.nominalDeadZone * $1.rootMeanSquare]) }
        let weights = try probe.weights(nominal)
        let synapses = SynapseMap(placed)
        let offers = names.indices.map { index in
            let model = LadderModel(ladders[index])
            let schedules = LadderModel.schedules(steps: steps, rootMeanSquare: sizes[index].rootMeanSquare)
            return SiteOffer(
                choices: schedules.map { model.choice($0, on: sizes[index]) }, weight: weights[index],
                price: synapses.accumulatesPerSpike(of: placed.node(named: names[index])!))
        }
        return try search(DeadZoneBudget(offers: offers), probe) { choices in
            let layers = zip(names, zip(ladders, choices)).map { ($0, self.layer($1.0, $1.1.deadZones)) }
            return try SpikingNetwork(
                graph: placed, coding: .differential, neurons: Dictionary(uniqueKeysWithValues: layers), provenance: provenance)
        }
    }

    /// Where weights are measured, in units of the root mean square.
    private static let nominalDeadZone = 0.1
    /// How far below the budget the energy may end, as a part of it.
    private static let slack = 0.01
    private static let mostRounds = 6

    private func layer(_ ladder: ThresholdLadder, _ deadZones: [Double]) -> NeuronLayer {
        NeuronLayer(MultiThresholdNeuron(ladder: ladder, rounding: .nearest, deadZones: deadZones.map { Float($0) }))
    }

    /// Distributions do not see that values move while the layers before still send, so what they predict is corrected by what is measured.
    private func search(
        _ offers: DeadZoneBudget, _ probe: Probe, _ network: ([DeadZoneChoice]) throws -> SpikingNetwork
    ) throws -> SpikingNetwork {
        var best: SpikingNetwork?
        var target: Double?
        var bounds = (low: 0.0, high: Double.infinity)
        for _ in 0..<Self.mostRounds {
            let choices = offers.choices(within: target ?? .infinity)
            let candidate = try network(choices)
            let cost = try probe.cost(of: candidate, steps: steps)
            let allowed = cost.accumulates(for: budget)
            guard allowed > 0 else {
                throw ConversionError(
                    .badSettings,
                    "is \(budget), and the layers that see analog values alone cost \(cost.analogEnergy) of the ANN's energy; allow more",
                    setting: "energy-budget")
            }
            let predicted = offers.cost(choices)
            if cost.accumulates <= allowed {
                best = candidate
                if target == nil || cost.accumulates > (1 - Self.slack) * allowed { break }
                bounds.low = predicted
            } else {
                bounds.high = predicted
            }
            // The next guess in proportion, inside what is known.
            let next = predicted * allowed / max(1, cost.accumulates)
            target = next > bounds.low && next < bounds.high || bounds.low == 0 ? min(next, 0.999 * bounds.high) : (bounds.low + bounds.high) / 2
        }
        guard let best else {
            throw ConversionError(
                .badSettings, "is \(budget), and no dead zones keep to it on the calibration data; allow more, or fewer steps",
                setting: "energy-budget")
        }
        return best
    }
}
