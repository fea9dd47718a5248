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
            With --shard I/N, or as a task of a scheduler (see 'volley evaluate'), it measures a part of the samples: into \
            RESULT.I-of-N.comparison beside --json RESULT.json, and RESULT.METHOD.I-of-N.shard for each method, which are gone on with when the \
            command is run again. 'volley merge RESULT.*-of-N.comparison' joins the parts to what one run says.
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
    @OptionGroup var shardOption: ShardOption
    @Flag(help: "Take notes for errors.") var strict = false

    func run() throws {
        try measuring.check()
        let shard = try shardOption.chosen()?.shard
        guard shard == nil || resume == nil else {
            throw CommandError("A shard keeps its progress in its own files and goes on from there: leave out --resume")
        }
        guard shard == nil || json != nil else {
            throw CommandError("A shard is kept beside the results that it will be a part of: name these with --json RESULT.json")
        }
        try OptionRange.check("--calibration-limit", calibrationLimit, OptionRange.samples)
        try OptionRange.check("--calibration-batch", calibrationBatch, OptionRange.samples)
        let steps = try ListOption.steps(self.steps)
        let candidates = try methods.map(ListOption.methods) ?? ConversionMethods.all.map { MethodCandidate($0) }
        let source = try modelOptions.load(model, images: try preprocessingOptions.options())
        let dataset = try measuring.dataset(data, for: source.graph)
        let calibration = CalibrationSet(
            try .open(calibration, for: source, arrays: try measuring.dataOptions.chosenArrays()), batchSize: calibrationBatch,
            limit: calibrationLimit, skipBad: measuring.skipBad)
        let kept = candidates.compactMap { candidate in
            shard.map { file(of: $0, candidate.label + ".", "shard") } ?? resume.map { "\($0).\(candidate.label)" }
        }
        let shardFile = shard.map { file(of: $0, "", "comparison") }
        try OutputPath.check([json, shardFile] + kept, imagesIn: [data, self.calibration])
        let diagnostics = Diagnostics(strict: strict)
        dataset.diagnostics.forEach(diagnostics.add)
        var comparison = Comparison(
            of: source, by: candidates, calibrating: calibration, on: dataset, steps: steps,
            settings: try measuring.settings(timeSteps: steps.last!, on: dataset.name), kernels: try measuring.engine.instructionSet.kernels())
        comparison.allowsOverlap = measuring.allowOverlap
        comparison.modelName = model
        comparison.describe = RemedyText.reason
        let line = StageLine()
        let diagnose = { (label: String?, note: Diagnostic) in
            diagnostics.add(label.map { Diagnostic("\($0): \(note.subject)", note.message) } ?? note)
        }
        let progress = { (stage: Comparison.Stage, done: Int, total: Int) in
            line.update(stage, done, total)
            if done < total { try Termination.check(state(stage, done, total, goesOn: shard != nil)) }
        }
        if let shard, let shardFile {
            let part = try comparison.run(shard, file: { file(of: shard, $0 + ".", "shard") }, diagnose: diagnose, progress: progress)
            Termination.finishChecks()
            try diagnostics.check()
            try part.write(to: shardFile)
            try Console.out("\(shardFile): shard \(shard), with \(part.files.joined(separator: ", "))")
            return try Console.out(
                "When all \(shard.count) shards are there: volley merge \(ShellText.quoted(ShardOption.stem(of: json!))).*-of-\(shard.count).comparison "
                    + "--json \(ShellText.quoted(json!))")
        }
        let results = try comparison.run(
            resumeFile: { label in resume.map { "\($0).\(label)" } }, diagnose: diagnose, progress: progress)
        Termination.finishChecks()
        try diagnostics.check()
        try ComparisonText.write(results, of: "\(model) on \(data)", json: json)
        kept.forEach(TemporaryFiles.remove)
    }

    /// Where a shard of the comparison, or of one of its methods, is kept: beside the results that it will be a part of.
    private func file(of shard: Shard, _ method: String, _ ending: String) -> String {
        "\(ShardOption.stem(of: json!)).\(method)\(shard.index)-of-\(shard.count).\(ending)"
    }

    /// What is said to whoever interrupts.
    private func state(_ stage: Comparison.Stage, _ done: Int, _ total: Int, goesOn: Bool) -> String {
        let state = "\(StageLine.text(stage)), \(done) of \(total) \(StageLine.unit(stage)) done"
        if goesOn { return state + "; the same command goes on from there" }
        return state
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
