/// Converts a model: hands it with calibration data to a method, records where everything came from, and looks how closely the new
/// network follows its ANN.
public struct Conversion: Sendable {
    public var model: Model
    public var method: any ConversionMethod
    public var calibration: CalibrationSet?
    public var normalizesParameters = false
    /// Whether the new network is run beside its ANN on some of the calibration samples.
    public var checksFidelity = true
    public var threads: Int

    public init(
        of model: Model, method: some ConversionMethod = MultiThreshold.ecmt, calibrating calibration: CalibrationSet? = nil, threads: Int = 1
    ) {
        self.model = model
        self.method = method
        self.calibration = calibration
        self.threads = threads
    }

    /// - Parameters:
    ///   - diagnose: called with what a careful user wants to know.
    ///   - progress: called with the samples done and in all, of every round over the calibration data and of the check behind them;
    ///     what it throws ends the conversion.
    ///   - searching: called by methods that try out networks, with those done and at most how many there are; what it throws ends the
    ///     conversion.
    ///   - team: makes the processes that calibrate together, which all make the same network; nil for this one alone. It is given what tells
    ///     one conversion from another: the same for the same model, method and data.
    /// - Throws: the first error of model, data or settings.
    public func run(
        diagnose: @escaping (Diagnostic) -> Void = { _ in }, progress: @escaping (_ done: Int, _ total: Int) throws -> Void = { _, _ in },
        searching: @escaping (_ done: Int, _ total: Int) throws -> Void = { _, _ in },
        team: (_ conversion: Digest) throws -> (any CalibrationTeam)? = { _ in nil }
    ) throws -> SpikingNetwork {
        model.diagnostics.forEach(diagnose)
        try method.validate()
        try method.check(model.graph)
        let modelDigest = try model.weightsDigest()
        let samples = try calibration.map {
            try CalibrationSamples($0, for: model, threads: threads, diagnose: diagnose, progress: progress)
        }
        let isCalibrated = !method.observers.isEmpty
        let members = try isCalibrated ? samples.flatMap { try team(identity(modelDigest, $0.digest)) } : nil
        var network = try method.convert(
            model.graph,
            on: Calibration(
                isCalibrated ? samples : nil, batchSize: calibration?.batchSize, observers: method.observers, threads: threads,
                team: members, searching: searching))
        network.preprocessing = model.preprocessing
        network.classNames = model.classNames
        network.provenance.modelDigest = modelDigest
        network.provenance.settings["normalize-parameters"] = "\(normalizesParameters)"
        // A method that finds all it needs in the network does not ask for the samples.
        if let samples, samples.wereRead {
            samples.describe(in: &network.provenance)
        } else if checksFidelity {
            try samples?.forEachPart { _, _ in }
        }
        network.diagnostics.forEach(diagnose)
        var result = normalizesParameters ? try ParallelNormalization.apply(to: network) : network
        if checksFidelity, let inputs = samples?.kept {
            let fidelity = try FidelityCheck.run(result, on: inputs, threads: threads, progress: progress)
            result.fidelity = fidelity
            if !fidelity.follows { diagnose(warning(fidelity, network.coding)) }
        }
        return result
    }

    /// Which conversion it is.
    private func identity(_ modelDigest: String, _ dataDigest: String) -> Digest {
        let settings = method.settingValues.map { "\($0.name)=\($0.value)" }
        let batch = calibration?.batchSize.map(String.init) ?? "whole set"
        return SHA256.digest(of: Array(([volleyVersion, modelDigest, dataDigest, batch, method.name] + settings).joined(separator: "\n").utf8))
    }

    private func warning(_ fidelity: Fidelity, _ coding: Coding) -> Diagnostic {
        let last = fidelity.steps.last!
        let found = [
            last.agreement.map { "it gives the ANN's answer to \(Int(($0 * 100).rounded())) % of the samples" },
            last.error.map { "the error of its output is \(Int(($0 * 100).rounded())) %" } ?? "its output is not finite",
        ].compactMap(\.self).joined(separator: ", ")
        let advice = coding == .rate ? "the method 'differential', or more time-steps" : "more time-steps, or more levels"
        return Diagnostic("warning", "at t = \(last.step) the spiking network hardly follows its ANN: \(found). Try \(advice).")
    }
}

extension Model {
    /// SHA-256 of the weights: of the file, or over the digests of the shards in order, hexadecimal.
    /// - Throws: `FormatError` when a file cannot be read.
    public func weightsDigest() throws -> String {
        let digests = try weightFiles.map { try SHA256.digest(ofFile: $0).hexadecimal }
        return digests.count == 1 ? digests[0] : SHA256.digest(of: Array(digests.joined().utf8)).hexadecimal
    }
}
