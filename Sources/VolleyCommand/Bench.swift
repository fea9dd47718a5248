import ArgumentParser
import Foundation
import Volley

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Times a spiking network beside its ANN, or the kernels.",
        subcommands: [BenchNetwork.self, BenchKernels.self], defaultSubcommand: BenchNetwork.self)
}

struct BenchNetwork: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network",
        abstract: "Times a spiking network beside the ANN that it was made from.",
        discussion: """
            Both run on the same inputs and threads, in turn; the times are medians, per sample. The table shows where one \
            thread's time goes: density is spikes per input and time-step, synaptic operations are additions at a spike's \
            targets (multiply-accumulates where floats arrive), peak is their share of what a dense fp32 product does in the same run; \
            GB/s are bytes that are read and written, each value once, and copy is their share of a memory copy's rate. What an operator is \
            bound by is the limit that it comes closest to, from a third of it on; values that stay in a cache can pass 100 %.
            'volley bench NET.volley' is short for 'volley bench network NET.volley'.
            """)

    @Argument(help: "A .volley file.") var network: String
    @Option(help: "An .npz file with an array for every input; without it, seeded normal values (no token ids).") var input: String?
    @Option(name: .shortAndLong, help: "Number of time-steps T, \(OptionRange.text(OptionRange.steps)).") var steps = 4
    @Option(help: "Samples per batch, \(OptionRange.text(OptionRange.batch)).") var batch = 8
    @Option(help: "Number of threads, \(OptionRange.text(OptionRange.threads)).") var threads = ProcessInfo.processInfo.activeProcessorCount
    @OptionGroup var engine: EngineOptions
    @Option(help: "How often each side is timed, \(OptionRange.text(OptionRange.repetitions)).") var repetitions = 7
    @Option(help: "Seed of the normal values.") var seed: UInt64 = 0
    @Flag(help: "List every operator instead of sums over operators of one kind.") var operators = false
    @Option(help: "Also write everything that was measured to this JSON file.") var json: String?

    func run() throws {
        try OptionRange.check("--steps", steps, OptionRange.steps)
        try OptionRange.check("--batch", batch, OptionRange.batch)
        try OptionRange.check("--threads", threads, OptionRange.threads)
        try OptionRange.check("--repetitions", repetitions, OptionRange.repetitions)
        let spiking = try SpikingNetwork(contentsOf: network)
        var settings = NetworkBenchmark.Settings()
        (settings.timeSteps, settings.batch, settings.threads) = (steps, batch, threads)
        (settings.weights, settings.repetitions) = (engine.weights, repetitions)
        let benchmark = try NetworkBenchmark(spiking, settings: settings, kernels: try engine.instructionSet.kernels())
        benchmark.diagnostics.forEach(Console.warn)
        let inputs =
            try input.map { path in
                try benchmark.batch(
                    of: NamedArrays(path: path, for: spiking.graph).arrays)
            } ?? benchmark.normalInputs(seed: seed)
        try OutputPath.check([json])
        let report = try benchmark.run(inputs, progress: ProgressLine("timing").update)
        try Console.out(BenchTable.text(report, everyOperator: operators), terminator: "")
        if let json { try AtomicFile.write(try Console.json(report), to: json) }
    }
}
