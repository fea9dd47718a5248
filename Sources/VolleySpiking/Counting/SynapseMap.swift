public import VolleyGraph
internal import VolleyTensors

/// Who reads which neurons over how many synapses: what turns spikes into accumulates (semantics 9).
///
/// A map is one for a sample, whose costs those of a batch are multiples of. Where samples meet they are not: similarities of all
/// with all grow with the square of the batch, a mean over the batch costs the same for any. There a map is one for a whole batch.
public struct SynapseMap: Sendable {
    /// One way in which a layer's spikes are read.
    enum Reader: Sendable {
        /// Every neuron reaches this many targets.
        case layer(fanOut: Int)
        /// Long runs of neurons reach as many targets.
        case runs(FanOutRuns)
        /// The neurons of an image reach as many targets as their pixel says.
        case pixels(PixelFanOut)
        /// The neurons reach this many targets each, by element of one sample.
        case elements([Int])
        /// One side of a product; the number is an index into `products`.
        case product(Int, Side)
    }

    enum Side: Int, Sendable { case left, right }

    struct Product: Sendable {
        var node: NodeID
        /// Whether it multiplies matrices or element by element.
        var isMatrixProduct: Bool
        var inputs: [NodeID]
    }

    let graph: Graph
    /// How many samples the costs are those of: 1, unless samples meet.
    public let samples: Int
    private let samplesMeet: Bool
    private(set) var readers: [NodeID: [Reader]] = [:]
    private(set) var products: [Product] = []
    /// By product: its multiply-accumulates in the ANN.
    private var productCosts: [Int] = []
    /// What every step costs, whatever fires, and what only the first one costs.
    private(set) var everyStep = OperationCounts()
    private(set) var firstStep = OperationCounts()
    /// What the ANN costs.
    public private(set) var dense = DenseCosts()

    /// The map for one sample.
    /// - Parameter graph: a graph with `NeuronSite` nodes.
    public init(_ graph: Graph) {
        let samplesMeet = if case .together = Batching(graph).rule { true } else { false }
        self.init(graph, samples: 1, samplesMeet: samplesMeet)
    }

    /// The map that a batch is counted and priced with: this one, unless samples meet.
    public func pricing(batch: Int) -> SynapseMap {
        let samples = max(1, batch)
        return samplesMeet && samples != self.samples ? SynapseMap(graph, samples: samples, samplesMeet: true) : self
    }

    private init(_ graph: Graph, samples: Int, samplesMeet: Bool) {
        self.graph = graph
        (self.samples, self.samplesMeet) = (samples, samplesMeet)
        let timeVarying = graph.isTimeVarying
        let kinds = graph.kinds(timeVarying: timeVarying)
        let multiplyAccumulates = graph.multiplyAccumulates(batch: samples)
        for (id, node) in graph.nodes.enumerated() {
            guard let operation = node.operation else { continue }
            let macs = multiplyAccumulates[id]
            let elements = count(id)
            dense.multiplyAccumulates += macs
            if isNonlinear(node, operation) { dense.nonlinearElements += elements }
            switch kinds[id] {
            case .staticValue:
                firstStep.analogMultiplyAccumulates += macs
                if isNonlinear(node, operation) { firstStep.nonlinearElements += elements }
                continue
            case .neuron:
                dense.neurons += elements
                if operation.neuronSite?.activation != nil { dense.nonlinearElements += elements }
                everyStep.neuronUpdates += elements
                continue
            case .nonlinear:
                everyStep.nonlinearElements += elements
                everyStep.scalings += node.inputs.filter { timeVarying[$0] }.reduce(0) { $0 + count($1) }
            case .bilinear:
                everyStep.scalings += elements
            case .affine:
                break
            }
            guard macs > 0 else { continue }
            dense.paperMultiplyAccumulates += macs
            if !addReaders(of: id, node, operation, timeVarying, multiplyAccumulates: macs) {
                everyStep.analogMultiplyAccumulates += macs
                everyStep.paperAccumulates += macs
            }
        }
    }

    /// How many accumulates a spike of a site is, in the mean over its neurons, where the other sides of products are not 0.
    public func accumulatesPerSpike(of site: NodeID) -> Double {
        let neurons = Double(max(1, count(site)))
        return readers[site, default: []].reduce(0) { sum, reader in
            switch reader {
            case .layer(let fanOut): sum + Double(fanOut)
            case .runs(let fanOut): sum + fanOut.mean
            case .pixels(let fanOut): sum + Double(fanOut.targets.reduce(0, +)) / Double(max(1, fanOut.targets.count))
            case .elements(let fanOut): sum + Double(fanOut.reduce(0, +)) / neurons
            case .product(let index, _): sum + Double(productCosts[index]) / neurons
            }
        }
    }

    private func count(_ id: NodeID) -> Int { graph[id].shape.resolved(batch: samples).count }

    /// Whether the ANN's value is a nonlinear function of those inputs that are not constant.
    private func isNonlinear(_ node: Node, _ operation: Operator) -> Bool {
        let varying = node.inputs.map { graph[$0].constant == nil }
        return varying.contains(true) && operation.operation.kind(timeVarying: varying) == .nonlinear
    }

    /// - Returns: false when the layer does not read neurons but analog values.
    private mutating func addReaders(
        of id: NodeID, _ node: Node, _ operation: Operator, _ timeVarying: [Bool], multiplyAccumulates: Int
    ) -> Bool {
        let varying = node.inputs.map { timeVarying[$0] }
        let synapses = operation.operation.synapticInputs(timeVarying: varying)
        let sources = synapses.map { node.inputs[$0] }
        guard !sources.isEmpty else { return false }
        guard sources.allSatisfy({ graph[$0].isNeuronSite }) else {
            return addRoutes(to: node, operation, synapses, timeVarying, multiplyAccumulates: multiplyAccumulates)
        }
        let shapes = node.inputs.map { graph[$0].shape.resolved(batch: samples) }
        switch operation {
        case .linear where synapses == [0], .matrixProduct where synapses.count == 1:
            // Every element of this side is multiplied as often, also where it is stretched over several matrices of the other.
            let fanOut = multiplyAccumulates / max(1, shapes[synapses[0]].count)
            readers[sources[0], default: []].append(.layer(fanOut: fanOut))
        case .convolution(let convolution) where synapses == [0]:
            let targets = convolution.fanOut(input: shapes[0], weight: shapes[1])
            readers[sources[0], default: []].append(reader(targets, shapes[0], convolution.channels))
        case .transposedConvolution(let convolution) where synapses == [0]:
            readers[sources[0], default: []].append(reader(convolution.fanOut(input: shapes[0], weight: shapes[1]), shapes[0], .first))
        case .matrixProduct, .elementwise:
            for (side, source) in zip([Side.left, .right], sources) {
                readers[source, default: []].append(.product(products.count, side))
            }
            productCosts.append(multiplyAccumulates)
            products.append(Product(node: id, isMatrixProduct: operation.name == "matrixProduct", inputs: sources))
        default:
            return false
        }
        return true
    }

    /// - Returns: false when something else than neurons is read through pools and the like.
    private mutating func addRoutes(
        to node: Node, _ operation: Operator, _ synapses: [Int], _ timeVarying: [Bool], multiplyAccumulates: Int
    ) -> Bool {
        guard synapses == [0] else { return false }
        let shapes = node.inputs.map { graph[$0].shape.resolved(batch: samples) }
        let count = shapes[0].count
        let fanOut: [Int]
        switch operation {
        case .linear: fanOut = [Int](repeating: multiplyAccumulates / max(1, count), count: count)
        case .convolution(let convolution):
            let perPixel = convolution.fanOut(input: shapes[0], weight: shapes[1])
            // As many neighbours lie on one pixel.
            let together = convolution.channels == .last ? shapes[0][shapes[0].rank - 1] : 1
            fanOut = (0..<count).map { perPixel[$0 / together % perPixel.count] }
        default: return false
        }
        let routes = SpikeRoutes(graph: graph, timeVarying: timeVarying, samples: samples)
        guard let found = routes.routes(to: node.inputs[0], fanOut: fanOut), !found.isEmpty else { return false }
        for (site, fanOut) in found {
            readers[site, default: []].append(FanOutRuns(fanOut, width: 1).map { .runs($0) } ?? .elements(fanOut))
        }
        return true
    }

    /// - Parameter targets: by pixel of images of this shape.
    private func reader(_ targets: [Int], _ images: Shape, _ channels: ChannelLayout) -> Reader {
        let runs = channels == .last ? FanOutRuns(targets, width: images[images.rank - 1]) : nil
        return runs.map { .runs($0) } ?? .pixels(PixelFanOut(targets: targets, channels: channels))
    }
}
