import ArgumentParser
import Foundation
import Volley

struct Tune: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Searches methods and their settings for the best network within a bound, on calibration data alone.",
        discussion: """
            The data is parted in two halves, always the same ones: each candidate is converted on one and measured on the other beside its \
            ANN. No labels are needed, and evaluation data is never looked at.

              loss     relative rms error of the outputs, |SNN - ANN| / |ANN|
              energy   of steps 1…t, as a multiple of the ANN's ('exact')
              front    the networks that none beats in both

            --max-loss 0.1 chooses the network with the least energy whose loss is 0.1 at most, --max-energy 0.2 the one with the smallest \
            loss that costs 0.2 at most; -o writes it. First comes a grid: few-step at every t with several energies and ladders, \
            differential and ecmt with ladders of m thresholds an octave, dead zones and thresholds for every t, and all other methods as \
            their papers have them. Then few-step's energy budget is brought closer to the bound. The chosen network is the one that was \
            measured; since both halves helped to choose it, 'volley evaluate' takes neither for test data.
            """)

    @Argument(help: "A checkpoint folder, a .safetensors file with config.json beside it, or an .onnx file.") var model: String
    @OptionGroup var modelOptions: ModelOptions
    @Option(help: "Calibration data, as for 'volley convert'. Half of it calibrates, half of it measures.") var calibration: String
    @OptionGroup var dataOptions: DataOptions
    @OptionGroup(title: "Images, where the model does not say how to preprocess them") var preprocessingOptions: PreprocessingOptions
    @Option(help: "The largest loss that is allowed: the cheapest network within it is chosen.") var maxLoss: Double?
    @Option(help: "The largest energy that is allowed, as a multiple of the ANN's: the most faithful network within it is chosen.")
    var maxEnergy: Double?
    @Option(name: .shortAndLong, help: "Time-steps to look at, with commas between them, each in \(OptionRange.text(OptionRange.steps)).")
    var steps = "1,2,4"
    @Option(
        help: """
            Candidates instead of the grid, with commas between them: NAME or NAME:setting=value:setting=value with settings of \
            'volley methods'.
            """)
    var methods: String?
    @Option(help: "Candidates to try around the bound behind the others, \(OptionRange.text(OptionRange.refinements)).") var refine = 4
    @Option(help: "Use at most this many samples, \(OptionRange.text(OptionRange.samples)), both halves together.") var calibrationLimit = 256
    @Option(help: "Calibration samples that share a quantile, \(OptionRange.text(OptionRange.samples)).") var calibrationBatch = 128
    @OptionGroup var prices: PriceOptions
    @Flag(help: "Leave out files that cannot be read, and list them.") var skipBad = false
    @Option(help: "Number of threads, \(OptionRange.text(OptionRange.threads)) (default: all processors). Only times depend on it.")
    var threads = ProcessInfo.processInfo.activeProcessorCount
    @Option(help: "Also write everything that was measured to this JSON file.") var json: String?
    @Option(help: "Also draw all candidates and the front to this SVG file.") var svg: String?
    @Option(
        help: ArgumentHelp(
            "Keep progress after every candidate, and go on from it if it is there; removed when the results are out.", valueName: "file"))
    var resume: String?
    @Option(name: .shortAndLong, help: "The .volley file to write the chosen network to.") var output: String?
    @Flag(help: "Take notes for errors.") var strict = false

    func run() throws {
        try OptionRange.check("--refine", refine, OptionRange.refinements)
        try OptionRange.check("--calibration-limit", calibrationLimit, OptionRange.samples)
        try OptionRange.check("--calibration-batch", calibrationBatch, OptionRange.samples)
        try OptionRange.check("--threads", threads, OptionRange.threads)
        let (bound, steps, prices) = (try bound(), try ListOption.steps(self.steps), try prices.chosen())
        let candidates = try methods.map(ListOption.methods) ?? TuningGrid.candidates(steps: steps)
        let source = try modelOptions.load(model, images: try preprocessingOptions.options())
        let data = CalibrationSet(
            try .open(calibration, for: source, arrays: try dataOptions.chosenArrays()), batchSize: calibrationBatch, limit: calibrationLimit,
            skipBad: skipBad)
        try OutputPath.check([json, svg, resume, output], imagesIn: [calibration])
        var tuning = try Tuning(
            of: source, by: candidates, on: data, steps: steps, bound: bound, refinements: refine, prices: prices, threads: threads)
        tuning.modelName = model
        let diagnostics = Diagnostics(strict: strict)
        source.diagnostics.forEach(diagnostics.add)
        announce(tuning)
        let (reading, line) = (ProgressLine("reading"), ProgressLine("tuning", unit: "candidates"))
        func check(_ state: Tuning.Progress) throws {
            try Termination.check(
                "\(state.candidatesDone) of \(state.candidates) candidates done"
                    + (resume.map { "; the same command goes on from there, from the progress in \($0)" } ?? "; nothing is kept without --resume FILE")
            )
        }
        var said: Set<String> = []
        let results = try tuning.run(
            resumeFile: resume,
            diagnose: { label, note in
                let text = label.map { Diagnostic("\($0): \(note.subject)", note.message) } ?? note
                if said.insert("\(text)").inserted { diagnostics.add(text) }
            },
            describe: RemedyText.reason,
            progress: { state in
                if let label = state.label {
                    line.update(state.candidatesDone, state.candidates, detail: ": \(state.stage.rawValue) \(label) \(state.done)/\(state.total)")
                } else {
                    reading.update(state.done, state.total)
                }
                try check(state)
            })
        line.end()
        var network: SpikingNetwork?
        if output != nil, let chosen = results.chosen {
            let (converting, searching) = (ProgressLine("converting by \(chosen.label)"), ProgressLine("searching", unit: "networks"))
            network = try tuning.network(
                of: chosen,
                progress: { state in
                    (state.stage == .searching ? searching : converting).update(state.done, state.total)
                    try check(state)
                })
        }
        Termination.finishChecks()
        try diagnostics.check()
        try show(results, network)
    }

    /// Exactly one of both, or none where nothing is to be written.
    private func bound() throws -> TuningBound? {
        for (name, value) in [("--max-loss", maxLoss), ("--max-energy", maxEnergy)] {
            if let value, !(value > 0 && value.isFinite) { throw CommandError("\(name) must be a number above 0, found \(value)") }
        }
        switch (maxLoss, maxEnergy) {
        case (_?, _?): throw CommandError("--max-loss and --max-energy exclude each other: name the one that must be kept to")
        case (let loss?, nil): return .loss(loss)
        case (nil, let energy?): return .energy(energy)
        case (nil, nil):
            guard output == nil else { throw CommandError("-o needs a network to be chosen: name --max-loss or --max-energy") }
            return nil
        }
    }

    private func announce(_ tuning: Tuning) {
        let counts = tuning.candidates.reduce(into: [(name: String, count: Int)]()) { counts, candidate in
            let name = candidate.method.name
            if let index = counts.firstIndex(where: { $0.name == name }) { counts[index].count += 1 } else { counts.append((name, 1)) }
        }
        let (several, single) = (counts.filter { $0.count > 1 }, counts.filter { $0.count == 1 })
        let named = several.map { "\($0.name) \($0.count)" } + (single.isEmpty ? [] : ["one each of " + single.map(\.name).joined(separator: ", ")])
        Console.note(
            "\(tuning.candidates.count) candidate\(tuning.candidates.count == 1 ? "" : "s") (\(named.joined(separator: ", ")))"
                + (tuning.bound == nil ? "" : ", and up to \(tuning.refinements) more around the bound"))
    }

    private func show(_ results: TuningResults, _ network: SpikingNetwork?) throws {
        // Where one of these cannot be written, the others still are.
        let files = [
            Result { if let json { try AtomicFile.write(try Console.json(results), to: json) } },
            Result { if let svg { try AtomicFile.write([UInt8](results.chart.svgFile.utf8), to: svg) } },
            Result { if let network, let output { try network.write(to: output) } },
        ]
        try Console.out(
            "\(model), calibrated on \(results.calibrationSamples) samples of \(calibration), measured on \(results.heldOutSamples) others\n")
        try Console.out(TuningTable.text(results), terminator: "")
        for file in files { try file.get() }
        if let bound = results.bound {
            guard let chosen = results.chosen, let found = results[chosen] else { throw CommandError(failure(bound, results)) }
            try Console.out(
                "\nchosen: \(chosen.label) at t = \(chosen.step), loss \(ChartNumber.text(found.point.loss ?? .nan)), energy "
                    + ChartNumber.text(found.point.energy) + (output.map { ", written to \($0)" } ?? "; name -o FILE to write it"))
        }
        if let resume { TemporaryFiles.remove(resume) }
    }

    private func failure(_ bound: TuningBound, _ results: TuningResults) -> String {
        let ends = [results.front.first, results.front.last].map { $0.flatMap { results[$0]?.point } }
        return switch bound {
        case .loss(let most):
            "no network keeps to --max-loss \(most)"
                + (ends[1].flatMap(\.loss).map { ": the smallest loss is \(ChartNumber.text($0)); allow more, or more --steps" } ?? "")
        case .energy(let most):
            "no network keeps to --max-energy \(most)"
                + (ends[0].map { ": the smallest energy is \(ChartNumber.text($0.energy)); allow more" } ?? "")
        }
    }
}
