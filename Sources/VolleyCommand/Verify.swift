import ArgumentParser
import Foundation
import Volley

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Finds out where a spiking network departs from its ANN, and what to change.",
        discussion: """
            Runs both side by side on a few samples, which need no labels, and looks at every neuron site after T steps:

              own        |sent - x| / |x| where x is what the site should send for what it received
              arriving   |x - a| / |a| where a is the ANN's value: what came with it
              clipped    values beyond the largest that can be sent in T steps, and their part of the site's squared error
              silent     values for which no spike was sent, being too small, and their part of it
              dead       neurons that never fired; saturated: those that sent their largest value at every step
              bias       mean of what is sent less x, as a part of the rms of x
              cause      the largest part of the error: clipping, silence, or else rounding to thresholds

            Then it runs the network again with one site after the other exact, and alone: what would change the answer. Last comes advice, \
            ranked by the output error that is left, |SNN - ANN| / |ANN|. Every figure is measured by making the changed network and running \
            it on the same samples. With --model and --calibration other conversions are tried on your calibration data; without, \
            on other samples of DATA, which is called an estimate. Energies are those of 'volley evaluate', 'exact'.
            """)

    @Argument(help: "A .volley file.") var network: String
    @Argument(help: "Samples that were not calibrated with: as for 'volley evaluate', or an .npz with arrays named like the network's inputs.")
    var data: String
    @Option(
        name: .shortAndLong,
        help:
            "The time-step T whose answers count, \(OptionRange.text(OptionRange.steps)) (default: what the network was made for, 4 for ladders of thresholds, else 32)."
    )
    var steps: Int?
    @Option(help: "Measure on at most this many samples, \(OptionRange.text(OptionRange.samples)).") var samples = standardSamples
    @Option(help: "Leave out and leave alone this many sites one after the other, those that matter most, \(OptionRange.text(OptionRange.samples)).")
    var sites = 8
    @Option(help: "The output error up to which nothing has to be changed.") var tolerance = 0.01
    @Option(help: "The model that the network was made from, to try other conversions of it.") var model: String?
    @Option(help: "Calibration data for these.") var calibration: String?
    @Option(help: "Use at most this many calibration samples, \(OptionRange.text(OptionRange.samples)).") var calibrationLimit: Int?
    @Option(help: "Calibration samples that share a quantile, \(OptionRange.text(OptionRange.samples)).") var calibrationBatch = 128
    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup(title: "Images, where the model does not say how to preprocess them") var preprocessingOptions: PreprocessingOptions
    @OptionGroup var dataOptions: DataOptions
    @Option(help: ArgumentHelp("CSV file that says the class of every image, as for 'volley evaluate'.", valueName: "file.csv")) var labels: String?
    @OptionGroup var prices: PriceOptions
    @Option(help: "Number of threads, \(OptionRange.text(OptionRange.threads)) (default: all processors). Results do not depend on it.")
    var threads = ProcessInfo.processInfo.activeProcessorCount
    @Flag(help: "Measure even on samples that were used for calibration.") var allowOverlap = false
    @Flag(help: "Show all sites, and what was tried without success.") var all = false
    @Option(help: "Also write everything that was found to this JSON file.") var json: String?

    /// Sites that are shown where not all are.
    private static let shownSites = 12
    private static let standardSamples = 16

    func run() throws {
        try OptionRange.check("--steps", steps, OptionRange.steps)
        for (name, value) in [("--samples", samples), ("--sites", sites), ("--calibration-batch", calibrationBatch)] {
            try OptionRange.check(name, value, OptionRange.samples)
        }
        try OptionRange.check("--calibration-limit", calibrationLimit, OptionRange.samples)
        try OptionRange.check("--threads", threads, OptionRange.threads)
        guard tolerance >= 0, tolerance.isFinite else { throw CommandError("--tolerance is a number from 0 on, found \(tolerance)") }
        guard (model == nil) == (calibration == nil) else {
            throw CommandError("--model and --calibration go together: other conversions need both")
        }
        let spiking = try SpikingNetwork(contentsOf: network)
        try OutputPath.check([json], imagesIn: [data, calibration].compactMap(\.self))
        let source = try CalibrationSet.Source.open(
            data, for: Verification.ann(of: spiking), arrays: dataOptions.chosenArrays(), labels: labels, prefersLabels: true)
        var verification = Verification(of: spiking, on: CalibrationSet(source), timeSteps: steps)
        (verification.samples, verification.mostSites, verification.tolerance) = (samples, sites, tolerance)
        (verification.threads, verification.prices, verification.allowsOverlap) = (threads, try prices.chosen(), allowOverlap)
        verification.reconversion = try reconversion()
        spiking.diagnostics.forEach(Console.warn)
        let lines = StageLines()
        var diagnosis = try verification.run(
            diagnose: Console.warn, describe: RemedyText.reason,
            progress: { stage, done, total in
                lines.update(stage, done, total)
                try Termination.check("nothing is written")
            })
        lines.end()
        Termination.finishChecks()
        let text = AdviceText(network: network, data: data, conversion: conversionOptions, reading: readingOptions, samples: sampleOptions)
        for index in diagnosis.advice.indices { diagnosis.advice[index].command = text.command(for: diagnosis.advice[index].change, of: diagnosis) }
        let written = Result { if let json { try AtomicFile.write(try Console.json(diagnosis), to: json) } }
        try show(diagnosis)
        try written.get()
    }

    private func reconversion() throws -> Verification.Reconversion? {
        guard let model, let calibration else { return nil }
        let loaded = try modelOptions.load(model, images: try preprocessingOptions.options())
        return Verification.Reconversion(
            of: loaded,
            calibrating: CalibrationSet(
                try .open(calibration, for: loaded, arrays: try dataOptions.chosenArrays()), batchSize: calibrationBatch, limit: calibrationLimit))
    }

    private func show(_ diagnosis: Diagnosis) throws {
        try Console.out(
            "\(network) on \(diagnosis.samples) samples of \(data): \(diagnosis.method), \(diagnosis.coding.rawValue) coding\n"
                + DiagnosisTable.answer(diagnosis) + "\n")
        let shown = all ? diagnosis.sites.count : min(Self.shownSites, diagnosis.sites.count)
        let rest = shown < diagnosis.sites.count ? "; --all shows the other \(diagnosis.sites.count - shown)" : ""
        try Console.out("Neuron sites, those that change the outputs most first\(rest):\n\n" + DiagnosisTable.sites(diagnosis, most: shown))
        let chosen =
            diagnosis.rankingSamples.map { ", of the \(diagnosis.sites.count { $0.ifAlone != nil }) sites that matter most on \($0) of the samples" }
            ?? ""
        try Console.out("What would change the answer\(chosen):\n\n" + DiagnosisTable.leavingOut(diagnosis))
        try Console.out((diagnosis.advice.isEmpty ? "" : "Advice, the smallest error first:\n\n") + DiagnosisTable.advice(diagnosis), terminator: "")
        if all, !diagnosis.rejected.isEmpty {
            try Console.out("\nTried without success:\n\n" + DiagnosisTable.rejected(diagnosis), terminator: "")
        }
    }

    // MARK: Options to hand on

    private var arrayOptions: [String] { dataOptions.arrays.flatMap { ["--array", $0] } }

    private var readingOptions: [String] {
        (labels.map { ["--labels", $0] } ?? []) + arrayOptions + (allowOverlap ? ["--allow-overlap"] : [])
    }

    private var sampleOptions: [String] { samples == Self.standardSamples ? [] : ["--samples", "\(samples)"] }

    private var conversionOptions: [String]? {
        guard let model, let calibration else { return nil }
        let images = preprocessingOptions
        let values: [(String, String?)] = [
            ("--preprocess", images.file), ("--mean", images.mean), ("--std", images.std), ("--size", images.size),
            ("--crop", images.crop.map { "\($0)" }), ("--interpolation", images.interpolation),
            ("--limit", calibrationLimit.map { "\($0)" }), ("--batch", calibrationBatch == 128 ? nil : "\(calibrationBatch)"),
        ]
        return [model, "--calibration", calibration] + modelOptions.inputShapes.flatMap { ["--input-shape", $0] } + arrayOptions
            + values.flatMap { name, value in value.map { [name, $0] } ?? [] }
    }
}

/// A progress line for each stage of a diagnosis.
private final class StageLines {
    private var text = ""
    private var line = ProgressLine("")

    func update(_ stage: Verification.Stage, _ done: Int, _ total: Int) {
        let (text, unit, detail) = Self.words(stage)
        if self.text != text {
            line.end()
            (self.text, line) = (text, ProgressLine(text, unit: unit))
        }
        line.update(done, total, detail: detail)
    }

    func end() { line.end() }

    private static func words(_ stage: Verification.Stage) -> (text: String, unit: String, detail: String) {
        switch stage {
        case .reading: ("reading", "samples", "")
        case .profiling: ("looking at every site", "runs", "")
        case .ranking: ("choosing sites", "sites", "")
        case .leavingOut: ("leaving sites out", "sites", "")
        case .trying(let what): ("trying out changes", "changes", what.isEmpty ? "" : ": " + what)
        }
    }
}
