import ArgumentParser
import Foundation
import Volley

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs a spiking network on arrays and writes its estimates at every time-step.",
        discussion: """
            IN.npz holds an array for every input of the network under the input's name ('volley inspect' lists them), \
            already preprocessed. OUT.npz receives, for every output NAME: 'NAME' [T, N, …] the estimates, 'NAME.ann' \
            [N, …] the ANN's output; for every neuron site: 'spikes/SITE' [T, 2·levels], positive levels before negative, \
            smallest threshold first.
            """)

    @Argument(help: "A .volley file.") var network: String
    @Option(help: "The .npz file to read.") var input: String
    @Option(name: .shortAndLong, help: "The .npz file to write.") var output: String
    @Option(name: .shortAndLong, help: "Number of time-steps T.") var steps: Int
    @Option(help: "Number of threads (default: all processors). Results do not depend on it.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    func run() throws {
        guard threads >= 1 else { throw CommandError("--threads must be at least 1") }
        let spiking = try SpikingNetwork(contentsOf: network)
        let archive = try NpzArchive(path: input)
        let names = spiking.graph.inputs.map { spiking.graph[$0].name }
        var arrays: [String: Tensor] = [:]
        for name in archive.names where names.contains(name) { arrays[name] = try archive.array(name).tensor }
        let others = archive.names.filter { !names.contains($0) }
        if arrays.count < names.count {
            throw CommandError("'\(input)' needs an array for each input of the network (\(names.joined(separator: ", "))); it holds \(archive.names.joined(separator: ", "))")
        }
        if !others.isEmpty { Console.warn(Diagnostic(input, "the network has no input for \(others.joined(separator: ", "))")) }
        let run = try ArrayRun(spiking, inputs: arrays, timeSteps: steps, threads: threads)
        try NpzArchive.write(run.arrays, to: output)
        print("\(output): \(run.arrays.count) arrays, T = \(steps)")
    }
}
