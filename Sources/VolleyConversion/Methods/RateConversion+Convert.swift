internal import OrderedCollections
public import VolleyGraph
public import VolleySpiking
internal import VolleyTensors

/// From the trained network to the spiking one: neurons take the places of activations, bounds are found, neurons are made of them.
extension RateConversion {
    public var observers: [any Observer.Type] {
        guard thresholds == nil, neuron != .graded else { return [] }
        func kinds(_ bound: Bound) -> [any Observer.Type] {
            switch bound {
            case .trained: kinds(fallback)
            case .maximum, .percentile, .weightsAndMaximum: [UpperTail.self]
            case .currents: [UpperTail.self]
            case .error: [Histogram.self]
            case .neuronMaximum: [NeuronMaximum.self]
            case .weights, .manual: []
            }
        }
        return kinds(bound)
    }

    /// - Throws: ``ConversionError`` for settings, a network or data that do not fit, and what the data throws.
    public func convert(_ graph: Graph, on calibration: Calibration) throws -> SpikingNetwork {
        try validate()
        try check(graph)
        if neuron == .graded { return try gradedNetwork(graph) }
        let (placed, roles) = try placement.apply(to: graph)
        var search = BoundSearch(method: self, graph: placed, roles: roles, calibration: calibration)
        let bounds = try search.bounds()
        let levels = try commonLevels(placed)
        var scaled = placed
        var layers: [String: NeuronLayer] = [:]
        for site in SpikingNetwork.sites(of: placed) {
            let (bound, role) = (bounds[site]!, roles[site]!)
            let isLast = placed.outputs.contains { placed[$0.value].name == site }
            if bound.values.count > 1 {
                scaled = try scaled.dividing(site: site, by: bound.values)
                layers[site] = NeuronLayer(model(Bounds([1]), role, levels: levels))
            } else {
                layers[site] = NeuronLayer(model(bound, role, levels: levels, hearsLate: isLast && hasDeafOutput(placed)))
            }
        }
        var provenance = provenance
        provenance.reservation = search.reservation
        if thresholds != nil { provenance.settings["bound"] = "stated" }
        return try SpikingNetwork(graph: scaled, coding: .rate, timing: timing(levels), neurons: layers, provenance: provenance)
    }

    private func timing(_ levels: Int?) -> Timing {
        switch neuron {
        case .masked: Timing(probe: probe)
        case .retracting: Timing(feeding: levels)
        default: .plain
        }
    }

    /// The levels above 0 of all activations, where neurons count up to them.
    private func commonLevels(_ placed: Graph) throws -> Int? {
        guard neuron == .retracting else { return nil }
        let found = Set(placed.nodes.compactMap { $0.operation?.neuronSite?.activation }.map { $0.trained?.levels ?? (1 << bits) - 1 })
        guard found.count == 1 else {
            throw ConversionError(
                .unfitNetwork,
                "the activations have \(found.sorted().map { "\($0)" }.joined(separator: " and ")) levels; this method feeds all layers for as many "
                    + "time-steps as there are levels, so all need the same number")
        }
        return found.first
    }

    /// Whether output neurons do not hear the first time-step, as those of Diehl's program for convolutional networks.
    private func hasDeafOutput(_ graph: Graph) -> Bool {
        guard form == .program, [.weights, .weightsAndMaximum].contains(bound) else { return false }
        return graph.nodes.contains { if case .operation(.convolution) = $0.content { true } else { false } }
    }

    func model(
        _ bounds: Bounds, _ role: PlaceActivationNeurons.Role, levels: Int?, hearsLate: Bool = false
    ) -> any NeuronModel {
        let bound = bounds.values[0]
        switch (role, neuron) {
        case (.input, _): return InputNeuron(gain: inputGain, seed: UInt64(seed))
        case (_, .integrateAndFire), (_, .graded):
            var neuron = plain(bounds)
            neuron.deafSteps = hearsLate ? 1 : 0
            // What pools hand on are whole multiples of a part of a spike but for rounding; and where thresholds are sums of weights, they
            // are reached exactly. Neither tie is left to rounding.
            neuron.tolerance = isStrict ? 0 : role == .pool ? 1e-4 : self.bound == .weights ? 2e-6 : 0
            return neuron
        case (_, .leaky): return LeakyNeuron(threshold: bound, leak: leak, floor: floor)
        case (_, .burst):
            var neuron = BurstNeuron(threshold: bound, most: most, initialPotential: initialPotential)
            neuron.amplitude = bounds.amplitude
            return neuron
        case (_, .memory): return SignedNeuron(threshold: bound, negativeThreshold: bound, initialPotential: initialPotential)
        case (_, .symmetric): return SignedNeuron(threshold: bound, negativeThreshold: bound, remembers: false)
        case (_, .retracting):
            guard retracts else { return plain(bounds) }
            return SignedNeuron(threshold: bound, negativeThreshold: retractBelow, most: levels, initialPotential: initialPotential)
        case (_, .masked): return MaskedNeuron(threshold: bound, probe: probe, initialPotential: initialPotential)
        case (_, .adaptive):
            return AdaptiveNeuron(
                threshold: bound, shape: adaptation.shape, rate: adaptation.rate, gain: adaptation.gain, speed: adaptation.speed)
        }
    }

    private func plain(_ bounds: Bounds) -> IntegrateAndFireNeuron {
        var neuron = IntegrateAndFireNeuron(threshold: bounds.values[0], reset: reset, initialPotential: initialPotential)
        neuron.amplitude = bounds.amplitude
        neuron.isStrict = isStrict
        neuron.isLate = isLate
        return neuron
    }

    // MARK: Graded spikes

    /// Values are sent as they are, in one time-step: the network of rounded activations itself, whose products are multiplications.
    private func gradedNetwork(_ graph: Graph) throws -> SpikingNetwork {
        var provenance = provenance
        let depends = graph.dependsOnInput
        var changed: [String] = []
        let rounded = try graph.rebuilt { builder, node, id, inputs in
            guard depends[id], let operation = node.operation, let activation = ReplacedActivation(operation) else {
                return try builder.copy(node, inputs: inputs)
            }
            if case .gradedSteps = activation.trained?.function { return try builder.copy(node, inputs: inputs) }
            changed.append(node.name)
            let steps = TrainedActivation(.gradedSteps(gradedCount), scales: [gradedStep], unit: .step)
            return try builder.add(node.name, .trainedActivation(steps), inputs)
        }
        if !changed.isEmpty { provenance.reservation = Self.untrained(changed, "steps of \(gradedStep)") }
        return try SpikingNetwork(graph: rounded, coding: .rate, neurons: [:], provenance: provenance)
    }

    /// What to say of activations that were not trained for a method.
    static func untrained(_ names: [String], _ source: String) -> String {
        "calibrated only: \(names.count) activation\(names.count == 1 ? " was" : "s were") not trained for this method, and \(names.count == 1 ? "has" : "have") \(source)"
    }
}

extension Graph {
    /// Neurons with a threshold each: what arrives at a site is divided by one number per neuron, and what it sends multiplied by it.
    func dividing(site: String, by scales: [Float]) throws -> Graph {
        try rebuilt { builder, node, _, inputs in
            guard node.name == site else { return try builder.copy(node, inputs: inputs) }
            let shape = Shape(Array(node.shape.perSample.dimensions.dropFirst()))
            let constant = try builder.constant(site + ".scales", Tensor(shape, scales))
            let spikes = try builder.add(site, node.operation!, [inputs[0], constant])
            return try builder.add(site + ".weighted", .elementwise(Elementwise(.multiply)), [spikes, constant])
        }
    }
}
