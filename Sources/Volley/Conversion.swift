internal import Foundation

/// Converts a model: places neurons, calibrates, chooses thresholds, and records where everything came from.
public struct Conversion: Sendable {
    /// The data that thresholds are taken from, and how.
    public struct Calibration: Sendable {
        public enum Source: Sendable {
            /// Labelled samples, preprocessed as the model asks for.
            case dataset(Dataset)
            /// Arrays named like the model's inputs, fed as they are.
            case arrays(NamedArrays)

            /// Opens what lies at a path: arrays where an `.npz` file names all of the model's inputs, otherwise a data set.
            /// Bytes for a model that knows how to preprocess images are images, whatever they are called.
            /// - Parameter arrays: which array holds `x` or an input of that name, where it is called otherwise.
            /// - Throws: `EvaluationError` or `FormatError`, which name the file and say what was expected.
            public static func open(_ path: String, for model: Model, arrays: [String: String] = [:]) throws -> Source {
                let inputs = model.graph.inputs.map { model.graph[$0].name }
                let isImages = try model.preprocessing != nil && inputs.count == 1 && holdsBytes(path, arrays[inputs[0]] ?? inputs[0])
                if !isImages, NamedArrays.fits(path, inputs: inputs, chosen: arrays) {
                    return .arrays(
                        try NamedArrays(path: path, for: model.graph, chosen: arrays)
                            .fitted(to: model.graph, preprocessing: model.preprocessing))
                }
                return .dataset(try Dataset.open(path, .init(arrays: arrays, input: inputs.count == 1 ? inputs[0] : nil)))
            }

            private static func holdsBytes(_ path: String, _ array: String) throws -> Bool {
                guard path.hasSuffix(".npz"), let archive = try? NpzArchive(path: path), archive.names.contains(array) else {
                    return false
                }
                return try archive.array(array).elementType == .uint8
            }
        }

        public var source: Source
        /// Samples that share a quantile; nil for the whole set.
        public var batchSize: Int?
        public var limit: Int?
        public var skipBad: Bool

        public init(_ dataset: Dataset, batchSize: Int? = 128, limit: Int? = nil, skipBad: Bool = false) {
            self.init(.dataset(dataset), batchSize: batchSize, limit: limit, skipBad: skipBad)
        }

        public init(_ source: Source, batchSize: Int? = 128, limit: Int? = nil, skipBad: Bool = false) {
            self.source = source
            self.batchSize = batchSize
            self.limit = limit
            self.skipBad = skipBad
        }
    }

    public var model: Model
    public var recipe: ConversionRecipe
    public var calibration: Calibration?
    /// Explicit thresholds `[positive, negative]` by site, instead of calibration.
    public var thresholds: [String: [Double]]?
    public var preset: ThresholdPreset?
    public var normalizesParameters = false
    /// Whether the new network is run beside its ANN on some of the calibration samples.
    public var checksFidelity = true
    public var threads: Int

    public init(
        of model: Model, recipe: ConversionRecipe = .ecmt, calibrating calibration: Calibration? = nil,
        thresholds: [String: [Double]]? = nil, preset: ThresholdPreset? = nil, threads: Int = 1
    ) {
        self.model = model
        self.recipe = recipe
        self.calibration = calibration
        self.thresholds = thresholds
        self.preset = preset
        self.threads = threads
    }

    /// - Parameters:
    ///   - diagnose: called with what a careful user wants to know.
    ///   - progress: called with the samples done and in all, of the calibration and of the check behind it; what it
    ///     throws ends the conversion.
    /// - Throws: the first error of model, data or settings.
    public func run(
        diagnose: (Diagnostic) -> Void = { _ in }, progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws -> SpikingNetwork {
        model.diagnostics.forEach(diagnose)
        let converter = try Converter(model.graph, recipe: recipe)
        var provenance = Provenance(
            version: volleyVersion, method: recipe.name, citation: recipe.citation, settings: settings)
        provenance.modelDigest = try model.weightsDigest()
        var kept: KeptSamples?
        var table: ThresholdTable
        if let thresholds {
            table = try ThresholdTable(thresholds, sites: converter.sites)
        } else if let calibration {
            table = ThresholdTable(
                try calibrate(converter, calibration, &provenance, &kept, diagnose, progress), recipe: recipe)
        } else {
            throw ConversionError(
                .noData, "thresholds need calibration data, or a file that states them (--calibration or --thresholds)")
        }
        try preset?.apply(to: &table, recipe: recipe)
        let network = try converter.convert(
            table, provenance: provenance, preprocessing: model.preprocessing, classNames: model.classNames)
        network.diagnostics.forEach(diagnose)
        var result = normalizesParameters ? try ParallelNormalization.apply(to: network) : network
        if checksFidelity, let inputs = kept?.inputs {
            let fidelity = try FidelityCheck.run(result, on: inputs, threads: threads, progress: progress)
            result.fidelity = fidelity
            if !fidelity.follows { diagnose(warning(fidelity)) }
        }
        return result
    }

    private func warning(_ fidelity: Fidelity) -> Diagnostic {
        let last = fidelity.steps.last!
        let found = [
            last.agreement.map { "it gives the ANN's answer to \(Int(($0 * 100).rounded())) % of the samples" },
            last.error.map { "the error of its output is \(Int(($0 * 100).rounded())) %" } ?? "its output is not finite",
        ].compactMap(\.self).joined(separator: ", ")
        let advice = recipe.coding == .rate ? "--method differential, or more time-steps" : "more time-steps, or more --levels"
        return Diagnostic("warning", "at t = \(last.step) the spiking network hardly follows its ANN: \(found). Try \(advice).")
    }

    private func calibrate(
        _ converter: Converter, _ calibration: Calibration, _ provenance: inout Provenance, _ kept: inout KeptSamples?,
        _ diagnose: (Diagnostic) -> Void, _ progress: (Int, Int) throws -> Void
    ) throws -> CalibrationTable {
        switch calibration.source {
        case .dataset(let dataset):
            try calibrate(converter, dataset, calibration, &provenance, &kept, diagnose, progress)
        case .arrays(let arrays):
            try calibrate(converter, arrays, calibration, &provenance, &kept, diagnose, progress)
        }
    }

    private func calibrate(
        _ converter: Converter, _ arrays: NamedArrays, _ calibration: Calibration, _ provenance: inout Provenance,
        _ kept: inout KeptSamples?, _ diagnose: (Diagnostic) -> Void, _ progress: (Int, Int) throws -> Void
    ) throws -> CalibrationTable {
        arrays.diagnostics.forEach(diagnose)
        let batching = Batching(converter.placed)
        let count = min(arrays.count, calibration.limit ?? arrays.count)
        try check(count, batching)
        provenance.calibrationDigest = arrays.digest.hexadecimal
        provenance.calibrationCount = count
        var calibrator = try Calibrator(
            converter.placed, quantile: recipe.quantile, batchSize: calibration.batchSize, sampleLimit: count,
            threads: threads)
        try progress(0, count)
        var samples = KeptSamples(converter.placed, upTo: FidelityCheck.mostSamples, of: count)
        var digests = SampleDigests()
        for range in batching.parts(of: count, atMost: (count + 127) / 128) {
            let part = arrays.samples(range)
            try calibrator.add(part)
            samples.add(part, count: range.count)
            digests.add(part)
            try progress(range.upperBound, count)
        }
        kept = samples
        provenance.calibrationSamples = digests.description
        return try calibrator.finish()
    }

    /// - Throws: ``ConversionError`` where a file fixes the batch and the samples are no multiple of it.
    private func check(_ count: Int, _ batching: Batching) throws {
        let fixed = batching.samplesPerRun
        guard count % fixed == 0 else { throw ConversionError(.noData, Batching.remainder(of: count, fixed) + " (--limit)") }
    }

    private func calibrate(
        _ converter: Converter, _ dataset: Dataset, _ calibration: Calibration, _ provenance: inout Provenance,
        _ kept: inout KeptSamples?, _ diagnose: (Diagnostic) -> Void, _ progress: (Int, Int) throws -> Void
    ) throws -> CalibrationTable {
        let dataset = calibration.limit.map { dataset.prefix($0) } ?? dataset
        dataset.diagnostics.forEach(diagnose)
        provenance.calibrationDigest = try dataset.digest(skipsUnreadable: calibration.skipBad, threads: threads).hexadecimal
        guard converter.placed.inputs.count == 1 else {
            let names = converter.placed.inputs.map { converter.placed[$0].name }.joined(separator: ", ")
            throw ConversionError(
                .noData, "this model has several inputs; calibrate it on an .npz file with arrays named like them: \(names)")
        }
        let batching = Batching(converter.placed)
        try check(dataset.count, batching)
        let input = converter.placed[converter.placed.inputs[0]]
        let inputShape = Shape(Array(input.shape.perSample.dimensions.dropFirst()))
        let loader = try BatchLoader(
            dataset, preprocessing: model.preprocessing, inputShape: inputShape,
            batchSize: batching.size(near: min(calibration.batchSize ?? 128, 128)),
            threads: threads, skipsUnreadable: calibration.skipBad)
        var calibrator = try Calibrator(
            converter.placed, quantile: recipe.quantile, batchSize: calibration.batchSize, sampleLimit: dataset.count,
            threads: threads)
        var samples = KeptSamples(converter.placed, upTo: FidelityCheck.mostSamples, of: dataset.count)
        dataset.feedingNotes(inputShape: inputShape, preprocessing: model.preprocessing).forEach(diagnose)
        var digests = SampleDigests()
        var skipped = 0
        try progress(0, dataset.count)
        while let batch = try loader.next() {
            for sample in batch.skipped { diagnose(Diagnostic(sample.name, "skipped: \(sample.reason)")) }
            skipped += batch.skipped.count
            if !batch.samples.isEmpty {
                try calibrator.add([input.name: batch.inputs])
                samples.add([input.name: batch.inputs], count: batch.samples.count)
                digests.add([input.name: batch.inputs])
            }
            try progress(batch.indices.upperBound, dataset.count)
        }
        kept = samples
        provenance.calibrationCount = dataset.count - skipped
        provenance.calibrationSamples = digests.description
        return try calibrator.finish()
    }

    /// Every setting that decides about the result, by option name.
    private var settings: [String: String] {
        var settings = [
            "method": recipe.name, "coding": recipe.coding.rawValue, "ladder": recipe.direction.rawValue,
            "levels": "\(recipe.levels)", "rounding": recipe.rounding.rawValue, "reset": recipe.reset.rawValue,
            "initial-potential": "\(recipe.initialPotential)", "spiking-head": "\(recipe.spikingHead)",
            "normalize-parameters": "\(normalizesParameters)",
        ]
        if thresholds == nil {
            settings["quantile"] = "\(recipe.quantile)"
            settings["scale"] = "\(recipe.scale)"
            settings["symmetric"] = "\(recipe.symmetric)"
            settings["batch"] = calibration?.batchSize.map { "\($0)" } ?? "whole set"
            settings["calibration"] = calibration.map { calibration in
                switch calibration.source {
                case .dataset(let dataset): dataset.name
                case .arrays(let arrays): arrays.name
                }
            }
        }
        if let preset { settings["preset"] = preset.rawValue }
        return settings
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
