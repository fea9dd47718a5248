internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// What a site's neurons are made of: λ, one number or one for each neuron of a sample, and what a spike is worth where that is another.
struct Bounds: Hashable {
    var values: [Float]
    var amplitude: Float?

    init(_ values: [Float], amplitude: Float? = nil) {
        self.values = values
        self.amplitude = amplitude
    }
}

/// Finds the bounds of a placed network's sites as a method has it.
struct BoundSearch {
    let method: RateConversion
    /// With its sites.
    let graph: Graph
    let roles: [String: PlaceActivationNeurons.Role]
    let calibration: Calibration
    /// What is not as the method wants it.
    private(set) var reservation: String?

    init(method: RateConversion, graph: Graph, roles: [String: PlaceActivationNeurons.Role], calibration: Calibration) {
        self.method = method
        self.graph = graph
        self.roles = roles
        self.calibration = calibration
    }

    private var sites: [NodeID] { graph.neuronSites.sorted() }

    private func role(_ site: NodeID) -> PlaceActivationNeurons.Role { roles[graph[site].name]! }

    /// Sites with a bound of their own: not the inputs, whose spikes are worth 1, and not the pools, which hand on what they get.
    private var own: [NodeID] { sites.filter { [.activation, .output].contains(role($0)) } }

    /// - Returns: by site.
    mutating func bounds() throws -> [String: Bounds] {
        var found: [NodeID: Bounds] = [:]
        for site in sites where role(site) == .input { found[site] = Bounds([1]) }
        if let stated = method.thresholds {
            for (site, bounds) in try statedBounds(stated) { found[site] = bounds }
        } else {
            try search(method.bound, into: &found)
        }
        let names = found.map { (graph[$0.key].name, Bounds($0.value.values.map(rounded), amplitude: $0.value.amplitude)) }
        return Dictionary(uniqueKeysWithValues: names)
    }

    private mutating func search(_ bound: RateConversion.Bound, into found: inout [NodeID: Bounds]) throws {
        switch bound {
        case .trained: try searchTrained(into: &found)
        case .maximum, .percentile, .error, .neuronMaximum:
            for (site, values) in try observed(bound, at: own) { found[site] = Bounds(values.map { method.factor * $0 }) }
        case .currents: try searchCurrents(into: &found)
        case .weights:
            try searchChain(bound, into: &found)
            for site in sites where role(site) != .input { found[site] = Bounds(found[site]!.values.map(settled)) }
        case .weightsAndMaximum, .manual: try searchChain(bound, into: &found)
        }
        for site in sites where role(site) == .pool && found[site] == nil { found[site] = Bounds([inbound(site, found)]) }
    }

    /// The bounds of trained activations; the method's fallback for others and for outputs.
    private mutating func searchTrained(into found: inout [NodeID: Bounds]) throws {
        var others: [String] = []
        for site in own {
            guard let trained = graph[site].operation?.neuronSite?.activation?.trained, !trained.isPlainSix else { continue }
            found[site] = Bounds(trained.bounds(of: graph[site].shape))
            if !method.trainedKinds.contains(trained.kind) { others.append(graph[site].name) }
        }
        if !others.isEmpty { reservation = "bounded by activations that were trained for another method, in \(others.count) places" }
        let missing = own.filter { found[$0] == nil }
        guard !missing.isEmpty else { return }
        let activations = missing.filter { role($0) == .activation }
        if !activations.isEmpty {
            reservation = RateConversion.untrained(activations.map { graph[$0].name }, "bounds by '\(method.fallback.rawValue)'")
        }
        for (site, values) in try observed(method.fallback, at: missing) { found[site] = Bounds(values) }
    }

    // MARK: What activations show

    private func observed(_ bound: RateConversion.Bound, at sites: [NodeID]) throws -> [NodeID: [Float]] {
        let method = method
        let (graph, nodes) = (try ceiled(), Set(sites))
        func byNode<Value>(_ values: [String: Value], _ read: (Value) -> [Float]) -> [NodeID: [Float]] {
            Dictionary(uniqueKeysWithValues: sites.map { ($0, values[graph[$0].name].map(read) ?? [0]) })
        }
        switch bound {
        case .error:
            let found = try calibration.observe(graph, at: nodes) { _, _ in Histogram(bins: 1 << 14) }
            return byNode(found) { [SquaredError(steps: method.errorSteps, initialPotential: method.initialPotential).bestBound($0)] }
        case .neuronMaximum:
            let found = try calibration.observe(graph, at: nodes) { _, _ in NeuronMaximum() }
            // Neurons that never were active stay silent: no value of theirs reaches such a bound.
            return byNode(found) { $0.maxima.map { $0 > 0 ? $0 : 0x1p100 } }
        default:
            let percentile = bound == .percentile ? method.percentile : 100
            let found = try calibration.observe(graph, at: nodes) { _, count in
                UpperTail(percentile: percentile, countsZeros: method.countsZeros, interpolates: method.interpolates, ofAtMost: count)
            }
            return byNode(found) { [bound == .percentile ? $0.percentile : $0.maximum] }
        }
    }

    /// The network whose rectifiers are cut off at the method's ceiling; it has the same nodes.
    private func ceiled() throws -> Graph {
        guard method.ceiling > 0 else { return graph }
        let clip = ParametricActivation(.clip, parameters: [0, method.ceiling])
        return try graph.rebuilt { builder, node, _, inputs in
            guard case .unary = node.operation?.neuronSite?.activation else { return try builder.copy(node, inputs: inputs) }
            return try builder.add(node.name, .neuron(NeuronSite(insteadOf: .parametric(clip))), inputs)
        }
    }

    // MARK: What currents show

    /// One layer after the other: the largest current that arrives at it while the layers before it spike with the bounds they have.
    private func searchCurrents(into found: inout [NodeID: Bounds]) throws {
        var plain = found
        for site in sites {
            switch role(site) {
            case .input: continue
            case .pool: plain[site] = Bounds([inbound(site, plain)])
            case .activation, .output:
                let largest = try largestCurrent(at: site, plain)
                plain[site] = Bounds([method.factorFirst ? method.factor * largest : largest])
            }
            // A factor lowers the threshold of unit spikes, so that of weighted ones follows that of the layer before.
            let (before, scaledBefore) = (inbound(site, plain), inbound(site, found))
            let own = plain[site]!.values[0]
            found[site] = Bounds([
                method.factorFirst || role(site) == .pool ? own * scaledBefore / before : method.factor * own * scaledBefore / before
            ])
        }
    }

    private func largestCurrent(at site: NodeID, _ bounds: [NodeID: Bounds]) throws -> Float {
        let part = try graph.upTo(site)
        var layers: [String: NeuronLayer] = [:]
        for name in SpikingNetwork.sites(of: part) {
            // The neurons that are looked at need not fire.
            let known = name == graph[site].name ? Bounds([0]) : bounds[graph.node(named: name)!]!
            layers[name] = NeuronLayer(method.model(known, roles[name]!, levels: nil))
        }
        let network = try SpikingNetwork(graph: part, coding: .rate, neurons: layers, provenance: method.provenance)
        let found = try calibration.observeCurrents(of: network, timeSteps: method.calibrationSteps) { _, count in
            UpperTail(percentile: 100, countsZeros: true, interpolates: false, ofAtMost: count)
        }
        return found[graph[site].name]?.maximum ?? 0
    }

    // MARK: What weights show

    /// One layer after the other, from what the layer before sends.
    private func searchChain(_ bound: RateConversion.Bound, into found: inout [NodeID: Bounds]) throws {
        let maxima = bound == .weightsAndMaximum ? try observed(.maximum, at: own) : [:]
        let skipsOutput = method.form == .program && graph.nodes.contains { if case .operation(.convolution) = $0.content { true } else { false } }
        let results = Set(graph.outputs.map(\.value))
        var carried: Float = 1
        for site in sites {
            let before = inbound(site, found)
            let layers = graph.sources(of: site).layers
            switch (role(site), bound) {
            case (.input, _): continue
            case (_, .manual): found[site] = Bounds([method.manualThreshold * before])
            case (.pool, _): found[site] = Bounds([before])
            case _ where skipsOutput && results.contains(site): found[site] = Bounds([before])
            case (_, .weights): found[site] = Bounds([layers.reduce(0) { $0 + graph.largestPositiveSum($1) } * before])
            default:
                let scale = max(maxima[site]![0], layers.map { graph.largestWeight($0, firstKernel: skipsOutput) }.max() ?? 0)
                if method.form == .program {
                    // The program hands the ratio on instead of the scale.
                    let ratio = scale / carried
                    found[site] = Bounds([before * ratio])
                    carried = ratio
                } else {
                    found[site] = Bounds([scale])
                }
            }
        }
    }

    /// The largest bound among the neurons that a site hears of; 1 for analog inputs.
    private func inbound(_ site: NodeID, _ found: [NodeID: Bounds]) -> Float {
        graph.sources(of: site).sites.compactMap { found[$0]?.values.max() }.max() ?? 1
    }

    // MARK: What was stated

    private func statedBounds(_ stated: [String: [Double]]) throws -> [NodeID: Bounds] {
        func fail(_ message: String) -> ConversionError { ConversionError(.badThresholds, message) }
        let wanted = sites.filter { role($0) != .input }
        let names = wanted.map { graph[$0].name }
        let missing = names.filter { stated[$0] == nil }
        guard missing.isEmpty else {
            throw fail("the thresholds file must name every site; missing are \(missing.prefix(8).joined(separator: ", "))")
        }
        if let unknown = stated.keys.sorted().first(where: { !names.contains($0) }) {
            throw fail("the thresholds file names '\(unknown)', which is no site; the sites are \(names.prefix(8).joined(separator: ", "))")
        }
        return try Dictionary(
            uniqueKeysWithValues: wanted.map { site in
                let (name, count) = (graph[site].name, graph[site].shape.perSample.count)
                let numbers = stated[name]!.map { Float($0) }
                guard numbers.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
                    throw fail("site '\(name)': expected finite numbers from 0 on, found \(stated[name]!.prefix(8))")
                }
                switch numbers.count {
                case 1: return (site, Bounds(numbers))
                case 2 where count != 2: return (site, Bounds([numbers[0]], amplitude: numbers[1]))
                case count: return (site, Bounds(numbers.map { $0 > 0 ? $0 : 0x1p100 }))
                default:
                    throw fail(
                        "site '\(name)': expected [threshold], [threshold, what a spike is worth], or one threshold for each of \(count) neurons, "
                            + "found \(numbers.count) numbers")
                }
            })
    }

    /// Where bounds are sums of weights, currents and the spikes of pools add up to a threshold exactly, and must reach it in whatever order. So
    /// such a bound is lower than it should be, by up to 6 parts in a million, and has 20 bits, so that small multiples of it are exact.
    private func settled(_ bound: Float) -> Float {
        guard bound > 0 else { return bound }
        let lowered = Double(bound) * (1 - 0x1p-18)
        let unit = Double(sign: .plus, exponent: lowered.exponent - 19, significand: 1)
        return Float((lowered / unit).rounded(.down) * unit)
    }

    /// Rounded up to the method's significant bits, once a 4096th is added, so that sums of thresholds are exact and none equals a
    /// constant current.
    private func rounded(_ bound: Float) -> Float {
        guard method.thresholdBits > 0, bound > 0, bound < 0x1p99 else { return bound }
        let raised = Double(bound) * (1 + 0x1p-12)
        let unit = Double(sign: .plus, exponent: raised.exponent - (method.thresholdBits - 1), significand: 1)
        return Float((raised / unit).rounded(.up) * unit)
    }
}

/// The squared error of T steps of a neuron with bound V: `Σ (V·clip(⌊a·T/V + v(0)⌋/T, 0, 1) − a)²` over values a ≥ 0.
struct SquaredError {
    let steps: Int
    let initialPotential: Float

    /// The best of V = max·(1 − i/100), i < 95, with max and the values as bins of a histogram have them; 0 where there are none.
    /// - Parameter ofNegatives: whether values below 0 count, by their size, instead of those above.
    func bestBound(_ histogram: Histogram, ofNegatives: Bool = false) -> Float {
        let bins = histogram.counts.indices.compactMap { bin -> (value: Double, most: Double, count: Double)? in
            let range = histogram.range(ofBin: bin)
            let (low, high) = ofNegatives ? (-range.upperBound, -range.lowerBound) : (range.lowerBound, range.upperBound)
            return histogram.counts[bin] > 0 && high > 0 ? (max(0, (low + high) / 2), high, Double(histogram.counts[bin])) : nil
        }
        guard let most = bins.map(\.most).max() else { return 0 }
        let count = Double(steps)
        let errors = (0..<95).map { step -> (bound: Double, error: Double) in
            let bound = most * (1 - Double(step) / 100)
            let error = bins.reduce(0.0) { sum, bin in
                let level = min(max((bin.value * count / bound + Double(initialPotential)).rounded(.down), 0), count)
                let difference = bound * level / count - bin.value
                return sum + bin.count * difference * difference
            }
            return (bound, error)
        }
        return Float(errors.min { $0.error < $1.error }!.bound)
    }
}

extension TrainedActivation {
    /// The rectifier that ends at 6, which architectures have and no method trained.
    fileprivate var isPlainSix: Bool { function == .clip && bounds == [6] }

    fileprivate var kind: RateConversion.TrainedKind {
        switch function {
        case .clip: .clip
        case .symmetricClip: .symmetric
        case .steps: .steps
        case .slip: .slip
        case .gradedSteps: .graded
        }
    }

    /// λ: one number, or one for each neuron of a sample of a value of this shape.
    fileprivate func bounds(of shape: SymbolicShape) -> [Float] {
        guard let axis = channelAxis, bounds.count > 1 else { return bounds }
        let lengths = shape.perSample.dimensions
        let inner = lengths[(axis + 1)...].reduce(1, *)
        return (0..<lengths.dropFirst().reduce(1, *)).map { bounds[$0 / inner % bounds.count] }
    }
}
