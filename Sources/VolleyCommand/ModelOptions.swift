import ArgumentParser
import Volley

/// How a model's file is read.
struct ModelOptions: ParsableArguments {
    @Option(
        name: .customLong("input-shape"), parsing: .singleValue,
        help: ArgumentHelp(
            "Lengths that an ONNX file leaves open, the batch first (it stays free). May be repeated.", valueName: "name=1,3,224,224"))
    var inputShapes: [String] = []

    func load(_ path: String, through lastPass: String? = nil) throws -> Model {
        try ModelFile.load(path, inputShapes: try ModelFile.inputShapes(inputShapes), through: lastPass)
    }
}
