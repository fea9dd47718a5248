import ArgumentParser
import Foundation
import Volley

struct Reproduce: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures again what a result file states, and compares every figure.",
        discussion: """
            The network and the data must be those that were measured: the file has their SHA-256. Time-steps, task, number of samples, \
            weights, prices, margins of early exit and what was looked into are those of the file. Figures must be the same to the last bit, \
            whatever the machine, the threads or the batch; only times may differ.
            Ends with exit code 0 where all are, and 1 where one is not.
            """)

    @Argument(help: "A file that 'volley evaluate --json' wrote.") var result: String
    @Argument(help: "The .volley file that was measured.") var network: String
    @Argument(help: "The data that it was measured on, as for 'volley evaluate'.") var data: String
    @Option(help: ArgumentHelp("CSV file that says the class of every image, as for 'volley evaluate'.", valueName: "file.csv")) var labels: String?
    @OptionGroup var dataOptions: DataOptions
    @Option(help: "Samples per batch, \(OptionRange.text(OptionRange.batch)).") var batch = 32
    @Option(help: "Number of threads, \(OptionRange.text(OptionRange.threads)) (default: all processors).")
    var threads = ProcessInfo.processInfo.activeProcessorCount
    @OptionGroup var instructionSet: InstructionSetOption
    @Option(help: "Also write what was measured now to this JSON file.") var json: String?

    /// Differences that are shown.
    private static let shown = 20

    func run() throws {
        try OptionRange.check("--batch", batch, OptionRange.batch)
        try OptionRange.check("--threads", threads, OptionRange.threads)
        let stated = try ResultFile.read(result)
        let spiking = try SpikingNetwork(contentsOf: network)
        try OutputPath.check([json], imagesIn: [data])
        let samples = try EvaluationData.open(
            data, for: spiking.graph, preprocessing: spiking.preprocessing, task: stated.settings.task,
            try dataOptions.options(labels: labels, for: spiking.graph))
        (spiking.diagnostics + samples.diagnostics).forEach(Console.warn)
        let progress = ProgressLine("evaluating")
        let reproduction = try Reproduction(
            of: stated, spiking, digest: try SHA256.digest(ofFile: network).hexadecimal, on: samples, batchSize: batch, threads: threads,
            kernels: try instructionSet.kernels(),
            progress: { done, total in
                progress.update(done, total)
                if done < total { try Termination.check("\(done) of \(total) samples are measured; nothing is kept") }
            })
        Termination.finishChecks()
        if let json { try AtomicFile.write(try Console.json(reproduction.results), to: json) }
        try show(reproduction)
        if !reproduction.differences.isEmpty { throw ExitCode.failure }
    }

    private func show(_ reproduction: Reproduction) throws {
        if let version = reproduction.otherVersion {
            Console.note("note: the file was written by version \(version), and this is \(volleyVersion): what only one of them has is not compared")
        }
        let differences = reproduction.differences
        guard !differences.isEmpty else {
            return try Console.out(
                "\(result): reproduced, \(reproduction.compared) figures and words are the same, on \(reproduction.results.samples) samples")
        }
        try Console.out("\(result): \(differences.count) of \(reproduction.compared) figures and words are not the same:")
        for difference in differences.prefix(Self.shown) {
            try Console.out("  \(difference.key): stated \(difference.stated ?? "nothing"), measured \(difference.found ?? "nothing")")
        }
        if differences.count > Self.shown { try Console.out("  and \(differences.count - Self.shown) more") }
    }
}
