import ArgumentParser
import Volley

/// How a model's file is read.
struct ModelOptions: ParsableArguments {
    @Option(
        name: .customLong("input-shape"), parsing: .singleValue,
        help: ArgumentHelp(
            "An input's shape where the file leaves lengths open: the batch first (it stays free). May be repeated.", valueName: "name=1,3,224,224"))
    var inputShapes: [String] = []

    func load(_ path: String, images: ImageOptions = ImageOptions(), through lastPass: String? = nil) throws -> Model {
        try Model.load(path, inputShapes: try shapes(), images: images, through: lastPass)
    }

    /// - Throws: ``CommandError`` for text that is not NAME=1,3,224,224.
    private func shapes() throws -> [String: [Int]] {
        var shapes: [String: [Int]] = [:]
        for text in inputShapes {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            let lengths = parts.last?.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) } ?? []
            guard parts.count == 2, !lengths.contains(nil), lengths.allSatisfy({ $0! > 0 }) else {
                throw CommandError("an input's shape is written NAME=1,3,224,224 with positive lengths, found '\(text)'")
            }
            guard shapes.updateValue(lengths.map { $0! }, forKey: parts[0]) == nil else {
                throw CommandError("the shape of input '\(parts[0])' is given twice")
            }
        }
        return shapes
    }
}
