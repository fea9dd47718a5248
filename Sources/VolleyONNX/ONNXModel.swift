public import VolleyGraph
public import VolleyTensors

/// A network read from an ONNX file, as PyTorch's exporters and others write them.
///
/// The first axis of every input is the batch N and stays free, unless the file fixes it and cannot do without. All that
/// depends on the shapes of the inputs alone is computed while the file is read. Integers and truth values are floats in the
/// graph: an input of token ids or of a mask is an array of floats.
public struct ONNXModel: Sendable {
    /// Inputs and outputs are called as in the file, and so is every operation that stands for a node of it; operations
    /// that a node is made of besides are called `NODE.PART`.
    public let graph: Graph
    /// What had to be assumed or replaced.
    public let diagnostics: [Diagnostic]
    /// The model's file, and the files beside it that hold its tensors.
    public let weightFiles: [String]
    /// A line for people: who wrote the file, the version of its operators, how many nodes it has.
    public let architecture: String
    /// What the file says of itself, by key.
    public let metadata: [String: String]

    /// Reads versions 11 and newer of the standard operators.
    /// - Parameters:
    ///   - inputShapes: by input, the lengths that the file leaves open; the first one is the batch and only counts as
    ///     such.
    ///   - constants: values of inputs that shall be part of the network, by input. Shapes and indices must be known here.
    ///   - lastPass: the last of `GraphPasses.all` to be applied; all where it is nil, none where it is empty.
    /// - Throws: ``ONNXError``.
    public static func load(
        _ path: String, inputShapes: [String: [Int]] = [:], constants: [String: Tensor] = [:], through lastPass: String? = nil
    ) throws -> ONNXModel {
        do {
            let (importer, graph, header) = try read(path, inputShapes, constants)
            return ONNXModel(
                graph: try simplified(graph, through: lastPass), diagnostics: importer.diagnostics,
                weightFiles: [path] + importer.reader.externalPaths, architecture: header.architecture, metadata: header.metadata)
        } catch var error as ONNXError {
            error.path = path
            throw error
        } catch let error as GraphError {
            throw ONNXError(.malformed, error.message, path: path, node: error.node)
        }
    }

    /// Imports with a free batch; where the model does not allow that although it fixes the batch, with the batch it fixes.
    ///
    /// A freed batch is right for this reason: with as many samples as the file fixes, every shape is the file's, and so is what
    /// is computed; and where samples are proved not to meet, each of them gets the same alone or among any others.
    private static func read(
        _ path: String, _ shapes: [String: [Int]], _ constants: [String: Tensor]
    ) throws -> (Importer, Graph, header: ModelImport.Header) {
        var model = try ModelImport(path, shapes: shapes, constants: constants)
        let fixedBatch = model.fixedBatch
        do {
            let (importer, graph) = try model.run(freedBatch: fixedBatch)
            if let fixedBatch {
                if let node = BatchAnalysis(graph).meeting {
                    throw ONNXError(.unsupported, "it relates the samples of a batch to each other", node: graph[node].name)
                }
                importer.note(
                    importer.freedInputs.joined(separator: ", "), "the file fixes the batch at \(fixedBatch); any batch is accepted")
            }
            return (importer, graph, model.header)
        } catch let reason as any InputError {
            guard let fixedBatch else { throw reason }
            var again = try ModelImport(path, shapes: shapes, constants: constants)
            // What is wrong with the file as it is counts, not what is wrong with another batch.
            let (importer, graph) = try again.run(freedBatch: nil)
            importer.note(
                path, "the file fixes the batch at \(fixedBatch), and no other is possible, so samples run \(fixedBatch) at a time: \(reason)")
            return (importer, graph, again.header)
        }
    }

    private static func simplified(_ graph: Graph, through last: String?) throws -> Graph {
        let result = last == "" ? try RemoveUnusedNodes.apply(to: graph) : try GraphPasses.apply(to: graph, through: last)
        try GraphVerifier.verify(result)
        return result
    }
}
