/// Finds out why a spiking network answers otherwise than its ANN, and what would help: a ``Diagnosis``.
///
/// Every figure is measured on samples: sites by the reference simulator, what a site does to the outputs by networks in which it alone is
/// exact or alone spikes, and advice by making the changed network and running it. No labels are needed.
public struct Verification: Sendable {
    /// What is being done, for whoever watches.
    public enum Stage: Sendable, Hashable {
        case reading, profiling, ranking, leavingOut
        /// What is tried out, in words.
        case trying(String)
    }

    /// What calibrates conversions that are tried out.
    public struct Reconversion: Sendable {
        public var model: Model
        public var calibration: CalibrationSet

        public init(of model: Model, calibrating calibration: CalibrationSet) {
            self.model = model
            self.calibration = calibration
        }
    }

    public var network: SpikingNetwork
    public var data: CalibrationSet
    /// T: the time-step whose answers count.
    public var timeSteps: Int
    /// How many samples are measured on at most.
    public var samples = 16
    /// How many sites are left out and left alone one after the other, those that a few samples show to matter most.
    public var mostSites = 8
    /// The largest output error with which nothing has to be changed.
    public var tolerance = 0.01
    /// The model and its calibration data; where there are none, conversions are tried on the network's own ANN and on other samples of the data.
    public var reconversion: Reconversion?
    /// Whether samples may be looked at that the network was calibrated with.
    public var allowsOverlap = false
    public var prices = EnergyPrices.arithmetic
    public var threads = 1

    /// At most so many samples of the data calibrate conversions that are tried out.
    private static let mostOthers = 64
    /// What advice has to take off the output error.
    private static let leastGain = 0.1

    /// - Parameter timeSteps: nil for ``suggestedTimeSteps(of:)``.
    public init(of network: SpikingNetwork, on data: CalibrationSet, timeSteps: Int? = nil) {
        self.network = network
        self.data = data
        self.timeSteps = timeSteps ?? Self.suggestedTimeSteps(of: network)
    }

    /// The steps that a network was made for, where its origin tells; 4 for ladders of thresholds, and 32 behind a first run for others.
    public static func suggestedTimeSteps(of network: SpikingNetwork) -> Int {
        if let steps = network.provenance.settings["steps"].flatMap({ Int($0) }), steps >= 1 { return steps }
        return network.neurons.values.allSatisfy { $0.model is MultiThresholdNeuron } ? 4 : 32 + network.timing.probe
    }

    /// The trained network that the spiking one was made from, as it holds it.
    /// - Throws: `GraphError` never for a network that was read or made.
    public static func ann(of network: SpikingNetwork) throws -> Model {
        Model(
            graph: try network.graph.withoutNeurons(), preprocessing: network.preprocessing, classNames: network.classNames,
            architecture: "the ANN of a spiking network")
    }

    /// - Parameters:
    ///   - diagnose: called with what a careful user wants to know of the data.
    ///   - describe: how the diagnosis says why a conversion gives no network.
    ///   - progress: called with how far a stage is; what it throws ends the run.
    /// - Throws: the first error of network, data or settings. A change that cannot be made is no error: the diagnosis lists it.
    public func run(
        diagnose: @escaping (Diagnostic) -> Void = { _ in },
        describe: (_ error: ConversionError, _ label: String) -> String = { error, _ in error.description },
        progress: @escaping (_ stage: Stage, _ done: Int, _ total: Int) throws -> Void = { _, _, _ in }
    ) throws -> Diagnosis {
        try check()
        let (inputs, labels, note) = try read(diagnose) { try progress(.reading, $0, $1) }
        let samples = try VerificationSamples(network, inputs, labels: labels, measured: self.samples, prices: prices, threads: threads)
        let figures = try samples.figures(of: network, at: [timeSteps, 2 * timeSteps])
        var findings = try SiteProfile(network, timeSteps: timeSteps, threads: threads).findings(on: samples.runs) {
            try progress(.profiling, $0, $1)
        }
        let leaving = LeaveOneOut(network: network, timeSteps: timeSteps, samples: samples)
        let worst = try leaving.worst(mostSites) { try progress(.ranking, $0, $1) }
        for (index, site) in worst.enumerated() {
            try progress(.leavingOut, index, worst.count)
            let place = findings.firstIndex { $0.site == site }!
            findings[place].ifAlone = try leaving.figures(alone: site)
            findings[place].ifExact = try leaving.figures(without: site)
        }
        try progress(.leavingOut, worst.count, worst.count)
        findings = Self.ranked(findings)
        var diagnosis = Diagnosis(
            method: network.provenance.method, coding: network.coding, data: dataName, samples: samples.count,
            otherSamples: reconversion == nil ? samples.others.count : 0, timeSteps: timeSteps, figures: figures[0],
            annAccuracy: samples.annAccuracy, labelsNote: note, tolerance: tolerance, sites: findings,
            rankingSamples: worst.count < findings.count ? samples.fewCount : nil, advice: [], rejected: [])
        guard !diagnosis.isGood else { return diagnosis }
        diagnosis.weigh(
            (.steps(2 * timeSteps), "estimates settle with time; this is the same run, gone on with"), figures[1], isEstimate: false,
            leastGain: Self.leastGain)
        try advise(&diagnosis, samples, describe, progress: progress)
        diagnosis.rank()
        return diagnosis
    }

    private func check() throws {
        guard timeSteps >= 1, samples >= 1, mostSites >= 1, threads >= 1 else {
            throw SpikingError(.badSettings, "a diagnosis needs at least 1 time-step, 1 sample, 1 site and 1 thread")
        }
        guard tolerance >= 0, tolerance.isFinite else {
            throw SpikingError(.badSettings, "the error that is put up with is a number from 0 on, found \(tolerance)")
        }
        guard !network.neurons.isEmpty else { throw SpikingError(.badSettings, "this network has no neuron sites, so there is nothing to look at") }
        guard let reconversion, let expected = network.provenance.modelDigest else { return }
        guard try reconversion.model.weightsDigest() == expected else {
            throw SpikingError(
                .badSettings,
                "the model is not the one that the spiking network was made from: the SHA-256 of its weights is "
                    + "\(try reconversion.model.weightsDigest().prefix(12))…, recorded is \(expected.prefix(12))…")
        }
    }

    /// Those that change the outputs most first, then by their own error.
    private static func ranked(_ findings: [SiteFinding]) -> [SiteFinding] {
        func weight(_ finding: SiteFinding) -> (Double, Double) {
            (finding.ifAlone.map { $0.error ?? .infinity } ?? -1, finding.ownError ?? .infinity)
        }
        return findings.enumerated().sorted { a, b in
            let (first, second) = (weight(a.element), weight(b.element))
            return first == second ? a.offset < b.offset : first > second
        }.map(\.element)
    }

    // MARK: Data

    private var dataName: String {
        switch data.source {
        case .arrays(let arrays): arrays.name
        case .dataset(let dataset): dataset.name
        }
    }

    /// The samples that are measured on, and others, with their classes where these are known.
    private func read(
        _ diagnose: @escaping (Diagnostic) -> Void, progress: @escaping (_ done: Int, _ total: Int) throws -> Void
    ) throws -> (inputs: [String: Tensor], labels: [Int]?, note: String?) {
        let batching = Batching(network.graph)
        var set = data
        let limit = try self.limit(of: set, batching)
        set.limit = limit
        if case .dataset(let whole) = set.source {
            let dataset = whole.prefix(limit)
            set.source = .dataset(dataset)
            if !allowsOverlap { try CalibrationOverlap.check(network, dataset, skipBad: set.skipBad, threads: threads) }
        }
        let reader = try CalibrationSamples(set, for: Self.ann(of: network), threads: threads, diagnose: diagnose, progress: progress)
        var parts: [[String: Tensor]] = []
        try reader.forEachPart { inputs, _ in parts.append(inputs) }
        guard !parts.isEmpty else { throw ConversionError(.noData, "there are no samples to measure on") }
        let (labels, note) = self.labels(set)
        return (batching.joining(inputs: parts), labels, note)
    }

    /// How many samples are read: whole runs of the network.
    private func limit(of set: CalibrationSet, _ batching: Batching) throws -> Int {
        let available: Int
        switch set.source {
        case .arrays(let arrays): available = arrays.count
        case .dataset(let dataset):
            available = dataset.count
            let inputs = network.graph.inputs.map { network.graph[$0].name }
            guard inputs.count == 1 else {
                throw EvaluationError(
                    .malformedDataset, "A network with several inputs is looked at on an .npz file with an array for each of them.",
                    context: .init(file: dataset.path, expected: inputs.joined(separator: ", ")))
            }
        }
        let run = batching.samplesPerRun
        let whole = min(available, set.limit ?? available) / run * run
        guard whole > 0 else {
            throw ConversionError(.noData, available == 0 ? "there are no samples to measure on" : Batching.remainder(of: available, run))
        }
        return min(whole, batching.size(near: samples) + batching.size(near: Self.mostOthers))
    }

    private func labels(_ set: CalibrationSet) -> (indices: [Int]?, note: String?) {
        guard case .dataset(let dataset) = set.source, let output = FidelitySums.classOutput(of: network.graph), !set.skipBad else {
            return (nil, nil)
        }
        let classes = network.graph.outputs.first { $0.name == output }.map { network.graph[$0.value].shape[1].size } ?? 0
        do {
            return (try dataset.labels(for: ClassList(count: classes, names: network.classNames)).indices, nil)
        } catch {
            return (nil, "\(error)")
        }
    }

    // MARK: Advice

    private func advise(
        _ diagnosis: inout Diagnosis, _ samples: VerificationSamples, _ describe: (_ error: ConversionError, _ label: String) -> String,
        progress: @escaping (_ stage: Stage, _ done: Int, _ total: Int) throws -> Void
    ) throws {
        let candidates = Candidates(network: network, timeSteps: timeSteps, findings: diagnosis.sites, isCalibrated: reconversion != nil)
        let all = candidates.adjustments(diagnosis.sites.filter { $0.ifAlone != nil }) + candidates.conversions()
        for (index, candidate) in all.enumerated() {
            let advice = Advice(change: candidate.change, reason: "", predicted: diagnosis.figures, isEstimate: false)
            try progress(.trying(advice.summary), index, all.count)
            do {
                let changed = try self.changed(by: candidate.change, samples.others) { try progress(.trying(advice.summary), index, all.count) }
                diagnosis.weigh(
                    candidate, try samples.figures(of: changed.network, at: [timeSteps])[0], isEstimate: changed.isEstimate, leastGain: Self.leastGain
                )
            } catch let error as SpikingError {
                diagnosis.rejected.append(.init(summary: advice.summary, reason: error.message))
            } catch let error as ConversionError {
                var label = ""
                if case .conversion(let chosen) = candidate.change { label = chosen }
                diagnosis.rejected.append(.init(summary: advice.summary, reason: describe(error, label)))
            }
        }
        try progress(.trying(""), all.count, all.count)
    }

    private func changed(
        by change: Advice.Change, _ others: OtherSamples, tick: @escaping () throws -> Void
    ) throws -> (network: SpikingNetwork, isEstimate: Bool) {
        switch change {
        case .steps: return (network, false)
        case .adjustment(let adjustment): return (try adjustment.apply(to: network), false)
        case .conversion(let label):
            let method = try MethodCandidate.parsed(label).method
            guard let reconversion else {
                guard others.count > 0 else {
                    throw ConversionError(
                        .noData, "all samples are measured on, so that none is left to calibrate with: name the model and calibration data")
                }
                let ann = try Self.ann(of: network)
                try method.check(ann.graph)
                let calibration = try Calibration(others, batchSize: 128, observers: method.observers, threads: threads) { _, _ in try tick() }
                return (try method.convert(ann.graph, on: calibration), true)
            }
            return (try convert(reconversion, by: method, tick: tick), false)
        }
    }

    private func convert(_ reconversion: Reconversion, by method: some ConversionMethod, tick: @escaping () throws -> Void) throws -> SpikingNetwork {
        var conversion = Conversion(of: reconversion.model, method: method, calibrating: reconversion.calibration, threads: threads)
        conversion.checksFidelity = false
        return try conversion.run(progress: { _, _ in try tick() }, searching: { _, _ in try tick() })
    }
}

extension Diagnosis {
    /// Takes a change for advice where it helps, and says so where it does not.
    fileprivate mutating func weigh(_ candidate: Candidates.Candidate, _ found: AnswerFigures, isEstimate: Bool, leastGain: Double) {
        let advice = Advice(change: candidate.change, reason: candidate.reason, predicted: found, isEstimate: isEstimate)
        let before = figures.error ?? .infinity
        guard let after = found.error, after <= (1 - leastGain) * before else {
            let text = found.error.map { "output error \(TextTable.fixed($0, 4))" } ?? "its output is not finite"
            return rejected.append(.init(summary: advice.summary, reason: text))
        }
        self.advice.append(advice)
    }

    fileprivate mutating func rank() {
        func key(_ advice: Advice) -> (Double, Double) { (advice.predicted.error ?? .infinity, advice.predicted.energy ?? .infinity) }
        advice = advice.enumerated().sorted { a, b in
            let (first, second) = (key(a.element), key(b.element))
            return first == second ? a.offset < b.offset : first < second
        }.map(\.element)
    }
}
