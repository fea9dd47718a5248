public import VolleyGraph
public import VolleySpiking
internal import VolleyTensors

/// The data that a method may look at, and the one loop that runs networks on it.
///
/// A method asks for as many rounds over the data as it needs, on any network: on the trained one, on one whose weights it changed,
/// or, for currents, on a spiking one that is half made.
public struct Calibration {
    /// The samples themselves, for what no observer gathers; nil where there are none.
    public let data: (any CalibrationData)?
    /// How many samples share a statistic where a method takes means over batches; nil for the whole set.
    public let batchSize: Int?
    /// How many threads may be used; no result depends on it.
    let threads: Int
    /// The processes that observe together; nil for this one alone. No result depends on it.
    let team: (any CalibrationTeam)?
    /// What may be asked for; nil for anything.
    private let observers: [ObjectIdentifier]?
    /// Told how many of the networks that a method tries out are done, and of at most how many; what it throws ends the conversion.
    let searching: (_ done: Int, _ total: Int) throws -> Void

    /// - Parameters:
    ///   - data: nil where there is none; then nothing can be observed.
    ///   - observers: what the method has declared; to ask for anything else is a broken contract. nil allows anything.
    ///   - threads: how many threads evaluate; no result depends on it.
    ///   - team: the processes that observe together; no result depends on it.
    ///   - searching: called by methods that try out networks, with those done and at most how many there are; what it throws ends the
    ///     conversion.
    /// - Throws: ``ConversionError`` for a batch without samples.
    public init(
        _ data: (any CalibrationData)?, batchSize: Int? = nil, observers: [any Observer.Type]? = nil, threads: Int = 1,
        team: (any CalibrationTeam)? = nil,
        searching: @escaping (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws {
        guard batchSize ?? 1 >= 1 else {
            throw ConversionError(.badSettings, "the calibration batch must hold at least 1 sample, found \(batchSize!)")
        }
        self.data = data
        self.batchSize = batchSize
        self.threads = max(1, threads)
        self.team = team
        self.searching = searching
        self.observers = observers?.map { ObjectIdentifier($0) }
    }

    /// One round over the data: what all samples together show at each node.
    /// - Parameters:
    ///   - nodes: the operations that are looked at; nil for the neuron sites.
    ///   - make: a new observer for a node, and at most how many values it will see.
    /// - Returns: by node name.
    /// - Throws: ``ConversionError`` where there is no data; `GraphError` for inputs that do not fit and for the first node whose value
    ///   is not finite; errors of the data, and of the team.
    public func observe<Kind: Observer>(
        _ graph: Graph, at nodes: Set<NodeID>? = nil, with make: @escaping @Sendable (_ node: Node, _ values: Int) -> Kind
    ) throws -> [String: Kind] {
        var result: [String: Kind] = [:]
        try forEachBatch(of: graph, size: nil, at: nodes, with: make) { _, found in result = found }
        return result
    }

    /// The same batch by batch. Where samples meet in the network, those of a batch are evaluated together.
    /// - Parameters:
    ///   - size: how many samples are a batch, the last one may be smaller; nil for the whole set.
    ///   - body: called for every batch, in order, with its samples and what they showed at each node.
    /// - Throws: as ``observe(_:at:with:)`` does, and what `body` throws.
    public func forEachBatch<Kind: Observer>(
        of graph: Graph, size: Int?, at nodes: Set<NodeID>? = nil, with make: @escaping @Sendable (_ node: Node, _ values: Int) -> Kind,
        _ body: (_ samples: Int, _ observers: [String: Kind]) throws -> Void
    ) throws {
        var evaluator = Evaluator(graph)
        evaluator.checksValues = true
        let observed = nodes ?? graph.neuronSites
        let names = Set(observed.map { graph[$0].name })
        let runner = evaluator
        try rounds(
            CalibrationRound(runner.executable, batchSize: try self.size(size), threads: threads, team: team, make: make) { part, emit in
                _ = try runner.run(part) { node, value in
                    if names.contains(node.name) { emit(node, value) }
                }
            }, body)
    }

    /// One round over the data on a spiking network under rate coding: what the currents `I(t)` that arrive at its neurons show, over
    /// all samples and time-steps together. They are those of `ReferenceSimulator`, which takes every step of every layer by itself.
    /// - Parameter make: a new observer for a neuron site, and at most how many values it will see.
    /// - Returns: by neuron site.
    /// - Throws: as ``observe(_:at:with:)`` does, and ``ConversionError`` for another coding or fewer than one time-step.
    public func observeCurrents<Kind: Observer>(
        of network: SpikingNetwork, timeSteps: Int, with make: @escaping @Sendable (_ site: Node, _ values: Int) -> Kind
    ) throws -> [String: Kind] {
        let currents = try SiteCurrents(network, timeSteps: timeSteps)
        var result: [String: Kind] = [:]
        try rounds(
            CalibrationRound(
                Executable(network.graph), batchSize: try self.size(nil), threads: threads, team: team, make: { make($0, timeSteps * $1) },
                run: currents.run)
        ) { _, found in result = found }
        return result
    }

    /// How many samples are a batch of so many, as far as there are any.
    private func size(_ size: Int?) throws -> Int {
        guard let data else {
            let remedies = [Remedy(.calibration), Remedy(.thresholds)]
            throw ConversionError(
                .noData, "thresholds need calibration data, or a file that states them (\(remedies[0]) or \(remedies[1]))", remedies: remedies)
        }
        guard data.count >= 1 else { throw ConversionError(.noData, "there are no calibration samples") }
        return min(size ?? data.count, data.count)
    }

    private func rounds<Kind: Observer>(
        _ round: CalibrationRound<Kind>, _ body: (_ samples: Int, _ observers: [String: Kind]) throws -> Void
    ) throws {
        precondition(observers?.contains(ObjectIdentifier(Kind.self)) ?? true, "a method that observes what it has not declared: \(Kind.title)")
        var (round, samples) = (round, 0)
        try data!.forEachPart { inputs, _ in
            try round.add(inputs) { count, found in
                samples += count
                try body(count, found)
            }
        }
        try round.finish { count, found in
            samples += count
            try body(count, found)
        }
        guard samples > 0 else { throw ConversionError(.noData, "there are no calibration samples") }
    }
}

extension Graph {
    /// The places of neuron layers.
    var neuronSites: Set<NodeID> {
        Set(nodes.indices.filter { if case .operation(.neuron) = nodes[$0].content { true } else { false } })
    }
}
