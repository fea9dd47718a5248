internal import Foundation

/// Converts one model by several methods and measures what comes out on the same samples.
///
/// The trained network is run once on every sample, for all of them; each spiking network runs once, for as many time-steps as the last one asked for,
/// and answers at all earlier ones on the way.
public struct Comparison: Sendable {
    public typealias Candidate = MethodCandidate

    /// What is being done, for whoever watches.
    public enum Stage: Sendable, Hashable {
        case converting(String)
        /// Trying out networks, as some methods do; then these are counted instead of samples.
        case searching(String)
        case measuring(String)
    }

    public var model: Model
    /// What the model is called in the results.
    public var modelName: String?
    public var candidates: [Candidate]
    public var calibration: CalibrationSet
    public var dataset: Dataset
    /// The time-steps that are shown, ascending.
    public var steps: [Int]
    /// Batch size, threads, limit and the like; its number of time-steps does not count, the ANN always answers, and the task is classification.
    public var settings: Evaluation.Settings
    public var kernels: Kernels
    /// Whether samples may be measured that were calibrated on.
    public var allowsOverlap = false
    /// How the results say why a method, compared under a label, does not fit.
    public var describe: @Sendable (_ error: ConversionError, _ label: String) -> String = { error, _ in error.message }

    /// - Precondition: there are steps, and they ascend from 1 at least.
    public init(
        of model: Model, by candidates: [Candidate], calibrating calibration: CalibrationSet, on dataset: Dataset, steps: [Int],
        settings: Evaluation.Settings, kernels: Kernels = .best
    ) {
        precondition(!steps.isEmpty && steps[0] >= 1 && zip(steps, steps.dropFirst()).allSatisfy(<), "time-steps ascend from 1 at least")
        (self.model, self.candidates, self.calibration, self.dataset) = (model, candidates, calibration, dataset)
        (self.steps, self.settings, self.kernels) = (steps, settings, kernels)
        self.settings.timeSteps = steps.last!
        (self.settings.comparesWithANN, self.settings.earlyExit, self.settings.task) = (true, nil, nil)
    }

    /// - Parameters:
    ///   - resumeFile: by label, where progress is kept after every batch and continued from; nil keeps none. The files are left there:
    ///     remove them once the results are safe.
    ///   - diagnose: called with what a careful user wants to know, and with the candidate that it is about.
    ///   - progress: called with the samples, or networks, done and in all, of every stage; what it throws ends the comparison.
    /// - Throws: the first error of model, data or settings. A method that does not fit the network is no error: it is listed.
    public func run(
        resumeFile: (_ label: String) -> String? = { _ in nil }, diagnose: @escaping (_ label: String?, Diagnostic) -> Void = { _, _ in },
        progress: @escaping (_ stage: Stage, _ done: Int, _ total: Int) throws -> Void = { _, _, _ in }
    ) throws -> ComparisonResults {
        var results = ComparisonResults(model: modelName, steps: steps, settings: settings)
        results.unfit = try forEachNetwork(diagnose: diagnose, progress: progress) { candidate, converted, answers, diagnose in
            let label = candidate.label
            let (clock, began) = (ContinuousClock(), ContinuousClock.now)
            let evaluation = try evaluation(of: converted.network, diagnose)
            let measured = try evaluation.run(
                networkDigest: try digest(of: converted.network), ann: answers, resumeFile: resumeFile(label),
                progress: { try progress(.measuring(label), $0, $1) })
            let seconds = ComparisonResults.Seconds(conversion: converted.seconds, evaluation: (clock.now - began) / .seconds(1))
            results.add(
                .init(label: label, results: measured, steps: steps, needs: converted.needs, seconds: seconds), measured)
        }
        return results
    }

    /// Measures one of several parts of the samples, for every method.
    /// - Parameters:
    ///   - file: by label, where a method's shard is kept: it is gone on with, and left as it is when all is measured.
    ///   - diagnose: as for a whole comparison.
    ///   - progress: as for a whole comparison.
    /// - Returns: what joins with the other shards.
    /// - Throws: the first error of model, data, settings or files.
    public func run(
        _ shard: Shard, file: (_ label: String) -> String, diagnose: @escaping (_ label: String?, Diagnostic) -> Void = { _, _ in },
        progress: @escaping (_ stage: Stage, _ done: Int, _ total: Int) throws -> Void = { _, _, _ in }
    ) throws -> ComparisonShard {
        var entries: [ComparisonShard.Entry] = []
        let unfit = try forEachNetwork(diagnose: diagnose, progress: progress) { candidate, converted, answers, diagnose in
            let (label, path) = (candidate.label, file(candidate.label))
            let (clock, began) = (ContinuousClock(), ContinuousClock.now)
            let evaluation = try evaluation(of: converted.network, diagnose)
            var run = try ShardRun(shard, of: evaluation, path: path, networkDigest: try digest(of: converted.network))
            _ = try run.run(ann: answers) { try progress(.measuring(label), $0, $1) }
            entries.append(
                ComparisonShard.Entry(
                    label: label, file: URL(filePath: path).lastPathComponent, needs: converted.needs,
                    seconds: .init(conversion: converted.seconds, evaluation: (clock.now - began) / .seconds(1))))
        }
        return ComparisonShard(
            subject: .init(shard: shard, model: modelName, steps: steps, settings: settings), entries: entries, unfit: unfit)
    }

    /// A network that a method made.
    private struct Converted {
        var network: SpikingNetwork
        var needs: ComparisonResults.Needs
        var seconds: Double
    }

    /// Converts by one method after the other.
    /// - Returns: the methods that do not fit the network.
    private func forEachNetwork(
        diagnose: @escaping (_ label: String?, Diagnostic) -> Void,
        progress: @escaping (_ stage: Stage, _ done: Int, _ total: Int) throws -> Void,
        _ body: (Candidate, Converted, ANNAnswers, _ diagnose: @escaping (Diagnostic) -> Void) throws -> Void
    ) throws -> [ComparisonResults.Unfit] {
        model.diagnostics.forEach { diagnose(nil, $0) }
        for candidate in candidates { try candidate.method.validate() }
        let answers = ANNAnswers(try simulator(of: model.withoutNeurons(), timeSteps: 1))
        var unfit: [ComparisonResults.Unfit] = []
        var said: Set<String> = []
        for candidate in candidates {
            let label = candidate.label
            do {
                let tell: (Diagnostic) -> Void = { if said.insert("\($0)").inserted { diagnose(label, $0) } }
                try body(candidate, convert(by: candidate, tell, progress), answers, tell)
            } catch let error as ConversionError {
                guard error.code == .unfitNetwork else { throw error }
                unfit.append(ComparisonResults.Unfit(label: label, method: candidate.method.name, reason: describe(error, label)))
            }
        }
        return unfit
    }

    private func convert(
        by candidate: Candidate, _ diagnose: @escaping (Diagnostic) -> Void,
        _ progress: @escaping (_ stage: Stage, _ done: Int, _ total: Int) throws -> Void
    ) throws -> Converted {
        let label = candidate.label
        var conversion = Conversion(of: model, method: candidate.method, calibrating: calibration, threads: settings.threads)
        conversion.checksFidelity = false
        var rounds = 0
        let clock = ContinuousClock()
        let began = clock.now
        let network = try conversion.run(
            diagnose: { note in if !model.diagnostics.contains(note) { diagnose(note) } },
            progress: { done, total in
                if done == total { rounds += 1 }
                try progress(.converting(label), done, total)
            },
            searching: { try progress(.searching(label), $0, $1) })
        let seconds = (clock.now - began) / .seconds(1)
        return Converted(
            network: network,
            needs: ComparisonResults.Needs(
                calibrationSamples: rounds > 0 ? network.provenance.calibrationCount : nil, calibrationRounds: rounds,
                trainedBounds: network.graph.nodes.count { $0.operation?.neuronSite?.activation?.trained != nil },
                probeSteps: network.timing.probe, feedingSteps: network.timing.feeding),
            seconds: seconds)
    }

    /// - Throws: `SpikingError` naming samples that were calibrated on, unless that is allowed; what making an evaluation throws.
    private func evaluation(of network: SpikingNetwork, _ diagnose: (Diagnostic) -> Void) throws -> Evaluation {
        if !allowsOverlap, network.provenance.calibrationSamples != nil {
            try CalibrationOverlap.check(
                network, settings.limit.map { dataset.prefix($0) } ?? dataset, skipBad: settings.skipBad, threads: settings.threads)
        }
        let evaluation = try Evaluation(simulator(of: network, timeSteps: steps.last!), on: dataset, settings: settings)
        evaluation.diagnostics.forEach(diagnose)
        return evaluation
    }

    private func simulator(of network: SpikingNetwork, timeSteps: Int) throws -> ParallelSimulator {
        let program = try Program(network, timeSteps: timeSteps, weights: settings.weights, kernels: kernels)
        return ParallelSimulator(program, threads: settings.threads)
    }

    /// Of everything that a network was made from: the same conversion makes the same network.
    private func digest(of network: SpikingNetwork) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return SHA256.digest(of: [UInt8](try encoder.encode(network.provenance))).hexadecimal
    }
}
