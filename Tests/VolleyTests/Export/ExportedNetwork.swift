import Foundation
import Volley
import VolleyTestSupport

/// A network that was written as ONNX and read back with the importer: an ANN with states, which knows nothing of neurons.
struct ExportedNetwork {
    struct State: Decodable {
        var input: String
        var output: String
        var initial: Float
    }

    let report: ExportReport
    let graph: Graph
    private let evaluator: Evaluator
    private let states: [State]
    /// By the network's name of an output, the model's.
    private let outputs: [String: String]

    /// - Parameter constants: inputs without a batch, whose first lengths the importer would take for one that the file fixes.
    init(_ network: SpikingNetwork, form: ONNXExport.Form = .step, constants: [String: Tensor] = [:]) throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("network.onnx")
        report = try ONNXExport(network, form: form, givesCodes: true).write(to: path)
        let model = try ONNXModel.load(path, constants: constants)
        graph = model.graph
        evaluator = Evaluator(model.graph)
        states = try model.metadata["volley.states"].map { try JSONDecoder().decode([State].self, from: Data($0.utf8)) } ?? []
        outputs = try JSONDecoder().decode([String: String].self, from: Data(model.metadata["volley.outputs"]!.utf8))
        withExtendedLifetime(directory) {}
    }

    struct Run {
        /// By output, `[T, …]`.
        var outputs: [String: Tensor] = [:]
        /// By site, the codes that were sent, `[T, …]`.
        var codes: [String: Tensor] = [:]
    }

    /// The step function, step after step on the states that it gave.
    func run(_ inputs: [String: Tensor], timeSteps: Int) throws -> Run {
        let batch = inputs.lazy.compactMap { name, tensor -> Int? in
            guard let id = input(name), let axis = graph[id].shape.dimensions.firstIndex(where: \.scalesWithBatch) else { return nil }
            return tensor.shape[name.hasPrefix("train/") ? axis + 1 : axis] / graph[id].shape[axis].size
        }.first
        var values = Dictionary(
            uniqueKeysWithValues: states.map { state in
                (state.input, Tensor(graph[graph.node(named: state.input)!].shape.resolved(batch: batch ?? 1), repeating: state.initial))
            })
        var steps: [[String: Tensor]] = []
        for step in 0..<timeSteps {
            let given = inputs.reduce(into: values) { given, input in
                guard self.input(input.key) != nil else { return }
                let isTrain = input.key.hasPrefix("train/")
                given[input.key] =
                    isTrain ? input.value.rows(step..<step + 1).reshaped(to: Shape(Array(input.value.shape.dimensions.dropFirst()))) : input.value
            }
            let found = try evaluator.run(given)
            values = Dictionary(uniqueKeysWithValues: states.map { ($0.input, found[$0.output]!) })
            steps.append(found)
        }
        var run = Run()
        for name in steps[0].keys where !name.hasPrefix("next/") { put(Tensor.stacking(steps.map { $0[name]! }), name, &run) }
        return run
    }

    /// All steps of a model that was written out.
    func runUnrolled(_ inputs: [String: Tensor]) throws -> Run {
        var run = Run()
        for (name, tensor) in try evaluator.run(inputs.filter { input($0.key) != nil }) { put(tensor, name, &run) }
        return run
    }

    private func input(_ name: String) -> NodeID? { graph.inputs.first { graph[$0].name == name } }

    private func put(_ tensor: Tensor, _ name: String, _ run: inout Run) {
        if name.hasPrefix("codes/") {
            run.codes[String(name.dropFirst("codes/".count))] = tensor
        } else {
            run.outputs[outputs.first { $0.value == name }!.key] = tensor
        }
    }
}

/// How an export's estimates lie to the engine's, up to the first time-step at which rounding decided a spike.
struct ExportDifference {
    /// The first step at which a site sent other codes, counted from 1.
    private(set) var flip: Int?
    /// Relative to an output's largest element, over the steps before.
    private(set) var worst: Float = 0
    /// Where that is.
    private(set) var place = ""

    init(_ found: ExportedNetwork.Run, _ expected: SimulationResult, _ network: SpikingNetwork) {
        let steps = expected.steps.count
        for step in 0..<steps where flip == nil {
            for (site, layer) in network.neurons {
                let codes = found.codes[site].map { $0.rows(step..<step + 1).values.map { Int8($0) } }
                if codes.map({ layer.alphabet.counts(of: $0) }) != expected.spikes[site]?[step] { flip = step + 1 }
            }
            guard flip == nil else { return }
            for (name, tensor) in expected.outputs {
                guard let output = found.outputs[name], output.shape == tensor.shape else {
                    (worst, place) = (.infinity, "\(name) has the shape \(String(describing: found.outputs[name]?.shape)), expected \(tensor.shape)")
                    return
                }
                let size = tensor.values.reduce(0) { max($0, $1.isFinite ? abs($1) : 0) }
                let difference = Difference(output.rows(step..<step + 1), tensor.rows(step..<step + 1))
                let relative = difference.absolute == 0 ? 0 : difference.absolute / size
                if !(relative <= worst) { (worst, place) = (relative, "\(name) at t = \(step + 1): \(difference)") }
            }
        }
    }
}
