import ArgumentParser
import Foundation
import Volley

/// On which samples networks are measured, and how.
struct MeasuringOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "CSV file that says the class of every image in a folder: columns 'file', relative to the folder, and 'class' or 'class_index'.",
            valueName: "file.csv"))
    var labels: String?
    @OptionGroup var dataOptions: DataOptions
    @Option(help: "The output that is read (default: the only one of the shape that is read, such as [N, classes]).") var output: String?
    @Option(help: "Use at most this many samples, \(OptionRange.text(OptionRange.samples)) (of class folders: spread over the classes).")
    var limit: Int?
    @Option(help: "Samples per batch, \(OptionRange.text(OptionRange.batch)).") var batch = 32
    @Option(help: "Number of threads, \(OptionRange.text(OptionRange.threads)) (default: all processors). Results do not depend on it.")
    var threads = ProcessInfo.processInfo.activeProcessorCount
    @OptionGroup var engine: EngineOptions
    @OptionGroup var priceOptions: PriceOptions
    @Flag(help: "Leave out files that cannot be read, and list them.") var skipBad = false
    @Flag(help: "Measure even on samples that were used for calibration.") var allowOverlap = false

    /// - Throws: where an option is outside its range.
    func check() throws {
        try OptionRange.check("--limit", limit, OptionRange.samples)
        try OptionRange.check("--batch", batch, OptionRange.batch)
        try OptionRange.check("--threads", threads, OptionRange.threads)
    }

    /// Opens labelled data for a network.
    func dataset(_ path: String, for graph: Graph) throws -> Dataset {
        try Dataset.open(path, try dataOptions.options(labels: labels, for: graph))
    }

    /// Opens data for whatever a network does.
    func data(_ path: String, for network: SpikingNetwork, task: Evaluation.Task?) throws -> EvaluationData {
        try EvaluationData.open(
            path, for: network.graph, preprocessing: network.preprocessing, task: task, try dataOptions.options(labels: labels, for: network.graph))
    }

    /// - Parameter data: its name.
    func settings(timeSteps: Int, on data: String) throws -> Evaluation.Settings {
        try Evaluation.Settings(
            timeSteps: timeSteps, batchSize: batch, threads: threads, limit: limit, skipBad: skipBad, data: data,
            weights: engine.weights, output: output,
            prices: priceOptions.chosen())
    }
}
