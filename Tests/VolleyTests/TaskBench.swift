import Foundation
import Testing
import Volley
import VolleyTestSupport

/// A small network, a file of arrays for it, and what both come to: as an evaluation says it, and as plain outputs to work it out from.
struct TaskBench {
    static let timeSteps = 3, samples = 10, positions = 6, tokens = 11

    let network: SpikingNetwork
    private(set) var inputs: [(String, NpyContent)]
    let folder: TemporaryDirectory

    /// A network for a task, and the arrays that stand beside its inputs.
    static func of(_ task: Evaluation.Task) throws -> (TaskBench, [(String, NpyContent)]) {
        switch task {
        case .regression:
            var random = SeededGenerator(seed: 4)
            return (try TaskBench(features: TaskBench.samples), [("y", .float32(random.normalTensor([TaskBench.samples, 3])))])
        case .classification:
            return (try TaskBench(tokens: true), [("labels", .int64([TaskBench.samples, TaskBench.positions], TaskBench.ids))])
        case .agreement, .embedding, .languageModel: return (try TaskBench(tokens: true), [])
        }
    }

    /// Tokens, and with `masked` a mask that leaves the first 3 to 6 positions of each sample.
    init(tokens masked: Bool) throws {
        let graph = try SampleGraphs.tokens(masked: masked)
        (network, folder) = (try Self.network(graph), try TemporaryDirectory())
        inputs = [("input_ids", .int64([Self.samples, Self.positions], Self.ids))]
        if masked { inputs.append(("attention_mask", .int64([Self.samples, Self.positions], Self.mask.map { $0 ? 1 : 0 }))) }
    }

    init(features count: Int = samples) throws {
        let graph = try SampleGraphs.features()
        (network, folder) = (try Self.network(graph), try TemporaryDirectory())
        inputs = [("features", .float32(SampleGraphs.inputs(for: graph, batch: count, seed: 3)["features"]!))]
    }

    private static func network(_ graph: Graph) throws -> SpikingNetwork {
        let placed = try PlaceNeurons.apply(to: graph, spikingHead: true)
        var inputs = SampleGraphs.inputs(for: placed, batch: 4, seed: 5)
        if inputs["input_ids"] != nil {
            inputs["input_ids"] = Tensor([4, positions], ids.prefix(4 * positions).map(Float.init))
            if inputs["attention_mask"] != nil { inputs["attention_mask"] = Tensor([4, positions], repeating: 1) }
        }
        return try SpikingNetwork(
            graph: placed, coding: .differential,
            neurons: SampleNetworks.sizes(at: placed, inputs).mapValues { size in
                NeuronLayer(ladder: ThresholdLadder(.down, levels: 4, positive: size, negative: size), rounding: .nearest)
            }, provenance: SampleNetworks.provenance)
    }

    static let ids: [Int] = {
        var random = SeededGenerator(seed: 21)
        return (0..<samples * positions).map { _ in Int(random.next() % UInt64(tokens)) }
    }()

    static let mask: [Bool] = (0..<samples * positions).map { $0 % positions < 3 + ($0 / positions) % 4 }

    /// Writes the arrays and opens them.
    func data(_ task: Evaluation.Task?, _ beside: [(String, NpyContent)] = [], arrays: [String: String] = [:]) throws -> EvaluationData {
        let path = folder.file("data.npz")
        try NpzArchive.write(inputs + beside, to: path)
        return try EvaluationData.open(
            path, for: network.graph, preprocessing: nil, task: task, .init(arrays: arrays))
    }

    func evaluation(
        _ task: Evaluation.Task?, _ beside: [(String, NpyContent)] = [], batch: Int = 4, threads: Int = 1, ann: Bool = true,
        arrays: [String: String] = [:], limit: Int? = nil
    ) throws -> Evaluation {
        try Evaluation(
            network, on: data(task, beside, arrays: arrays),
            settings: .init(
                timeSteps: Self.timeSteps, batchSize: batch, threads: threads, limit: limit, data: "data.npz", comparesWithANN: ann, task: task))
    }

    /// The ANN's output and the estimates after each step, element by element.
    func outputs() throws -> (ann: [Float], steps: [[Float]]) {
        let tensors = Dictionary(
            uniqueKeysWithValues: inputs.map { name, content in
                switch content {
                case .float32(let tensor): (name, tensor)
                case .int64(let shape, let values): (name, Tensor(shape, values.map(Float.init)))
                }
            })
        let name = network.graph.outputs[0].name
        let run = try ArrayRun(network, inputs: tensors, timeSteps: Self.timeSteps, threads: 1)
        func tensor(_ name: String) throws -> Tensor {
            guard case .float32(let tensor) = try #require(run.arrays.first { $0.0 == name }).1 else { throw CocoaError(.coderReadCorrupt) }
            return tensor
        }
        let (ann, estimates) = (try tensor(name + ".ann"), try tensor(name))
        return (ann.values, (0..<Self.timeSteps).map { Array(estimates.values[$0 * ann.count..<($0 + 1) * ann.count]) })
    }

    /// Rows of a matrix.
    static func rows(_ values: [Float], _ width: Int) -> [[Double]] {
        stride(from: 0, to: values.count, by: width).map { values[$0..<$0 + width].map(Double.init) }
    }
}

/// Figures as a textbook has them.
enum Brute {
    static func largest(_ row: [Double]) -> Int { row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 } }

    static func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }

    static func relativeError(_ found: [[Double]], _ expected: [[Double]]) -> Double {
        norm(zip(found.flatMap(\.self), expected.flatMap(\.self)).map { $0 - $1 }) / norm(expected.flatMap(\.self))
    }

    static func cosine(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } / norm(x) / norm(y) }

    /// Pearson's correlation of ranks that were counted one by one.
    static func spearman(_ x: [Double], _ y: [Double]) -> Double {
        func ranks(_ values: [Double]) -> [Double] {
            values.map { value in Double(values.count { $0 < value }) + Double(values.count { $0 == value } - 1) / 2 }
        }
        func centred(_ values: [Double]) -> [Double] { values.map { $0 - values.reduce(0, +) / Double(values.count) } }
        return cosine(centred(ranks(x)), centred(ranks(y)))
    }
}
