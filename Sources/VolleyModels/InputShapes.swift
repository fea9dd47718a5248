import VolleyGraph

/// The shapes that the caller asks for, by input, each with any batch size as its first length.
struct InputShapes {
    private let shapes: [String: [Int]]
    private let path: String

    init(_ shapes: [String: [Int]], path: String) {
        self.shapes = shapes
        self.path = path
    }

    /// The last length of the first of these inputs whose shape is asked for.
    func length(of inputs: [String]) throws -> Size? {
        guard let name = inputs.first(where: { shapes[$0] != nil }), let shape = shapes[name] else { return nil }
        guard shape.count == 2, (1...Size.largest).contains(shape[1]) else {
            throw ModelError(
                .badInputShape, "The input \(name.quoted) has the shape [N, L], but \(shape) is asked for.", path: path)
        }
        return Size(shape[1], "the shape \(shape) is asked for the input \(name.quoted)")
    }

    /// - Throws: `ModelError` (`badInputShape`) where a shape is asked for that the graph does not have.
    func verify(_ graph: Graph) throws {
        let names = graph.inputs.map { graph[$0].name }
        for (name, shape) in shapes.sorted(by: { $0.key < $1.key }) {
            guard let input = graph.inputs.first(where: { graph[$0].name == name }) else {
                let message = """
                    A shape is asked for the input \(name.quoted), which the network does not have; its inputs are \
                    \(names.listed).
                    """
                throw ModelError(.badInputShape, message, path: path)
            }
            let expected = graph[input].shape
            let fits =
                shape.count == expected.rank
                && zip(shape, expected.dimensions).allSatisfy { length, dimension in
                    dimension.scalesWithBatch ? length > 0 : length == dimension.size
                }
            guard fits else {
                let message = "The input \(name.quoted) has the shape \(expected), but \(shape) is asked for."
                throw ModelError(.badInputShape, message, path: path)
            }
        }
    }
}
