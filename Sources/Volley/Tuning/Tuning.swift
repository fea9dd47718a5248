/// Searches methods and their settings for networks that cost least for what they lose, on calibration data alone.
///
/// The data is parted in two (``CalibrationSplit``): every candidate is converted on one half and measured on the other beside its ANN. A
/// grid of candidates comes first; where there is a bound, a few more come close to it.
public struct Tuning: Sendable {
    /// What is being done, for whoever watches.
    public struct Progress: Sendable, Hashable {
        public enum Stage: String, Sendable, Hashable {
            case reading, converting, searching, measuring
        }

        /// Of the candidates so many are done, and so many there are, those around the bound included, which may be fewer.
        public var candidatesDone: Int
        public var candidates: Int
        /// The one in work; nil while the samples are read.
        public var label: String?
        public var stage: Stage
        /// Samples, or networks tried out while searching.
        public var done: Int
        public var total: Int
    }

    public var model: Model
    /// What the model is called in the results.
    public var modelName: String?
    public var candidates: [MethodCandidate]
    public let split: CalibrationSplit
    /// What the data is called in the results.
    public var dataName: String
    /// The time-steps that are looked at, ascending.
    public var steps: [Int]
    public var bound: TuningBound?
    /// How many candidates more are tried around the bound.
    public var refinements: Int
    public var prices: EnergyPrices
    /// No figure but times depends on it.
    public var threads: Int

    /// - Precondition: there are steps, and they ascend from 1 at least; no two candidates have one label.
    /// - Throws: what ``CalibrationSplit`` throws.
    public init(
        of model: Model, by candidates: [MethodCandidate], on calibration: CalibrationSet, steps: [Int], bound: TuningBound? = nil,
        refinements: Int = 4, prices: EnergyPrices = .arithmetic, threads: Int = 1
    ) throws {
        precondition(!steps.isEmpty && steps[0] >= 1 && zip(steps, steps.dropFirst()).allSatisfy(<), "time-steps ascend from 1 at least")
        precondition(Set(candidates.map(\.label)).count == candidates.count, "labels tell candidates apart")
        (self.model, self.candidates, self.steps, self.bound) = (model, candidates, steps, bound)
        (self.refinements, self.prices, self.threads) = (refinements, prices, threads)
        split = try CalibrationSplit(calibration, for: model, threads: threads)
        dataName =
            switch calibration.source {
            case .arrays(let arrays): arrays.name
            case .dataset(let dataset): dataset.name
            }
    }

    /// What kept progress belongs to: the rest of a tuning may change, and what was measured stays.
    private struct Subject: Sendable, Hashable, Codable {
        var model: String
        var calibrating: String
        var measuring: String
        var batchSize: Int?
        var prices: EnergyPrices
        var steps: [Int]
    }

    /// What was found out of candidates, by label.
    private struct State: Sendable, Codable {
        var entries: [String: TuningResults.Entry] = [:]
        var unfit: [String: String] = [:]
    }

    /// - Parameters:
    ///   - resumeFile: where progress is kept after every candidate and continued from; nil keeps none. It is left there: remove it once
    ///     the results are safe.
    ///   - diagnose: called with what a careful user wants to know, and with the candidate that it is about.
    ///   - describe: how the results say why a candidate gives no network.
    ///   - progress: called with how far the work is; what it throws ends the tuning.
    /// - Throws: the first error of model, data or file. A candidate that does not fit the network is no error: it is listed.
    public func run(
        resumeFile: String? = nil, diagnose: @escaping (_ label: String?, Diagnostic) -> Void = { _, _ in },
        describe: (_ error: ConversionError, _ label: String) -> String = { error, _ in error.description },
        progress: @escaping (Progress) throws -> Void = { _ in }
    ) throws -> TuningResults {
        let heldOut = try heldOut(diagnose) { try progress(self.progress(0, nil, .reading, $0, $1)) }
        let calibrating = try CalibrationSamples(split.calibrating, for: model, threads: threads, diagnose: { _ in }, progress: { _, _ in })
        let file = try resumeFile.map {
            try ProgressFile<Subject, State>(
                path: $0,
                of: Subject(
                    model: try model.weightsDigest(), calibrating: calibrating.digest, measuring: heldOut.digest,
                    batchSize: split.calibrating.batchSize, prices: prices, steps: steps), kind: .init(title: "volley tuning", name: "tuning"))
        }
        var known = file?.state ?? State()
        var results = TuningResults(
            model: modelName, data: dataName, calibrationSamples: calibrating.count, heldOutSamples: heldOut.count,
            calibrationDigest: calibrating.digest, heldOutDigest: heldOut.digest, prices: prices, steps: steps, threads: threads, bound: bound)
        var tried: [String: any ConversionMethod] = [:]
        func measure(_ candidate: MethodCandidate) throws {
            let label = candidate.label
            if known.entries[label] == nil, known.unfit[label] == nil {
                do {
                    known.entries[label] = try entry(candidate, heldOut, { diagnose(label, $0) }) { stage, done, total in
                        try progress(self.progress(tried.count, label, stage, done, total))
                    }
                } catch let error as ConversionError where error.code == .unfitNetwork || error.code == .badSettings {
                    known.unfit[label] = describe(error, label)
                } catch let error as SpikingError where error.code == .notFinite {
                    known.unfit[label] = error.message
                }
                try file?.write(known)
            }
            tried[label] = candidate.method
            if let entry = known.entries[label] { results.entries.append(entry) }
            if let reason = known.unfit[label] { results.unfit.append(.init(label: label, reason: reason)) }
        }
        for candidate in candidates { try measure(candidate) }
        if let bound {
            for _ in 0..<refinements {
                guard let next = BudgetSearch(bound: bound).next(tried, results.entries) else { break }
                try measure(next)
            }
        }
        results.settle()
        return results
    }

    private func heldOut(
        _ diagnose: @escaping (_ label: String?, Diagnostic) -> Void, progress: @escaping (_ done: Int, _ total: Int) throws -> Void
    ) throws -> HeldOutSamples {
        try HeldOutSamples(split.measuring, for: model, threads: threads, diagnose: { diagnose(nil, $0) }, progress: progress)
    }

    private func progress(_ finished: Int, _ label: String?, _ stage: Progress.Stage, _ done: Int, _ total: Int) -> Progress {
        let all = candidates.count + (bound == nil ? 0 : refinements)
        return Progress(candidatesDone: finished, candidates: all, label: label, stage: stage, done: done, total: total)
    }

    private func entry(
        _ candidate: MethodCandidate, _ heldOut: HeldOutSamples, _ diagnose: @escaping (Diagnostic) -> Void,
        progress: @escaping (_ stage: Progress.Stage, _ done: Int, _ total: Int) throws -> Void
    ) throws -> TuningResults.Entry {
        let clock = ContinuousClock()
        let began = clock.now
        var conversion = conversion(by: candidate.method)
        conversion.checksFidelity = false
        let network = try conversion.run(
            diagnose: { _ in }, progress: { try progress(.converting, $0, $1) }, searching: { try progress(.searching, $0, $1) })
        network.diagnostics.forEach(diagnose)
        let converted = clock.now
        let steps = candidate.method.steps(among: steps)
        let fidelity = try heldOut.measure(network, at: steps, prices: prices, threads: threads) { try progress(.measuring, $0, $1) }
        let measured = clock.now
        let milliseconds = try steps.map { try heldOut.milliseconds(of: network, steps: $0, threads: threads) }
        return TuningResults.Entry(
            label: candidate.label, method: candidate.method.name, settings: network.provenance.settings, grades: network.grades,
            points: fidelity.steps.map { step in
                TuningResults.Point(
                    step: step.step, loss: step.error, agreement: step.agreement, energy: step.energy, strictEnergy: step.strictEnergy ?? step.energy)
            },
            times: .init(
                conversionSeconds: (converted - began) / .seconds(1), measuringSeconds: (measured - converted) / .seconds(1),
                millisecondsPerSample: milliseconds)
        )
    }

    private func conversion(by method: any ConversionMethod) -> Conversion {
        func conversion(_ method: some ConversionMethod) -> Conversion {
            Conversion(of: model, method: method, calibrating: split.calibrating, threads: threads)
        }
        return conversion(method)
    }

    /// The network of a choice, as it was measured. Its record of samples holds those that it was measured on too, since it was chosen by
    /// them: neither half says anything about it any more.
    /// - Throws: what the conversion throws; `ConversionError` for a label that is no method with settings.
    public func network(
        of choice: TuningResults.Choice, diagnose: @escaping (Diagnostic) -> Void = { _ in },
        progress: @escaping (Progress) throws -> Void = { _ in }
    ) throws -> SpikingNetwork {
        let candidate = try candidates.first { $0.label == choice.label } ?? MethodCandidate.parsed(choice.label)
        func report(_ stage: Progress.Stage, _ done: Int, _ total: Int) throws {
            try progress(self.progress(candidates.count, choice.label, stage, done, total))
        }
        var network = try conversion(by: candidate.method).run(
            diagnose: diagnose, progress: { try report(.converting, $0, $1) }, searching: { try report(.searching, $0, $1) })
        let heldOut = try heldOut({ _, _ in }) { _, _ in }
        let calibrated = network.provenance.calibrationSamples.map { $0 + " " } ?? ""
        network.provenance.calibrationSamples = calibrated + heldOut.sampleDigests
        network.provenance.settings["tuned-for"] = "t = \(choice.step)"
        return network
    }
}
