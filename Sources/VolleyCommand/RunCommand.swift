import ArgumentParser
import Foundation
import Volley

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs a spiking network on arrays and writes its estimates at every time-step.",
        discussion: """
            IN.npz holds an array for every input of the network under the input's name ('volley inspect' lists them), \
            already preprocessed; a network with one input also takes 'x'. Where neurons stand at an input, 'train/NAME' [T, N, …] \
            beside it holds recorded spikes, which they send instead of random ones; 'train/SITE' [T, N, …] likewise holds the codes that \
            the neurons of another site send. OUT.npz receives, for every output NAME: \
            'NAME' [T, N, …] the estimates, 'NAME.ann' [N, …] the ANN's output (not with --no-ann); for every neuron site: 'spikes/SITE' \
            [T, codes]: of a ladder, positive levels before negative ones, smallest threshold first.
            --trace writes what the neurons of each site send, a code of one byte for every time-step, sample and neuron (0: no spike; of a \
            ladder, the level with its sign): 'SITE' [T, N, …] in an .npz file, or a folder with an .npy file for each site and \
            index.json, which says what each code is worth. --events writes one row for each spike instead: sample, time-step from 1, \
            site (its place in FILE.json beside it), neuron and level, in this order. Both are written while the network runs.
            With --early-exit each sample runs by itself until the softmax margin of its answer is reached, and no further: the step \
            and the answer of each are printed, 'NAME' [N, …] holds the estimates there, 'exit/step' [N] the steps, and 'spikes/SITE' \
            counts the samples that had not stopped.
            With --ann-only just 'NAME' [N, …], the ANN's output, computed on one thread with the network's own weights; then \
            NETWORK may also be a model that is not converted.
            """)

    @Argument(help: "A .volley file; with --ann-only also a model.") var network: String
    @Option(help: "The .npz file to read.") var input: String
    @Option(name: .shortAndLong, help: "The .npz file to write.") var output: String
    @Option(name: .shortAndLong, help: "Number of time-steps T, \(OptionRange.text(OptionRange.steps)).") var steps: Int?
    @Flag(help: "Run just the ANN.") var annOnly = false
    @Option(help: ArgumentHelp("Stop each sample early: \(MarginOption.help).", valueName: "margin")) var earlyExit: String?
    @Flag(help: "Leave the ANN out.") var noAnn = false
    @Option(help: ArgumentHelp("Write spike trains to a new folder, or to an .npz file.", valueName: "path")) var trace: String?
    @Option(help: ArgumentHelp("Write a table of spikes.", valueName: "file.npy")) var events: String?
    @Option(
        help: ArgumentHelp(
            "Sites for --trace and --events: names, with * for any characters and ? for one; can be given several times (default: all).",
            valueName: "pattern"))
    var sites: [String] = []
    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var engine: EngineOptions
    @Option(help: "Number of threads, \(OptionRange.text(OptionRange.threads)) (default: all processors). Results do not depend on it.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    func run() throws {
        try OptionRange.check("--threads", threads, OptionRange.threads)
        try OptionRange.check("--steps", steps, OptionRange.steps)
        let traces = trace != nil || events != nil ? TraceOutput(trains: trace, events: events, patterns: sites) : nil
        guard sites.isEmpty || traces != nil else { throw CommandError("--sites says which sites --trace and --events are for: add one of them") }
        if annOnly {
            guard traces == nil else { throw CommandError("--ann-only runs no spikes: leave out --trace and --events") }
            guard steps == nil, engine.weights == .fp32 else {
                throw CommandError("--ann-only runs no spikes: leave out --steps and --weights")
            }
            guard earlyExit == nil else { throw CommandError("--ann-only runs no spikes: leave out --early-exit") }
            guard !noAnn else { throw CommandError("--ann-only and --no-ann leave nothing to run: leave one of them out") }
            let (graph, preprocessing) = try annGraph()
            let evaluator = Evaluator(graph, kernels: try engine.instructionSet.kernels())
            let inputs = try evaluator.executable.bind(try arrays(for: graph, preprocessing))
            let outputs = try evaluator.run(inputs)
            try outputs.requireFinite(evaluator.executable.batching, samples: inputs.count)
            try NpzArchive.write(graph.outputs.map { ($0.name, .float32(outputs[$0.name]!)) }, to: output)
            try Console.out("\(output): \(outputs.count) arrays, the ANN's outputs")
        } else {
            guard let steps else { throw CommandError("--steps says how many time-steps to run, such as --steps 8") }
            let margin = try earlyExit.map(MarginOption.margin)
            guard margin == nil || traces == nil else {
                throw CommandError("--trace and --events are for runs of one length: leave out --early-exit")
            }
            let spiking = try SpikingNetwork(contentsOf: network)
            let inputs = try arrays(for: spiking.graph, spiking.preprocessing, traces?.files ?? [])
            try traces?.check(for: spiking)
            let program = try Program(spiking, timeSteps: steps, weights: engine.weights, kernels: try engine.instructionSet.kernels())
            let simulator = ParallelSimulator(program, threads: threads)
            if let margin {
                let run = try EarlyExitRun(simulator, inputs: inputs, margin: margin, comparesWithANN: !noAnn)
                try write(run.arrays, run.diagnostics, steps)
                try Console.out("\n" + table(run.stops, spiking.classNames).text, terminator: "")
            } else {
                func run(_ tracing: SpikeTracing?) throws -> ArrayRun {
                    try ArrayRun(simulator, inputs: inputs, comparesWithANN: !noAnn, tracing: tracing)
                }
                guard let traces else {
                    let run = try run(nil)
                    return try write(run.arrays, run.diagnostics, steps)
                }
                let (run, spikes) = try traces.write(simulator, inputs: simulator.bind(inputs), run)
                try write(run.arrays, run.diagnostics, steps)
                try Console.out(
                    "\([trace, events].compactMap(\.self).joined(separator: ", ")): \(spikes) spikes of \(traces.sites(of: spiking).count) sites")
            }
        }
    }

    private func write(_ arrays: [(String, NpyContent)], _ diagnostics: [Diagnostic], _ steps: Int) throws {
        diagnostics.forEach(Console.warn)
        try NpzArchive.write(arrays, to: output)
        try Console.out("\(output): \(arrays.count) arrays, T = \(steps)")
    }

    /// Where each sample stopped.
    private func table(_ stops: [EarlyExitRun.Stop], _ names: [String]?) -> TextTable {
        TextTable(
            [.number("sample"), .number("stops at t"), .number("class"), .text(names == nil ? "" : "name"), .number("margin")],
            rows: stops.enumerated().map { sample, stop in
                ["\(sample)", "\(stop.step)", "\(stop.answer)", names?[stop.answer] ?? "", TextTable.fixed(stop.margin, 4)]
            })
    }

    private func annGraph() throws -> (Graph, Preprocessing?) {
        if network.hasSuffix(".volley") {
            let spiking = try SpikingNetwork(contentsOf: network)
            return (spiking.graph, spiking.preprocessing)
        }
        let model = try modelOptions.load(network)
        return (model.graph, model.preprocessing)
    }

    /// Reads the inputs, and tries the outputs before there is anything to lose.
    private func arrays(for graph: Graph, _ preprocessing: Preprocessing?, _ outputs: [String] = []) throws -> [String: Tensor] {
        let named = try NamedArrays(path: input, for: graph)
            .fitted(to: graph, preprocessing: preprocessing)
        named.diagnostics.forEach(Console.warn)
        try OutputPath.check([output] + outputs)
        return named.arrays
    }
}
