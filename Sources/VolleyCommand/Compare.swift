import ArgumentParser
import Foundation
import Volley

struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Converts one network by several methods and measures them on the same data.",
        discussion: """
            One table: accuracy with its 95 % interval (Wilson), how often the trained network gives the same answer, firing rate, synaptic \
            operations and energy ('exact' and 'strict', see 'volley evaluate') at every t of --steps, how many values its spikes have, m \
            steps per octave and how many copies of the weights these take, what each method needed, and why the others do \
            not apply. A method is written NAME, or NAME:setting=value:setting=value with settings of 'volley methods', such as \
            ecmt:levels=6; the same method may be compared with itself.
            """)

    @Argument(help: "A checkpoint folder, a .safetensors file with config.json beside it, or an .onnx file.") var model: String
    @OptionGroup var modelOptions: ModelOptions
    @Option(help: "Calibration data, as for 'volley convert'.") var calibration: String
    @Option(help: "Labelled data, as for 'volley evaluate'.") var data: String
    @OptionGroup(title: "Images, where the model does not say how to preprocess them") var preprocessingOptions: PreprocessingOptions
    @Option(help: "Methods with commas between them (default: all: \(ConversionMethods.all.map(\.name).joined(separator: ",")))")
    var methods: String?
    @Option(
        name: .shortAndLong,
        help: "Time-steps to show, with commas between them, each in \(OptionRange.text(OptionRange.steps)).")
    var steps = "1,2,4,8,16,32,64"
    @Option(help: "Use at most this many calibration samples, \(OptionRange.text(OptionRange.samples)).") var calibrationLimit: Int?
    @Option(help: "Calibration samples that share a quantile, \(OptionRange.text(OptionRange.samples)).") var calibrationBatch = 128
    @OptionGroup var measuring: MeasuringOptions
    @Option(help: "Also write everything that was measured to this JSON file.") var json: String?
    @Option(
        help: ArgumentHelp(
            "Keep progress after every batch, and go on from it if it is there: one file for each method, called FILE.METHOD, removed when the results are out.",
            valueName: "file"))
    var resume: String?
    @Flag(help: "Take notes for errors.") var strict = false

    func run() throws {
        try measuring.check()
        try OptionRange.check("--calibration-limit", calibrationLimit, OptionRange.samples)
        try OptionRange.check("--calibration-batch", calibrationBatch, OptionRange.samples)
        let steps = try ListOption.steps(self.steps)
        let candidates = try methods.map(ListOption.methods) ?? ConversionMethods.all.map { MethodCandidate($0) }
        let source = try modelOptions.load(model, images: try preprocessingOptions.options())
        let dataset = try measuring.dataset(data, for: source.graph)
        let calibration = CalibrationSet(
            try .open(calibration, for: source, arrays: try measuring.dataOptions.chosenArrays()), batchSize: calibrationBatch,
            limit: calibrationLimit, skipBad: measuring.skipBad)
        let kept = resume.map { file in candidates.map { "\(file).\($0.label)" } } ?? []
        try OutputPath.check([json] + kept, imagesIn: [data, self.calibration])
        let diagnostics = Diagnostics(strict: strict)
        dataset.diagnostics.forEach(diagnostics.add)
        var comparison = Comparison(
            of: source, by: candidates, calibrating: calibration, on: dataset, steps: steps,
            settings: try measuring.settings(timeSteps: steps.last!, on: dataset.name), kernels: try measuring.engine.instructionSet.kernels())
        comparison.allowsOverlap = measuring.allowOverlap
        comparison.modelName = model
        comparison.describe = RemedyText.reason
        let progress = StageLine()
        let results = try comparison.run(
            resumeFile: { label in resume.map { "\($0).\(label)" } },
            diagnose: { label, note in diagnostics.add(label.map { Diagnostic("\($0): \(note.subject)", note.message) } ?? note) },
            progress: { stage, done, total in
                progress.update(stage, done, total)
                if done < total { try Termination.check(state(stage, done, total)) }
            })
        Termination.finishChecks()
        try diagnostics.check()
        // Where one of both cannot be written, the other one still is.
        let written = Result { if let json { try AtomicFile.write(try Console.json(results), to: json) } }
        for sample in results.skipped { Console.note("skipped: \(sample.name): \(sample.reason)") }
        try Console.out("\(model) on \(data): \(results.samples) samples\n")
        try Console.out(ComparisonTable.text(results), terminator: "")
        try written.get()
        kept.forEach(TemporaryFiles.remove)
    }

    /// What is said to whoever interrupts.
    private func state(_ stage: Comparison.Stage, _ done: Int, _ total: Int) -> String {
        "\(StageLine.text(stage)), \(done) of \(total) \(StageLine.unit(stage)) done"
            + (resume.map { "; the same command goes on from there, from the progress in \($0).*" } ?? "; nothing is kept without --resume FILE")
    }
}

/// A progress line for each stage of a comparison.
private final class StageLine {
    private var stage: Comparison.Stage?
    private var line = ProgressLine("")

    func update(_ stage: Comparison.Stage, _ done: Int, _ total: Int) {
        if self.stage != stage { (self.stage, line) = (stage, ProgressLine(Self.text(stage), unit: Self.unit(stage))) }
        line.update(done, total)
    }

    static func text(_ stage: Comparison.Stage) -> String {
        switch stage {
        case .converting(let label): "converting by \(label)"
        case .searching(let label): "searching by \(label)"
        case .measuring(let label): "measuring \(label)"
        }
    }

    static func unit(_ stage: Comparison.Stage) -> String { if case .searching = stage { "networks" } else { "samples" } }
}
