internal import Foundation

/// Converts a model: places neurons, calibrates, chooses thresholds, and records where everything came from.
public struct Conversion: Sendable {
    /// The data that thresholds are taken from, and how.
    public struct Calibration: Sendable {
        public var dataset: Dataset
        /// Samples that share a quantile; nil for the whole set.
        public var batchSize: Int?
        public var limit: Int?
        public var skipBad: Bool

        public init(_ dataset: Dataset, batchSize: Int? = 128, limit: Int? = nil, skipBad: Bool = false) {
            self.dataset = dataset
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
    ///   - progress: called with the calibration samples done and in all.
    /// - Throws: the first error of model, data or settings.
    public func run(
        diagnose: (Diagnostic) -> Void = { _ in }, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> SpikingNetwork {
        model.diagnostics.forEach(diagnose)
        let converter = try Converter(model.graph, recipe: recipe)
        var provenance = Provenance(
            version: volleyVersion, method: recipe.name, citation: recipe.citation, settings: settings)
        provenance.modelDigest = try model.weightsDigest()
        var table: ThresholdTable
        if let thresholds {
            table = try ThresholdTable(thresholds, sites: converter.sites)
        } else if let calibration {
            table = ThresholdTable(
                try calibrate(converter, calibration, &provenance, diagnose, progress), recipe: recipe)
        } else {
            throw ConversionError(
                .noData, "thresholds need calibration data, or a file that states them (--calibration or --thresholds)")
        }
        try preset?.apply(to: &table, recipe: recipe)
        let network = try converter.convert(
            table, provenance: provenance, preprocessing: model.preprocessing, classNames: model.classNames)
        network.diagnostics.forEach(diagnose)
        return normalizesParameters ? try ParallelNormalization.apply(to: network) : network
    }

    private func calibrate(
        _ converter: Converter, _ calibration: Calibration, _ provenance: inout Provenance,
        _ diagnose: (Diagnostic) -> Void, _ progress: (Int, Int) -> Void
    ) throws -> CalibrationTable {
        let dataset = calibration.limit.map { calibration.dataset.prefix($0) } ?? calibration.dataset
        dataset.diagnostics.forEach { diagnose(Diagnostic(dataset.path, "\($0)")) }
        let digests = try SampleDigests(of: dataset, threads: threads)
        provenance.calibrationSamples = digests.digests.map(\.description).joined(separator: " ")
        provenance.calibrationDigest = dataset.digest(of: digests).hexadecimal
        provenance.calibrationCount = dataset.count
        let input = converter.placed[converter.placed.inputs[0]]
        let loader = try BatchLoader(
            dataset, preprocessing: model.preprocessing,
            inputShape: Shape(Array(input.shape.perSample.dimensions.dropFirst())), batchSize: min(calibration.batchSize ?? 128, 128),
            threads: threads, skipsUnreadable: calibration.skipBad)
        var calibrator = try Calibrator(
            converter.placed, quantile: recipe.quantile, batchSize: calibration.batchSize, sampleLimit: dataset.count,
            threads: threads)
        var skipped = 0
        progress(0, dataset.count)
        while let batch = try loader.next() {
            for sample in batch.skipped { diagnose(Diagnostic(sample.name, "skipped: \(sample.reason)")) }
            skipped += batch.skipped.count
            if !batch.labels.isEmpty { try calibrator.add([input.name: batch.inputs]) }
            progress(batch.indices.upperBound, dataset.count)
        }
        if skipped > 0 { provenance.calibrationCount = dataset.count - skipped }
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
            settings["calibration"] = calibration?.dataset.name
        }
        if let preset { settings["preset"] = preset.rawValue }
        return settings
    }
}

extension Model {
    /// SHA-256 of the weights: of the file, or over the digests of the shards in order, hexadecimal.
    public func weightsDigest() throws -> String {
        let digests = try weightFiles.map { try SHA256.digest(ofFile: $0).hexadecimal }
        return digests.count == 1 ? digests[0] : SHA256.digest(of: Array(digests.joined().utf8)).hexadecimal
    }
}
