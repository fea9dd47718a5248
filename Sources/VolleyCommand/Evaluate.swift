import ArgumentParser
import Foundation
import Volley

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures a spiking network beside its ANN at every time-step: answers, firing rate and energy.",
        discussion: """
            One run of T steps answers at every t ≤ T. The table's row t holds the answer after t steps; firing rate, \
            synaptic operations and energy are those of steps 1…t together. Energy is a multiple of the ANN's: 'paper' \
            as published tables count it, 'exact' with analog layers as MACs, 'strict' also with spikes as MACs whose value is no \
            power of two times the smallest one, 'full' as exact with neuron updates and nonlinear operators too. Prices are \
            those of --prices (45 nm, 32-bit: MAC 4.6 pJ, AC 0.9 pJ); below stands how many values a spike may have.
            --task says what the output is read as, and so what is measured; the ANN's figures stand beside:
              volley evaluate vit.volley test --steps 8
                classification, the default: top-1 and top-5; with --task classification also of positions [N, …, classes], with \
            labels [N, …] in which -100 stands for none
              volley evaluate vit.volley images.npz --steps 8 --task agreement
                no labels: how often the largest estimate is where the ANN's is, and the relative error
              volley evaluate minilm.volley sentences.npz --steps 8 --task embedding
                no labels: cosine to the ANN's vector and rank correlation of pairs; [N, positions, d] is averaged over the mask
              volley evaluate gpt.volley tokens.npz --steps 8 --task language-model
                perplexity and next-token accuracy on input_ids, or on labels aligned with them
              volley evaluate net.volley targets.npz --steps 8 --task regression
                mean absolute and root mean square error and R², with labels of the output's shape
            An .npz file holds an array for every input under the input's name; beside them labels are called y or labels, and the mask of \
            positions attention_mask; --array names them otherwise.
            With --early-exit each sample runs by itself, step by step, until its softmax margin is reached, and no further: the \
            table has a row for every margin instead, with the mean t, the share of samples that stop at each t, and the time of \
            one thread for a sample; answers, costs and times are those of the steps up to each sample's stop.
            With --shard I/N it measures a part of the samples into RESULT.I-of-N.shard beside --json RESULT.json, and 'volley merge' joins \
            the parts to what one run says. In tasks of Slurm (arrays, srun), indexed jobs of Kubernetes (with VOLLEY_SHARDS), Open MPI and PMI \
            it takes its part by itself: srun volley evaluate vit.volley test --steps 8 --json vit.json
            Processes that MPI started send their parts to the first one, which joins them: mpirun volley evaluate … --json vit.json
            Class folders are called like the model's classes (label_names or id2label in its config.json); for a model without \
            names, by class index from 0, or by WordNet id for ImageNet's 1,000 classes, or there are as many as classes, in the \
            order of their names. --labels says the classes of any folder. Whatever leaves a doubt is refused.
            """)

    @Argument(help: "A .volley file.") var network: String
    @Argument(
        help:
            "Data: folders of JPEG or PNG files, .tar archives of them with .cls files (WebDataset), .npz with x and y or with an array for every input, CIFAR binary or IDX."
    ) var data: String
    @Option(name: .shortAndLong, help: "Number of time-steps T, \(OptionRange.text(OptionRange.steps)).") var steps: Int?
    @Option(
        help: ArgumentHelp(
            "What the output is read as (default: classification of samples).",
            valueName: "task"))
    var task: Evaluation.Task?
    @OptionGroup var measuring: MeasuringOptions
    @Option(
        help: ArgumentHelp(
            "Stop samples early and measure that: \(MarginOption.help); several with commas between them.", valueName: "margins"))
    var earlyExit: String?
    @Flag(help: "Leave the ANN out: no accuracy of its own, no agreement, no check of what rounded weights do to it.") var noAnn = false
    @Option(help: "Also write everything that was measured to this JSON file.") var json: String?
    @Option(help: "Also write a report: .html, .md or .csv, see 'volley report'.") var report: String?
    @Option(
        help: ArgumentHelp(
            "Look inside the network on so many samples, \(OptionRange.text(OptionRange.detail)) (default: \(defaultDetail) with --report, else 0): errors by site and spikes of single neurons, at the pace of the reference simulator.",
            valueName: "samples"))
    var detail: Int?
    @Option(help: "Keep progress in this file after every batch, and go on from it if it is there; it is removed when the results are out.")
    var resume: String?
    @OptionGroup var shardOption: ShardOption
    @Flag(help: "Print firing rates and level shares of every neuron site too.") var sites = false
    @Flag(help: "Take notes for errors.") var strict = false

    private static let defaultDetail = 4

    func run() throws {
        try OptionRange.check("--steps", steps, OptionRange.steps)
        try OptionRange.check("--detail", detail, OptionRange.detail)
        if let report { _ = try ReportOutput.format(of: report, "--report") }
        try measuring.check()
        let chosen = try chosenShard()
        let margins = try earlyExit.map(MarginOption.margins)
        guard margins == nil || !sites else { throw CommandError("--early-exit counts no spikes by site: leave out --sites") }
        let spiking = try SpikingNetwork(contentsOf: network)
        guard let steps else { throw CommandError("--steps says how many time-steps to measure, such as --steps 8") }
        let samples = try measuring.data(data, for: spiking, task: task)
        let outputs = [try chosen.map { try file(of: $0.shard) } ?? resume, json, report]
        try OutputPath.check(outputs, imagesIn: [data])
        let diagnostics = Diagnostics(strict: strict)
        (spiking.diagnostics + samples.diagnostics).forEach(diagnostics.add)
        try diagnostics.check()
        var settings = try measuring.settings(timeSteps: steps, on: samples.name)
        (settings.comparesWithANN, settings.earlyExit, settings.task) = (!noAnn, margins, task)
        settings.detail = detail ?? (report == nil ? 0 : Self.defaultDetail)
        let evaluation = try Evaluation(spiking, on: samples, settings: settings, kernels: try measuring.engine.instructionSet.kernels())
        evaluation.diagnostics.forEach(diagnostics.add)
        try diagnostics.check()
        if let chosen {
            let run = try ShardRun(chosen.shard, of: evaluation, path: outputs[0]!, networkDigest: try SHA256.digest(ofFile: network).hexadecimal)
            return try measure(run, spiking, path: outputs[0]!, isAssigned: chosen.isAssigned)
        }
        try checkOverlap(spiking, measuring.limit.map { samples.prefix($0) } ?? samples)
        let progress = ProgressLine("evaluating")
        let results = try evaluation.run(
            networkDigest: try SHA256.digest(ofFile: network).hexadecimal, resumeFile: resume,
            progress: { done, total in
                progress.update(done, total)
                if done < total { try Termination.check(state(done, total)) }
            })
        Termination.finishChecks()
        try ResultsText.write(
            results, of: "\(network) on \(data)", label: ReportOutput.labels([network])[0], json: json, report: report, sites: sites)
        if let resume { TemporaryFiles.remove(resume) }
    }

    /// - Throws: `SpikingError` naming samples that were calibrated on, unless that is allowed.
    func checkOverlap(_ spiking: SpikingNetwork, _ samples: EvaluationData) throws {
        guard !measuring.allowOverlap else { return }
        try CalibrationOverlap.check(
            spiking, samples, skipBad: measuring.skipBad, threads: measuring.threads,
            progress: ProgressLine("comparing with the calibration data").update)
    }

    /// What is said to whoever interrupts.
    private func state(_ done: Int, _ total: Int) -> String {
        "\(done) of \(total) samples are measured"
            + (resume.map { "; the same command goes on from there, from the progress in \($0)" }
                ?? "; nothing is kept without --resume FILE")
    }
}
