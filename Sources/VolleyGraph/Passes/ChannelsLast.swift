internal import VolleyTensors

/// Puts the channels of images behind their height and width, from each convolution on as far as operators let them stay there, and a
/// linear layer in the place of every convolution that looks at single pixels.
///
/// A convolution is a product of windows with a weight; with the channels last a window is a few runs of memory, its results are a row of
/// the next image, and a 1 × 1 convolution is a linear layer of pixels. Transpositions stand where channels must come first again: behind
/// inputs, before outputs, before what flattens an image. What the graph computes stays the same.
public enum ChannelsLast {
    /// - Throws: ``GraphError`` never for a graph that was verified.
    public static func apply(to graph: Graph) throws -> Graph { try rewrite(graph).graph }

    /// The same, and the neuron sites, by name, whose values have their channels last in it and not in the graph that was given.
    /// - Throws: ``GraphError`` never for a graph that was verified.
    public static func rewrite(_ graph: Graph) throws -> (graph: Graph, movedSites: Set<String>) {
        let hasImages = graph.nodes.contains { if case .operation(.convolution(let one)) = $0.content { one.channels == .first } else { false } }
        guard hasImages else { return (graph, []) }
        // Spikes are read as they were sent: a site whose readers differ in what they want keeps its channels where the model has them.
        var fixedSites: Set<NodeID> = []
        while true {
            var rewriting = Rewriting(graph, fixedSites: fixedSites)
            for id in graph.nodes.indices { try rewriting.put(id) }
            let moved = try rewriting.finish()
            if rewriting.turnedSites.isEmpty {
                return (try RemoveUnusedNodes.apply(to: moved, keeping: rewriting.operations), rewriting.movedSites)
            }
            fixedSites.formUnion(rewriting.turnedSites)
        }
    }
}

/// A graph that is built anew, with one or both orders of each value. "Last" means that axis 1 stands behind all others.
private struct Rewriting {
    private let graph: Graph
    private var builder: GraphBuilder
    private var first: [NodeID: NodeID] = [:]
    private var last: [NodeID: NodeID] = [:]
    /// Values that have their channels last only because a reader asked for it.
    private var isTurned: Set<NodeID> = []
    /// The graph's own operations, whether or not an output needs them: what they cost is counted.
    private(set) var operations: [NodeID] = []
    /// Sites that keep their channels where they are.
    private let fixedSites: Set<NodeID>
    /// Sites whose spikes would be moved between the two orders.
    private(set) var turnedSites: Set<NodeID> = []

    init(_ graph: Graph, fixedSites: Set<NodeID>) {
        self.graph = graph
        self.fixedSites = fixedSites
        builder = GraphBuilder(reserving: Set(graph.nodes.map(\.name)))
    }

    mutating func finish() throws -> Graph {
        // What is handed out is read by no synapse.
        let sites = turnedSites
        defer { turnedSites = sites }
        for output in graph.outputs { builder.output(output.name, try channelsFirst(output.value)) }
        return try builder.build()
    }

    mutating func put(_ id: NodeID) throws {
        let node = graph[id]
        guard let operation = node.operation else {
            first[id] = try builder.copy(node, inputs: [])
            return
        }
        switch operation {
        case .convolution(let convolution) where convolution.channels == .first && !node.inputs.contains(where: isFirstSite):
            last[id] = try put(node, convolution)
        case .transpose(let transpose): try put(id, node, transpose)
        case .reduction(var reduction) where isLast(node.inputs[0]) && dropsPixels(reduction, of: node.inputs[0]):
            reduction.axes = reduction.axes.map { position($0, graph[node.inputs[0]].shape.rank) }
            first[id] = try builder.add(node.name, .reduction(reduction), [last[node.inputs[0]]!])
        case .reshape(let reshape) where isSinglePixel(reshape.shape) && first[node.inputs[0]] != nil:
            // In memory both orders are the same.
            let input = first[node.inputs[0]]!
            first[id] = try builder.copy(node, inputs: [input])
            let shape = SymbolicShape(orderOfLast(reshape.shape.rank).map { reshape.shape[$0] })
            last[id] = try builder.addOperation(node.name + ".channelsLast", .reshape(Reshape(to: shape)), [input])
        case .reshape(let reshape) where isLast(node.inputs[0]): try put(id, node, reshape)
        default:
            if node.inputs.contains(where: isLast), !fixedSites.contains(id), !node.inputs.contains(where: isFirstSite),
                let moved = try moved(node, operation)
            {
                last[id] = moved
            } else {
                let inputs = try node.inputs.map { try channelsFirst($0) }
                first[id] = try builder.copy(node, inputs: inputs)
            }
        }
        let new = isLast(id) ? last[id]! : first[id]!
        operations.append(new)
        if let name = graph.siteNames[id] { builder.nameSite(on: new, name) }
    }

    /// Whether a value was made with its channels last, and not only turned for a reader.
    private func isLast(_ id: NodeID) -> Bool { last[id] != nil && !isTurned.contains(id) }

    private func isSite(_ id: NodeID) -> Bool { graph[id].isNeuronSite }

    /// Whether it is a site whose spikes have their channels first.
    private func isFirstSite(_ id: NodeID) -> Bool { isSite(id) && !isLast(id) }

    /// The sites whose spikes have their channels last, by name.
    var movedSites: Set<String> { Set(graph.nodes.indices.filter { isSite($0) && isLast($0) }.map { graph[$0].name }) }

    // MARK: The two orders

    private func orderOfLast(_ rank: Int) -> [Int] { [0] + Array(2..<rank) + [1] }
    private func orderOfFirst(_ rank: Int) -> [Int] { [0, rank - 1] + Array(1..<rank - 1) }

    private mutating func channelsFirst(_ id: NodeID) throws -> NodeID {
        if let known = first[id] { return known }
        if isSite(id) { turnedSites.insert(id) }
        let new = try builder.addOperation(
            graph[id].name + ".channelsFirst", .transpose(Transpose(orderOfFirst(graph[id].shape.rank))), [last[id]!])
        first[id] = new
        return new
    }

    private mutating func channelsLast(_ id: NodeID) throws -> NodeID {
        if let known = last[id] { return known }
        if isSite(id) { turnedSites.insert(id) }
        let new = try turned(id, orderOfLast(graph[id].shape.rank))
        last[id] = new
        isTurned.insert(id)
        return new
    }

    /// The first order of a value with its axes in another one.
    private mutating func turned(_ id: NodeID, _ order: [Int]) throws -> NodeID {
        if let constant = graph[id].constant {
            return try builder.addConstant(graph[id].name + ".channelsLast", constant.transposed(order))
        }
        return try builder.addOperation(
            graph[id].name + ".channelsLast", .transpose(Transpose(order)), [first[id]!])
    }

    // MARK: Operators

    private mutating func put(_ node: Node, _ convolution: Convolution) throws -> NodeID {
        let image = try channelsLast(node.inputs[0])
        let rest = try node.inputs.dropFirst(2).map { try channelsFirst($0) }
        if let weight = graph[node.inputs[1]].constant, convolution.readsPixels(weight.shape) {
            let matrix = try builder.addConstant(
                graph[node.inputs[1]].name + ".matrix", weight.reshaped(to: [weight.shape[0], weight.shape[1]]))
            return try builder.add(node.name, .linear(Linear()), [image, matrix] + rest)
        }
        var moved = convolution
        moved.channels = .last
        return try builder.add(node.name, .convolution(moved), [image, try channelsLast(node.inputs[1])] + rest)
    }

    /// Transpositions between the two orders are what a value is already.
    private mutating func put(_ id: NodeID, _ node: Node, _ transpose: Transpose) throws {
        let (input, rank) = (node.inputs[0], node.shape.rank)
        if rank > 2, transpose.permutation == orderOfLast(rank), let known = last[input] {
            first[id] = known
        } else if rank > 3, transpose.permutation == orderOfFirst(rank) {
            last[id] = try channelsFirst(input)
        } else {
            let input = try channelsFirst(input)
            first[id] = try builder.copy(node, inputs: [input])
        }
    }

    /// An image whose pixels are put in one line, or that has one pixel.
    private mutating func put(_ id: NodeID, _ node: Node, _ reshape: Reshape) throws {
        let (from, to) = (graph[node.inputs[0]].shape, reshape.shape)
        if from.rank > 2, to.rank > 2, from.dimensions[..<2] == to.dimensions[..<2], !from.dimensions[2...].contains(where: \.scalesWithBatch),
            !to.dimensions[2...].contains(where: \.scalesWithBatch)
        {
            let shape = SymbolicShape([to[0]] + to.dimensions[2...] + [to[1]])
            last[id] = try builder.add(node.name, .reshape(Reshape(to: shape)), [last[node.inputs[0]]!])
        } else if isSinglePixel(from) {
            first[id] = try builder.copy(node, inputs: [last[node.inputs[0]]!])
        } else {
            let input = try channelsFirst(node.inputs[0])
            first[id] = try builder.copy(node, inputs: [input])
        }
    }

    /// Whether it is one of images of one pixel, `[N, C, 1, …]`.
    private func isSinglePixel(_ shape: SymbolicShape) -> Bool { shape.rank > 2 && shape.dimensions[2...].allSatisfy { $0 == 1 } }

    /// Whether no axis but those of samples and channels is left.
    private func dropsPixels(_ reduction: Reduction, of id: NodeID) -> Bool {
        !reduction.keepsAxes && Set(reduction.axes).isSuperset(of: 2..<graph[id].shape.rank)
    }

    /// Where an axis of a value with that many axes stands when the channels are last.
    private func position(_ axis: Int, _ rank: Int) -> Int { axis == 0 ? 0 : axis == 1 ? rank - 1 : axis - 1 }

    /// A node that reads and makes values with the channels last.
    /// - Returns: nil where it has no such form.
    private mutating func moved(_ node: Node, _ operation: Operator) throws -> NodeID? {
        let rank = node.shape.rank
        guard rank > 2 else { return nil }
        let inputs: [NodeID]
        let moved: Operator
        switch operation {
        case .neuron(var site):
            if case .trained(let activation)? = site.activation { site.activation = .trained(turned(activation, rank)) }
            guard node.inputs.dropFirst().allSatisfy({ graph[$0].shape.rank == rank - 1 }) else { return nil }
            let divisors = try node.inputs.dropFirst().map { try turned($0, Array(1..<rank - 1) + [0]) }
            return try builder.add(node.name, .neuron(site), [try channelsLast(node.inputs[0])] + divisors)
        case .activation, .parametricActivation:
            (moved, inputs) = (operation, node.inputs)
        case .trainedActivation(let activation):
            (moved, inputs) = (.trainedActivation(turned(activation, rank)), node.inputs)
        case .pooling(var pooling) where pooling.channels == .first:
            pooling.channels = .last
            (moved, inputs) = (.pooling(pooling), node.inputs)
        case .concatenation(let concatenation):
            (moved, inputs) = (.concatenation(Concatenation(axis: position(concatenation.axis, rank))), node.inputs)
        case .slice(var slice):
            slice.axis = position(slice.axis, rank)
            (moved, inputs) = (.slice(slice), node.inputs)
        case .padding(var padding):
            padding.amounts = orderOfLast(rank).map { padding.amounts[$0] }
            (moved, inputs) = (.padding(padding), node.inputs)
        case .resize(var resize):
            for index in resize.axes.indices { resize.axes[index].axis = position(resize.axes[index].axis, rank) }
            (moved, inputs) = (.resize(resize), node.inputs)
        case .reduction(var reduction) where reduction.keepsAxes:
            reduction.axes = reduction.axes.map { position($0, rank) }
            (moved, inputs) = (.reduction(reduction), node.inputs)
        case .elementwise:
            guard let operands = try operands(node) else { return nil }
            return try builder.add(node.name, operation, operands)
        default:
            return nil
        }
        return try builder.add(node.name, moved, inputs.map { try channelsLast($0) })
    }

    private func turned(_ activation: TrainedActivation, _ rank: Int) -> TrainedActivation {
        var turned = activation
        turned.channelAxis = activation.channelAxis.map { position($0, rank) }
        return turned
    }

    /// What is combined element by element, with the channels last; nil where that takes more than another order of axes.
    private mutating func operands(_ node: Node) throws -> [NodeID]? {
        let rank = node.shape.rank
        let shapes = node.inputs.map { graph[$0].shape }
        // Without axes, or with those of a single element, there is nothing to move.
        let isSingle = shapes.map { $0.dimensions.allSatisfy { $0 == 1 } }
        guard zip(shapes, isSingle).allSatisfy({ $1 || $0.rank >= rank - 1 }) else { return nil }
        return try zip(node.inputs, zip(shapes, isSingle)).map { input, about in
            let (shape, isSingle) = about
            if isSingle { return try channelsFirst(input) }
            if shape.rank == rank { return try channelsLast(input) }
            // `[C, …]`, aligned at the end.
            if graph[input].constant == nil { _ = try channelsFirst(input) }
            return try turned(input, Array(1..<shape.rank) + [0])
        }
    }
}

extension Convolution {
    /// Whether every result is of one pixel: a linear layer of its channels.
    fileprivate func readsPixels(_ weight: Shape) -> Bool {
        groups == 1 && weight[2] == 1 && weight[3] == 1 && stride == [1, 1] && padding.joined().allSatisfy { $0 == 0 }
    }
}
