import Foundation
import Testing
import Volley
import VolleyTestSupport

/// Samples as arrays, all at once.
private struct Arrays: CalibrationData {
    let count: Int
    let inputs: [String: Tensor]

    func forEachPart(_ body: (_ inputs: [String: Tensor], _ samples: Int) throws -> Void) throws { try body(inputs, count) }
}

/// Spatio-temporal approximation in the form of its authors' program, against what that computes on a block of a Transformer
/// (Fixtures/methods/sta-block).
@Suite struct SpatioTemporalTests {
    /// Of the size of a part's values: sums in another order.
    private static let stepTolerance: Float = 1e-4
    /// Relative.
    private static let thresholdTolerance: Float = 1e-5
    /// A tie that rounding decides otherwise flips a spike; parts that hear of it agree until then, and on average.
    private static let firstTie = 5
    private static let leastAlike = 0.95

    /// The program's names of layers of neurons, and the sites where they stand.
    private static let sites = [
        "ln_1.units": "/ln_1/LayerNormalization.root.units", "ln_1.positive": "/ln_1/LayerNormalization.positive",
        "ln_1.negative": "/ln_1/LayerNormalization.negative", "map.map": "/Softmax.map", "attn.positive": "/out_proj/Add.in.positive",
        "attn.negative": "/out_proj/Add.in.negative", "ln_2.units": "/ln_2/LayerNormalization.root.units",
        "ln_2.positive": "/ln_2/LayerNormalization.positive", "ln_2.negative": "/ln_2/LayerNormalization.negative",
        "mlp.units": "/mlp/gelu/Mul_1.units",
    ]

    private let archive: NpzArchive
    private let model: Model
    private let method: SpatioTemporalApproximation

    init() throws {
        let folder = Fixture.path("methods") + "/"
        archive = try NpzArchive(path: folder + "sta-block.npz")
        model = try Model.load(folder + "sta-block.onnx")
        var method = SpatioTemporalApproximation.sta
        method.form = .program
        method.errorSteps = 16
        method.functions = try FittedFunctions(arrays: Self.functions(archive))
        self.method = method
    }

    private static func functions(_ archive: NpzArchive) throws -> [String: Tensor] {
        let names = archive.names.filter { name in FittedFunctions.Function.allCases.contains { name.hasPrefix($0.rawValue + "/") } }
        return Dictionary(uniqueKeysWithValues: try names.map { ($0, try archive.array($0).tensor) })
    }

    private func values(_ name: String) throws -> Tensor { try archive.array(name).tensor }

    /// What lies before the attention map; behind it, the rounding of the program's network for 1/x, which no other machine repeats, shows.
    @Test func thresholdsAreThoseOfTheProgram() throws {
        let network = try method.convert(
            model.graph, on: Calibration(Arrays(count: 48, inputs: ["x": try values("calibration")]), batchSize: 8, observers: method.observers))
        #expect(network.neurons.count == Self.sites.count)
        for (name, site) in Self.sites {
            let expected = try values("threshold/" + name).values
            let found = network.graph[try #require(network.graph.node(named: site + ".scales"))].constant!.values.map { $0 < 0x1p99 ? $0 : 0 }
            try #require(found.count == expected.count)
            if name.hasPrefix("ln_1.") {
                for (a, b) in zip(found, expected) { #expect(abs(a - b) <= Self.thresholdTolerance * b, "\(name): \(a), expected \(b)") }
            } else {
                let difference = zip(found, expected).reduce(0) { $0 + abs($1.0 - $1.1) } / expected.reduce(0, +)
                #expect(difference < 0.05, "\(name): \(difference)")
            }
        }
    }

    private func statedNetwork() throws -> SpikingNetwork {
        var method = method
        method.thresholds = Dictionary(
            uniqueKeysWithValues: try Self.sites.map { ($0.value, try values("threshold/" + $0.key).values.map(Double.init)) })
        #expect(method.observers.isEmpty)
        return try method.convert(model.graph, on: Calibration(nil, observers: []))
    }

    /// With the program's thresholds and the spikes of its attention map, every part sends what the program's does, step by step.
    @Test func everyPartIsThatOfTheProgram() throws {
        let network = try statedNetwork()
        let inputs = ["x": try values("x"), "train//Softmax.map": try values("map")]
        let program = try Program(network, timeSteps: 16)
        let simulators: [any Simulator] = [ParallelSimulator(program, threads: 2), try ReferenceSimulator(network, timeSteps: 16)]
        let results = try simulators.map { try $0.run(inputs) }
        for (simulator, result) in zip(simulators, results) {
            for (name, estimates) in result.outputs {
                let expected = try values("part/" + name)
                let (steps, width) = (expected.shape[0], expected.shape.rowCount)
                let size = expected.values.map(abs).max()!
                var (first, alike) = (steps, 0)
                for step in 0..<steps {
                    for index in 0..<width {
                        let before = step == 0 ? 0 : Float(step) * estimates.values[(step - 1) * width + index]
                        let sent = Float(step + 1) * estimates.values[step * width + index] - before
                        let agrees = abs(sent - expected.values[step * width + index]) <= Self.stepTolerance * size
                        alike += agrees ? 1 : 0
                        if !agrees { first = min(first, step) }
                    }
                }
                #expect(first >= Self.firstTie, "\(type(of: simulator)), \(name): all values agree for \(first) steps")
                #expect(Double(alike) >= Self.leastAlike * Double(steps * width), "\(type(of: simulator)), \(name): \(alike) of \(steps * width)")
            }
        }
        #expect(results[0].spikes["/Softmax.map"] == results[1].spikes["/Softmax.map"])
        // Groups of samples have their own part of the recorded spikes.
        let alone = try ParallelSimulator(program, threads: 1).run(program.executable.bind(inputs).samples(2..<3))
        let (whole, part) = (results[0].outputs["/Softmax_output_0"]!, alone.outputs["/Softmax_output_0"]!)
        for step in 0..<16 {
            #expect(Array(whole.values[(step * 3 + 2) * 50..<(step * 3 + 3) * 50]) == Array(part.values[step * 50..<(step + 1) * 50]))
        }
    }

    /// The network by itself, as a file, on both simulators.
    @Test func theNetworkStandsByItself() throws {
        let network = try statedNetwork()
        let path = FileManager.default.temporaryDirectory.appending(path: "sta-\(UUID().uuidString).volley").path(percentEncoded: false)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try network.write(to: path)
        let read = try SpikingNetwork(contentsOf: path)
        #expect(read.neurons == network.neurons && read.graph == network.graph)
        let inputs = ["x": try values("x")]
        let engine = try ParallelSimulator(Program(read, timeSteps: 16), threads: 1).run(inputs)
        let reference = try ReferenceSimulator(network, timeSteps: 16).run(inputs)
        for (name, estimates) in engine.outputs {
            let (found, expected) = (
                estimates.values.suffix(estimates.shape.rowCount), reference.outputs[name]!.values.suffix(estimates.shape.rowCount)
            )
            let difference = zip(found, expected).reduce(0) { $0 + abs($1.0 - $1.1) } / expected.reduce(0) { $0 + abs($1) }
            #expect(difference < 0.02, "\(name): \(difference)")
        }
    }

    @Test func recordedSpikesMustFit() throws {
        let network = try statedNetwork()
        let (x, codes) = (try values("x"), try values("map"))
        let program = try Program(network, timeSteps: 16)
        for (name, train) in [
            ("train//Softmax.map", x), ("train//Softmax.map", Tensor(codes.shape, repeating: 0.5)),
            ("train//Softmax.map", Tensor(codes.shape, repeating: 9)), ("train//Softmax", codes),
            ("train//Softmax.map", Tensor(Shape([8] + codes.shape.dimensions.dropFirst()))),
        ] {
            for simulator: any Simulator in [ParallelSimulator(program, threads: 1), try ReferenceSimulator(network, timeSteps: 16)] {
                #expect("\(name)") { try simulator.run(["x": x, name: train]) } throws: { $0 is any InputError }
            }
        }
    }

    // MARK: Networks of rectifiers

    /// The networks that the fixture states are straight lines between values at knots.
    @Test func closedFormsAreThoseOfTheFixture() throws {
        func uniform(_ a: Double, _ b: Double, _ n: Int) -> [Double] { (0...n).map { a + (b - a) * Double($0) / Double(n) } }
        func geometric(_ a: Double, _ b: Double, _ n: Int) -> [Double] { (0...n).map { a * pow(b / a, Double($0) / Double(n)) } }
        let forms: [(FittedFunctions.Function, (Double) -> Double, [Double])] = [
            (.gelu, { 0.5 * $0 * (1 + erf($0 / 2.squareRoot())) }, uniform(-8, 8, 64)),
            (.exponential, { exp($0) }, uniform(-20, -6, 4) + uniform(-6, 3.2, 28).dropFirst()),
            (.inverse, { 1 / $0 }, geometric(0.02, 120, 64)), (.inverseRoot, { 1 / $0.squareRoot() }, geometric(0.12, 8, 8)),
        ]
        for (function, exact, knots) in forms {
            let (found, expected) = (RectifierNetwork(of: exact, at: knots), try #require(method.functions.stated[function]))
            #expect(found.units == expected.units && found.inputWeights == expected.inputWeights)
            let size = expected.outputWeights.map(abs).max()!
            for unit in 0..<found.units {
                #expect(abs(found.inputBiases[unit] - expected.inputBiases[unit]) <= 1e-5 * max(1, abs(expected.inputBiases[unit])))
                #expect(abs(found.outputWeights[unit] - expected.outputWeights[unit]) <= 1e-5 * size, "\(function), unit \(unit)")
            }
            for knot in knots { #expect(abs(found(knot) - exact(knot)) <= 1e-9 * max(1, abs(exact(knot))), "\(function)(\(knot))") }
        }
    }

    /// Corners are the same function, also where units look to the left or do not bend.
    @Test func cornersAreTheSameFunction() throws {
        let networks = [
            RectifierNetwork(inputWeights: [1, -2, 0, 0.5], inputBiases: [0.25, 1, 3, -1], outputWeights: [1, 0.5, 2, -3], outputBias: 0.125),
            RectifierNetwork(inputWeights: [0], inputBiases: [2], outputWeights: [0.5], outputBias: 1),
        ]
        for network in networks {
            var builder = GraphBuilder()
            let x = try builder.input("x", shape: [.batch, 1])
            let corners = ParametricActivation(.piecewiseLinear, parameters: network.corners)
            builder.output("y", try builder.add("f", .parametricActivation(corners), [x]))
            let arguments = (-40...40).map { Float($0) / 8 }
            let found = try Evaluator(builder.build()).run(["x": Tensor([81, 1], arguments)])["y"]!.values
            for (x, y) in zip(arguments, found) { #expect(abs(Double(y) - network(Double(x))) < 1e-5, "\(x)") }
        }
    }

    @Test func networksThatDoNotFitAreRefused() throws {
        let whole = try Self.functions(archive)
        for change: (inout [String: Tensor]) -> Void in [
            { $0 = [:] }, { $0["gelu/w1"] = nil }, { $0["gelu/w3"] = Tensor([1], [1]) }, { $0["exp/b2"] = Tensor([2], [1, 2]) },
            { $0["inv/w2"] = Tensor([1], [1]) }, { $0["inv/b2"] = Tensor([1], [.nan]) },
        ] {
            var arrays = whole
            change(&arrays)
            #expect { try FittedFunctions(arrays: arrays) } throws: { ($0 as? ConversionError)?.code == .badSettings }
        }
        var estimates = method
        estimates.form = .estimates
        #expect { try estimates.validate() } throws: { ($0 as? ConversionError)?.code == .badSettings }
        for change: (inout [String: [Double]]) -> Void in [
            { $0["/Softmax.map"] = nil }, { $0["nowhere"] = [1] }, { $0["/Softmax.map"] = [1, 2] }, { $0["/Softmax.map"] = [-1] },
        ] {
            var stated = method
            stated.thresholds = Dictionary(uniqueKeysWithValues: Self.sites.values.map { ($0, [1]) })
            change(&stated.thresholds!)
            #expect { try stated.convert(model.graph, on: Calibration(nil, observers: [])) } throws: {
                ($0 as? ConversionError)?.code == .badThresholds
            }
        }
    }

    // MARK: Without statements

    /// On a trained Transformer, with networks in closed form: the network of fitted functions gives the trained one's answers, once scores are
    /// not cut off where they matter, and spikes follow it.
    @Test func closedFormsFollowATrainedTransformer() throws {
        let model = try Model.load(Fixture.path("digits-vit"))
        var method = SpatioTemporalApproximation.sta
        method.form = .program
        method.functions.largestScore = 12
        method.functions.activationUnits = 16
        let data = try Dataset.open(Fixture.path("digits-vit/calibration.npz"))
        var conversion = Conversion(of: model, method: method, calibrating: .init(data, batchSize: 8, limit: 16))
        conversion.checksFidelity = false
        let network = try conversion.run()
        #expect(network.provenance.standing == method.standing && network.provenance.settings["largest-score"] == "12.0")
        #expect(network.provenance.reservation != nil)
        let samples = try NpzArchive(path: Fixture.path("digits-vit/test.npz")).array("x").tensor.rows(0..<16)
        let trained = try Evaluator(model.graph).run([model.graph[model.graph.inputs[0]].name: samples]).values.first!
        let (ann, result) = try ParallelSimulator(Program(network, timeSteps: 24), threads: 2)
            .answers([model.graph[model.graph.inputs[0]].name: samples])
        func answers(_ logits: [Float]) -> [Int] {
            stride(from: 0, to: logits.count, by: 10).map { row in (0..<10).max { logits[row + $0] < logits[row + $1] }! }
        }
        func agreement(_ a: [Int], _ b: [Int]) -> Int { zip(a, b).filter { $0.0 == $0.1 }.count }
        let fitted = answers(ann.values.first!.values)
        #expect(agreement(answers(trained.values), fitted) >= 14)
        #expect(agreement(answers(Array(result.outputs.values[0].values.suffix(160))), fitted) >= 12)
    }

    /// Where samples meet in the sequence axis, keys have no thresholds of their own.
    @Test func mapsThatGrowWithTheBatchAreRefused() throws {
        var builder = GraphBuilder()
        let x = try builder.input("x", shape: [.batch, 4])
        let weight = try builder.constant("w", Tensor([4, 4], (0..<16).map { Float($0) }))
        let q = try builder.add("q", .linear(Linear()), [x, weight])
        let k = try builder.add("k", .transpose(Transpose([1, 0])), [q])
        let scores = try builder.add("scores", .matrixProduct(MatrixProduct()), [q, k])
        let map = try builder.add("map", .softmax(Softmax()), [scores])
        builder.output("y", try builder.add("context", .matrixProduct(MatrixProduct()), [map, q]))
        let graph = try builder.build()
        #expect {
            try method.convert(graph, on: Calibration(Arrays(count: 2, inputs: ["x": Tensor([2, 4])]), observers: method.observers))
        } throws: {
            ($0 as? ConversionError)?.code == .unfitNetwork
        }
    }
}
