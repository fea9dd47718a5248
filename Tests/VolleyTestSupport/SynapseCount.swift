internal import Foundation
public import VolleyGraph
public import VolleySpiking
public import VolleyTensors

/// The operations of each time-step (semantics 9), counted multiplication by multiplication: every element of every product of every
/// layer is visited, and whether a spike meets it is looked up. Nothing of the simulators' bookkeeping is used.
public struct SynapseCount: Sendable, Equatable {
    public var accumulates = 0
    public var gradedAccumulates = 0
    public var paperAccumulates = 0
    public var analogMultiplyAccumulates = 0
    public var neuronUpdates = 0
    public var spikes = 0

    public init() {}

    /// The same fields of what a simulator counted.
    public init(_ counts: OperationCounts) {
        (accumulates, paperAccumulates, gradedAccumulates) = (counts.accumulates, counts.paperAccumulates, counts.gradedAccumulates)
        (analogMultiplyAccumulates, neuronUpdates, spikes) = (counts.analogMultiplyAccumulates, counts.neuronUpdates, counts.spikes)
    }

    /// The first step whose counts differ, in words.
    public static func difference(_ found: [OperationCounts], _ expected: [SynapseCount]) -> String? {
        guard found.count == expected.count else { return "\(found.count) steps, expected \(expected.count)" }
        for (index, right) in expected.enumerated() where SynapseCount(found[index]) != right {
            return "step \(index + 1): \(SynapseCount(found[index])), expected \(right)"
        }
        return nil
    }

    /// Runs the reference simulator and counts what its neurons sent.
    public static func steps(of network: SpikingNetwork, _ inputs: [String: Tensor], timeSteps: Int) throws -> [SynapseCount] {
        let graph = network.graph
        var sent: [[NodeID: Tensor]] = Array(repeating: [:], count: timeSteps)
        _ = try ReferenceSimulator(network, timeSteps: timeSteps).run(inputs) { step, node, current in
            if network.layer(at: node) != nil { sent[step - 1][node] = current }
        }
        let batch = inputs[graph[graph.inputs[0]].name]!.shape[0]
        var moves = [Bool](repeating: false, count: graph.nodes.count)
        for (id, node) in graph.nodes.enumerated() {
            moves[id] = network.layer(at: id) != nil || node.inputs.contains { moves[$0] }
        }
        /// By site, what has been sent up to and including each step.
        let known = try sums(network, sent)
        return sent.indices.map { step in
            var count = SynapseCount()
            /// By site, how many spikes each neuron sent.
            let fired = Dictionary(
                uniqueKeysWithValues: sent[step].map { site, values in (site, numbers(network.layer(at: site)!.alphabet, values)) })
            /// By site, how many spikes of each neuron multiply.
            let graded = Dictionary(
                uniqueKeysWithValues: sent[step].map { site, values in (site, values.values.map { isGraded($0, network.layer(at: site)!) ? 1 : 0 }) })
            for spikes in fired.values {
                count.neuronUpdates += spikes.count
                count.spikes += spikes.reduce(0, +)
            }
            for node in graph.nodes {
                let products = Products(node, graph, batch: batch)
                guard let products else { continue }
                let sources = products.sides.map { node.inputs[$0] }
                let moving = sources.filter { moves[$0] }
                let all = products.sum { _, _ in 1 }
                if moving.isEmpty {
                    if step == 0 { count.analogMultiplyAccumulates += all }
                } else if !moving.allSatisfy({ sent[0][$0] != nil }) || products.isScaling(moving: moving.count) {
                    count.analogMultiplyAccumulates += all
                    count.paperAccumulates += all
                } else if moving.count == 1 {
                    let isLeft = moving[0] == sources[0]
                    let now = fired[moving[0]]!
                    let reached = products.sum { left, right in now[isLeft ? left : right] }
                    count.accumulates += reached
                    count.paperAccumulates += reached
                    let multiplied = graded[moving[0]]!
                    count.gradedAccumulates += products.sum { left, right in multiplied[isLeft ? left : right] }
                } else {
                    let (a, b) = (fired[sources[0]]!, fired[sources[1]]!)
                    func meet(_ known: [NodeID: Tensor]?) -> Int {
                        let both = products.sum { a[$0] * b[$1] }
                        guard let known else { return both }
                        let (left, right) = (known[sources[0]]!.values, known[sources[1]]!.values)
                        return both + products.sum { right[$1] == 0 ? 0 : a[$0] } + products.sum { left[$0] == 0 ? 0 : b[$1] }
                    }
                    count.accumulates += meet(step == 0 ? nil : known[step - 1])
                    count.paperAccumulates += meet(known[step])
                    let (gradedA, gradedB) = (graded[sources[0]]!, graded[sources[1]]!)
                    count.gradedAccumulates += products.sum { gradedA[$0] * gradedB[$1] }
                    guard step > 0 else { continue }
                    let (left, right) = (known[step - 1][sources[0]]!.values, known[step - 1][sources[1]]!.values)
                    count.gradedAccumulates += products.sum { right[$1] == 0 ? 0 : gradedA[$0] } + products.sum { left[$0] == 0 ? 0 : gradedB[$1] }
                }
            }
            return count
        }
    }

    /// Whether a value is one spike worth no power of two times the smallest value of its sign. Families but the ladders send counts.
    private static func isGraded(_ value: Float, _ layer: NeuronLayer) -> Bool {
        guard value != 0, layer.model is MultiThresholdNeuron else { return false }
        let base = layer.alphabet.values.filter { $0 * value > 0 }.map(abs).min()!
        let octaves = log2(Double(abs(value) / base))
        return abs(octaves - octaves.rounded()) > 0.01
    }

    private static func numbers(_ alphabet: Alphabet, _ values: Tensor) -> [Int] {
        values.values.map { value in value == 0 ? 0 : alphabet.spikes[alphabet.values.firstIndex(of: value)!] }
    }

    /// The multiplications of the ANN, one by one.
    public static func multiplyAccumulates(of graph: Graph, batch: Int) -> Int {
        graph.nodes.reduce(0) { $0 + (Products($1, graph, batch: batch)?.sum { _, _ in 1 } ?? 0) }
    }

    /// `S(t)`, or under differential coding the estimate `Σ s(i)/i`, of every site after each step.
    private static func sums(_ network: SpikingNetwork, _ sent: [[NodeID: Tensor]]) throws -> [[NodeID: Tensor]] {
        var sums = sent
        for (step, sites) in sent.enumerated() {
            for (site, spikes) in sites {
                let weight: Float = network.coding == .rate ? 1 : Float(step + 1)
                sums[step][site] = Tensor(
                    spikes.shape,
                    spikes.values.indices.map { (step == 0 ? 0 : sums[step - 1][site]!.values[$0]) + spikes.values[$0] / weight })
            }
        }
        return sums
    }
}

/// The multiplications of one layer or product, as pairs of elements of its two sides.
private struct Products {
    /// Which of the node's inputs are multiplied.
    let sides = [0, 1]
    private let node: Node
    private let left: Shape
    private let right: Shape
    private let output: Shape

    /// - Returns: nil for nodes that multiply nothing, or only by a constant factor.
    init?(_ node: Node, _ graph: Graph, batch: Int) {
        switch node.operation {
        case .linear, .convolution, .transposedConvolution, .matrixProduct: break
        case .elementwise(let elementwise) where elementwise.function == .multiply:
            if node.inputs.contains(where: { graph[$0].constant != nil }) { return nil }
        default: return nil
        }
        self.node = node
        left = graph[node.inputs[0]].shape.resolved(batch: batch)
        right = graph[node.inputs[1]].shape.resolved(batch: batch)
        output = node.shape.resolved(batch: batch)
    }

    /// Whether it is one time-varying value times a static one, element by element.
    func isScaling(moving: Int) -> Bool {
        if case .elementwise? = node.operation { moving == 1 } else { false }
    }

    /// The sum over all pairs of elements, given by their places in both arrays.
    func sum(_ weight: (_ left: Int, _ right: Int) -> Int) -> Int {
        var sum = 0
        forEach { sum += weight($0, $1) }
        return sum
    }

    private func forEach(_ visit: (Int, Int) -> Void) {
        switch node.operation! {
        case .linear:
            let inputs = right[1]
            for row in 0..<left.count / inputs {
                for target in 0..<right[0] {
                    for input in 0..<inputs { visit(row * inputs + input, target * inputs + input) }
                }
            }
        case .convolution(let convolution):
            let perGroup = right[0] / convolution.groups
            for sample in 0..<output[0] {
                for target in 0..<right[0] {
                    for y in 0..<output[2] {
                        for x in 0..<output[3] {
                            for channel in 0..<right[1] {
                                for tapY in 0..<right[2] {
                                    for tapX in 0..<right[3] {
                                        let row = y * convolution.stride[0] + tapY * convolution.dilation[0] - convolution.padding[0][0]
                                        let column = x * convolution.stride[1] + tapX * convolution.dilation[1] - convolution.padding[1][0]
                                        guard row >= 0, row < left[2], column >= 0, column < left[3] else { continue }
                                        let source = target / perGroup * right[1] + channel
                                        visit(
                                            ((sample * left[1] + source) * left[2] + row) * left[3] + column,
                                            ((target * right[1] + channel) * right[2] + tapY) * right[3] + tapX)
                                    }
                                }
                            }
                        }
                    }
                }
            }
        case .transposedConvolution(let convolution):
            for source in 0..<left.count {
                let (y, x) = (source / left[3] % left[2], source % left[3])
                let channel = source / (left[2] * left[3]) % left[1]
                for target in 0..<right[1] {
                    for tapY in 0..<right[2] {
                        for tapX in 0..<right[3] {
                            let row = y * convolution.stride[0] + tapY * convolution.dilation[0] - convolution.crop[0][0]
                            let column = x * convolution.stride[1] + tapX * convolution.dilation[1] - convolution.crop[1][0]
                            guard row >= 0, row < output[2], column >= 0, column < output[3] else { continue }
                            visit(source, ((channel * right[1] + target) * right[2] + tapY) * right[3] + tapX)
                        }
                    }
                }
            }
        case .matrixProduct:
            let (rows, inner, columns) = (left[left.rank - 2], left[left.rank - 1], right[right.rank - 1])
            let outer = Shape(Array(output.dimensions.dropLast(2)))
            for place in 0..<outer.count {
                let a = Self.stretched(place, of: outer, to: Shape(Array(left.dimensions.dropLast(2))))
                let b = Self.stretched(place, of: outer, to: Shape(Array(right.dimensions.dropLast(2))))
                for row in 0..<rows {
                    for column in 0..<columns {
                        for index in 0..<inner {
                            visit((a * rows + row) * inner + index, (b * inner + index) * columns + column)
                        }
                    }
                }
            }
        default:
            for place in 0..<output.count {
                visit(Self.stretched(place, of: output, to: left), Self.stretched(place, of: output, to: right))
            }
        }
    }

    /// The place in an array of shape `own` that is read where it is stretched to `shape`.
    private static func stretched(_ place: Int, of shape: Shape, to own: Shape) -> Int {
        var (rest, offset, step) = (place, 0, 1)
        for axis in shape.dimensions.indices.reversed() {
            let index = rest % shape[axis]
            rest /= shape[axis]
            let ownAxis = axis - (shape.rank - own.rank)
            guard ownAxis >= 0 else { continue }
            if own[ownAxis] > 1 { offset += index * step }
            step *= own[ownAxis]
        }
        return offset
    }
}
