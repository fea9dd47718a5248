import ArgumentParser
import Volley

/// How data is read.
struct DataOptions: ParsableArguments {
    @Option(
        name: .customLong("array"), parsing: .singleValue,
        help: ArgumentHelp(
            "Which array of an .npz file holds the samples, x, the labels, y, or where 'volley evaluate' takes one the mask of positions, mask. May be repeated.",
            valueName: "x=name"))
    var arrays: [String] = []

    /// By role, the array's name.
    /// - Throws: ``CommandError`` for text that is not ROLE=NAME.
    func chosenArrays() throws -> [String: String] {
        var chosen: [String: String] = [:]
        for text in arrays {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw CommandError("--array is written x=NAME or y=NAME, found '\(text)'") }
            guard chosen.updateValue(parts[1], forKey: parts[0]) == nil else {
                throw CommandError("--array names '\(parts[0])' twice")
            }
        }
        return chosen
    }

    func options(labels: String?, for graph: Graph) throws -> Dataset.Options {
        Dataset.Options(
            labels: labels, arrays: try chosenArrays(), input: graph.inputs.count == 1 ? graph[graph.inputs[0]].name : nil)
    }
}
