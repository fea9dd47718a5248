import ArgumentParser
import Foundation
import Volley

struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a spiking network of a trained one.",
        discussion: """
            Runs the network on calibration data, takes thresholds from quantiles of the activations, and writes weights, \
            thresholds and graph to one .volley file (safetensors). Then it runs the new network beside its ANN on up to 64 of \
            the calibration samples and says how closely it follows at t = 1, 2, 4, 8.
            'volley methods' lists the methods, their papers and their settings; each setting is an option below.
            With --shard I/N it observes a part of the calibration samples and exchanges what it found with the other shards, which run at the \
            same time, through files beside -o NET.volley; shard 1 writes the network, the same as one process makes. Processes that MPI \
            started do so by themselves: mpirun volley convert vit --calibration images -o vit.volley
            """)

    @Argument(help: "A checkpoint folder, a .safetensors file with config.json beside it, or an .onnx file.") var model: String
    @OptionGroup var modelOptions: ModelOptions
    @Option(
        help: """
            Calibration data: any folder of JPEG or PNG files, .tar archives of them, .npz, CIFAR binary or IDX; or an .npz with arrays named like \
            the model's inputs. Labels are not used.
            """)
    var calibration: String?
    @OptionGroup var dataOptions: DataOptions
    @OptionGroup(title: "Images, where the model does not say how to preprocess them") var preprocessingOptions: PreprocessingOptions
    @Option(help: "Use at most this many calibration samples, \(OptionRange.text(OptionRange.samples)).") var limit: Int?
    @Option(help: "Samples that share a quantile, \(OptionRange.text(OptionRange.samples)); thresholds are means over these batches.") var batch = 128
    @Flag(help: "Take quantiles over the whole calibration set instead.") var wholeSet = false
    @OptionGroup(title: "The method and its settings") var methodOptions: MethodOptions
    @Option(help: "JSON file instead of calibration: {\"site\": [positive, negative], …}, or [threshold] for neurons in the place of activations.")
    var thresholds: String?
    @Option(
        help: """
            .npz file of the networks of rectifiers that method sta in the form 'program' puts in the place of functions, instead of \
            those in closed form: arrays 'NAME/w1', 'NAME/b1', 'NAME/w2', 'NAME/b2' with NAME gelu, exp, inv (1/x) or sqrtinv (1/√x).
            """)
    var functions: String?
    @Option(help: "Thresholds pinned as a paper's program has them: \(ThresholdPreset.allCases.map(\.rawValue).joined(separator: ", ")).")
    var preset: String?
    @Flag(help: "Fold thresholds into the weights: all smallest positive thresholds become 1.") var normalizeParameters = false
    @Flag(help: "Leave out calibration files that cannot be read, and list them.") var skipBad = false
    @Flag(help: "Do not run the new network beside its ANN.") var noCheck = false
    @Flag(help: "Take notes for errors.") var strict = false
    @Option(help: "Number of threads, \(OptionRange.text(OptionRange.threads)) (default: all processors).")
    var threads = ProcessInfo.processInfo.activeProcessorCount
    @Option(
        help: ArgumentHelp(
            "Observe one of N parts of the calibration samples, together with the others (default: the part of a rank of MPI; none: all).",
            valueName: "I/N"))
    var shard: String?
    @Option(name: .shortAndLong, help: "The .volley file to write.") var output: String

    func run() throws {
        try OptionRange.check("--limit", limit, OptionRange.samples)
        try OptionRange.check("--batch", batch, OptionRange.samples)
        try OptionRange.check("--threads", threads, OptionRange.threads)
        let source = try modelOptions.load(model, images: try preprocessingOptions.options())
        var conversion = Conversion(of: source, method: try method(), threads: threads)
        conversion.normalizesParameters = normalizeParameters
        conversion.checksFidelity = !noCheck
        if let calibration {
            conversion.calibration = CalibrationSet(
                try .open(calibration, for: conversion.model, arrays: try dataOptions.chosenArrays()), batchSize: wholeSet ? nil : batch,
                limit: limit,
                skipBad: skipBad)
        }
        try OutputPath.check([output], imagesIn: [calibration].compactMap(\.self))
        let diagnostics = Diagnostics(strict: strict)
        let (progress, search) = (ProgressLine("converting"), ProgressLine("trying out dead zones", unit: "networks"))
        let team = try CalibrationTeams(shard, besides: output)
        let network = try conversion.run(
            diagnose: diagnostics.add,
            progress: { done, total in
                progress.update(done, total)
                try Termination.check("nothing is written")
            },
            searching: { done, total in
                search.update(done, total)
                try Termination.check("nothing is written")
            },
            team: team.member)
        let writes = try team.finish()
        Termination.finishChecks()
        try diagnostics.check()
        guard writes else { return }
        try network.write(to: output)
        team.close()
        try Console.out(
            "\(output): \(network.neurons.count) neuron sites, method \(network.provenance.method), \(network.coding.rawValue) coding"
                + (network.provenance.calibrationCount.map { ", calibrated on \($0) samples" } ?? ", not calibrated"))
        for caveat in network.provenance.caveats { try Console.out(caveat) }
        if let fidelity = network.fidelity {
            try Console.out("\n" + fidelity.text, terminator: "")
        } else if !noCheck {
            try Console.out("not run beside its ANN: explicit thresholds leave no calibration samples to do it on")
        }
    }

    /// The method with its settings, and with thresholds that are stated instead of calibrated.
    private func method() throws -> any ConversionMethod {
        let chosen = try methodOptions.chosen()
        if var method = chosen as? SpatioTemporalApproximation, preset == nil {
            method.thresholds = try thresholds.map(ThresholdFile.read)
            if let functions {
                method.functions.stated = try FunctionFile.read(functions).stated
            }
            return method
        }
        guard functions == nil else { throw CommandError("--functions is for the method sta, not for \(chosen.name)") }
        guard preset != nil || thresholds != nil else { return chosen }
        if var method = chosen as? RateConversion, preset == nil {
            method.thresholds = try thresholds.map(ThresholdFile.read)
            return method
        }
        guard var method = chosen as? MultiThreshold else {
            throw CommandError(
                "--preset is for the methods \(MultiThreshold.all.map(\.name).joined(separator: ", ")), not for \(chosen.name)")
        }
        method.thresholds = try thresholds.map(ThresholdFile.read)
        if let preset {
            guard let known = ThresholdPreset(rawValue: preset) else {
                throw CommandError("unknown preset '\(preset)'; known: \(ThresholdPreset.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            method.preset = known
        }
        return method
    }
}
