import Foundation
import OrderedCollections
import Testing
import VolleyConversion
import VolleyGraph
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// What must hold of neurons in the place of activations, whoever computes it.
@Suite struct RateOracleTests {
    private static func uniform(_ count: Int, seed: UInt64) -> [Float] { SeededGenerator.uniform(count, seed: seed) }

    private static func counts(_ model: some NeuronModel, drive: [Float], steps: Int) -> [Int] {
        var neurons = NeuronLayer(model).population(drive.count)
        var counts = [Int](repeating: 0, count: drive.count)
        for step in 1...steps {
            for (index, code) in neurons.step(drive, time: step).codes.enumerated() { counts[index] += Int(code) }
        }
        return counts
    }

    /// `count = clip(⌊(T·z + v(0))/θ⌋, 0, T)`, exactly.
    @Test(arguments: [0, 0.25, 0.5, 0.75] as [Float]) func constantDriveHasAClosedForm(initial: Float) {
        let (threshold, steps): (Float, Int) = (0.75, 13)
        let drive = Self.uniform(2000, seed: 1).map { 2 * $0 - 0.5 }
        let found = Self.counts(IntegrateAndFireNeuron(threshold: threshold, initialPotential: initial), drive: drive, steps: steps)
        var compared = 0
        for (z, found) in zip(drive, found) {
            let exact = (Double(steps) * Double(z) + Double(initial * threshold)) / Double(threshold)
            guard abs(exact - exact.rounded()) > 1e-4 else { continue }
            #expect(found == min(max(Int(exact.rounded(.down)), 0), steps))
            compared += 1
        }
        #expect(compared > 1950)
    }

    /// A reset to zero fires every ⌈θ/z⌉ steps; above the threshold only, every ⌊θ/z⌋ + 1 steps.
    @Test func resetToZeroHasItsRate() {
        for (z, period) in [(0.25, 4), (0.3, 4), (0.5, 2), (0.7, 2), (1, 1), (1.5, 1)] as [(Float, Int)] {
            let found = Self.counts(IntegrateAndFireNeuron(threshold: 1, reset: .zero), drive: [z], steps: 40)
            #expect(found == [40 / period], "\(z)")
        }
        var strict = IntegrateAndFireNeuron(threshold: 1, reset: .zero)
        strict.isStrict = true
        #expect(Self.counts(strict, drive: [0.25, 0.3, 0.5, 1], steps: 60) == [12, 15, 20, 30])
    }

    /// Half a threshold at the start takes the mean error of a uniform current away, and three quarters of its square.
    @Test func halfAThresholdCentresTheError() {
        let (steps, drive) = (4, (0..<8000).map { (Float($0) + 0.5) / 8000 })
        func errors(_ initial: Float) -> (mean: Double, square: Double) {
            let found = Self.counts(IntegrateAndFireNeuron(threshold: 1, initialPotential: initial), drive: drive, steps: steps)
            let errors = zip(drive, found).map { Double($1) / Double(steps) - Double($0) }
            return (errors.reduce(0, +) / Double(drive.count), errors.reduce(0) { $0 + $1 * $1 } / Double(drive.count))
        }
        let (plain, centred) = (errors(0), errors(0.5))
        #expect(abs(plain.mean + 0.125) < 1e-3 && abs(centred.mean) < 1e-3)
        #expect(abs(plain.square / centred.square - 4) < 0.01)
    }

    /// Weighted spikes, normalised weights, and unit spikes with balanced thresholds send the same trains. Bounds are powers of two, so that
    /// not even rounding differs.
    @Test func threeFormsSendTheSameSpikes() throws {
        let graph = try SampleGraphs.rectified(biased: true)
        let placed = try PlaceActivationNeurons().apply(to: graph).graph
        let bounds: [String: Float] = ["act1": 0.5, "act2": 0.25, "act3": 1]
        let inbound: [String: Float] = ["act1": 1, "act2": 0.5, "act3": 0.25, "logits": 1]
        let sites = ["conv1": "act1", "conv2": "act2", "fc1": "act3", "fc2": "logits"]
        func network(weights: (String) -> Float, biases: (String) -> Float, _ model: (String) -> IntegrateAndFireNeuron) throws -> SpikingNetwork {
            let scaled = try placed.rebuilt { builder, node, _, inputs in
                guard let constant = node.constant, let layer = sites.keys.first(where: { node.name.hasPrefix($0 + ".") }) else {
                    return try builder.copy(node, inputs: inputs)
                }
                let factor = node.name.hasSuffix(".bias") ? biases(sites[layer]!) : weights(sites[layer]!)
                return try builder.constant(node.name, Tensor(constant.shape, constant.values.map { $0 * factor }))
            }
            return try SpikingNetwork(
                graph: scaled, coding: .rate,
                neurons: bounds.mapValues { _ in NeuronLayer(model("")) }.merging(
                    bounds.keys.map { ($0, NeuronLayer(model($0))) }
                ) { $1 }, provenance: SampleNetworks.provenance)
        }
        func bound(_ site: String) -> Float { bounds[site] ?? 1 }
        let weighted = try network(weights: { _ in 1 }, biases: { _ in 1 }) { IntegrateAndFireNeuron(threshold: bound($0)) }
        let normalised = try network(weights: { inbound[$0]! / bound($0) }, biases: { 1 / bound($0) }) { _ in IntegrateAndFireNeuron(threshold: 1) }
        let balanced = try network(weights: { _ in 1 }, biases: { 1 / inbound[$0]! }) { site in
            var neuron = IntegrateAndFireNeuron(threshold: bound(site) / (inbound[site] ?? 1))
            neuron.amplitude = 1
            return neuron
        }
        let inputs = ["x": Tensor([3, 1, 8, 8], Self.uniform(192, seed: 5))]
        let trains = try [weighted, normalised, balanced].map { network in
            var trains: [String: [Bool]] = [:]
            _ = try ReferenceSimulator(network, timeSteps: 12).run(inputs) { _, id, current in
                if network.layer(at: id) != nil { trains[network.graph[id].name, default: []] += current.values.map { $0 != 0 } }
            }
            return trains
        }
        #expect(trains[1] == trains[0] && trains[2] == trains[0])
        #expect(trains[0].values.allSatisfy { $0.contains(true) && $0.contains(false) })
    }

    // MARK: Pools

    /// Lateral inhibition, step by step as the paper has it, passes on in all what the maximum of the estimates says; gated pools do not.
    @Test func lateralInhibitionIsTheMaximumOfTheEstimates() throws {
        let graph = try SampleGraphs.rectified(pool: .maximum)
        func estimates(_ rule: PlaceActivationNeurons.MaximumRule) throws -> (pool: [[Float]], site: [[Float]]) {
            let placed = try PlaceActivationNeurons(maximum: rule).apply(to: graph).graph
            let network = try SpikingNetwork(
                graph: placed, coding: .rate,
                neurons: ["act1", "act2", "act3"].reduce(into: [:]) { $0[$1] = NeuronLayer(BurstNeuron(threshold: 0.25, most: 3)) },
                provenance: SampleNetworks.provenance)
            var (pool, site): ([[Float]], [[Float]]) = ([], [])
            _ = try ReferenceSimulator(network, timeSteps: 12).run(["x": Tensor([2, 1, 8, 8], Self.uniform(128, seed: 9))]) { _, id, current in
                if network.graph[id].name == "pool" { pool.append(current.values) }
                if network.graph[id].name == "act2" { site.append(current.values) }
            }
            return (pool, site)
        }
        let lateral = try estimates(.lateralInhibition)
        let windows = Pooling(.maximum, kernel: [2, 2], stride: [2, 2]).windows(input: [2, 4, 8, 8], output: [2, 4, 4, 4])
        // U_i += x_i; out = max U; U_i −= out.
        var inhibited = [Float](repeating: 0, count: lateral.site[0].count)
        for (arriving, passed) in zip(lateral.site, lateral.pool) {
            for (window, members) in windows.enumerated() {
                for member in members { inhibited[member] += arriving[member] }
                let sent = members.map { inhibited[$0] }.max()!
                for member in members { inhibited[member] -= sent }
                #expect(abs(passed[window] - sent) < 1e-5 && sent >= 0)
            }
        }
        let gated = try estimates(.gated)
        #expect(gated.site == lateral.site && gated.pool != lateral.pool)
    }

    /// Pooled before the neurons, a constant drive gives what the ANN's order gives.
    @Test func poolsBeforeNeuronsKeepTheNetwork() throws {
        let graph = try SampleGraphs.rectified(pool: .maximum, biased: true)
        let (placed, roles) = try PlaceActivationNeurons(maximum: .beforeNeuron).apply(to: graph)
        #expect(roles.count == 3 && placed[placed.node(named: "act2")!].inputs == [placed.node(named: "pool")!])
        let inputs = ["x": Tensor([2, 1, 8, 8], Self.uniform(128, seed: 4))]
        #expect(try Evaluator(placed).run(inputs) == Evaluator(graph).run(inputs))
    }

    // MARK: Methods

    private static func calibrated(
        _ method: RateConversion, _ graph: Graph, samples: Int = 8, seed: UInt64 = 21, order: [Int]? = nil
    ) throws -> SpikingNetwork {
        let values = uniform(64 * samples, seed: seed)
        let ordered = (order ?? Array(0..<samples)).flatMap { values[$0 * 64..<($0 + 1) * 64] }
        return try method.convert(graph, on: Calibration(SampleData(["x": Tensor([samples, 1, 8, 8], ordered)], samples: samples)))
    }

    private static func threshold(_ network: SpikingNetwork, _ site: String) -> Float {
        (network.neurons[site]!.model as! IntegrateAndFireNeuron).threshold
    }

    /// Once the steps without input have worked off what moves, every count is the level of the rounded ANN.
    @Test(arguments: [false, true]) func drainedCountsAreTheLevels(residual: Bool) throws {
        let graph = try SampleGraphs.rectified(.steps(3, bound: 0.6), biased: true, residual: residual)
        let network = try RateConversion.qffs.convert(graph, on: Calibration(nil))
        #expect(network.timing == Timing(feeding: 3))
        let inputs = ["x": Tensor([6, 1, 8, 8], Self.uniform(384, seed: 13))]
        let result = try ReferenceSimulator(network, timeSteps: 16).run(inputs)
        let ann = try Evaluator(graph).run(inputs)["logits"]!
        let last = result.outputs["logits"]!.rows(15..<16)
        #expect(Difference(last.values, ann.values).absolute < 1e-5)
        #expect(result.spikes.values.allSatisfy { $0.last! == [0, 0] }, "all is quiet")
        #expect(result.spikes.values.contains { steps in steps.contains { $0[1] > 0 } }, "something was taken back")
        // While it is fed, it is not there yet.
        #expect(Difference(result.outputs["logits"]!.rows(2..<3).values, ann.values).absolute > 1e-3)
    }

    /// Neurons with memory never have taken back more than they sent.
    @Test(arguments: [RateConversion.snm, .qffs]) func memoryKeepsSumsPositive(method: RateConversion) throws {
        let graph = try SampleGraphs.rectified(method.name == "qffs" ? .steps(7, bound: 0.5) : .relu, biased: true)
        let network = try Self.calibrated(method, graph)
        var sent: [(site: NodeID, values: [Float])] = []
        _ = try ReferenceSimulator(network, timeSteps: 24).run(["x": Tensor([4, 1, 8, 8], Self.uniform(256, seed: 3))]) { _, id, current in
            if network.layer(at: id) != nil { sent.append((id, current.values)) }
        }
        var sums: [NodeID: [Float]] = [:]
        var (negative, lowest): (Int, Float) = (0, 0)
        for (site, values) in sent {
            let unit = network.layer(at: site)!.smallestValue
            let before = sums[site] ?? [Float](repeating: 0, count: values.count)
            let after = zip(before, values).map { $0 + ($1 / unit).rounded() }
            sums[site] = after
            negative += values.count { $0 < 0 }
            lowest = min(lowest, after.min()!)
        }
        #expect(lowest == 0)
        #expect(negative > 0)
    }

    /// With scales λ = max(max W, max a) the weights `W·λ_in/λ_out` give every layer a largest activation of 1.
    @Test func normalisedActivationsReachOne() throws {
        let graph = try SampleGraphs.rectified()
        let network = try Self.calibrated(.diehlData, graph)
        let placed = try PlaceActivationNeurons().apply(to: graph).graph
        let values = ["x": Tensor([8, 1, 8, 8], Self.uniform(512, seed: 21))]
        var before: Float = 1
        let sites = ["act1": "conv1.weight", "act2": "conv2.weight", "act3": "fc1.weight"]
        var factors: [String: Float] = [:]
        for site in ["act1", "act2", "act3"] {
            let bound = Self.threshold(network, site)
            factors[sites[site]!] = before / bound
            before = bound
        }
        let normalised = try placed.rebuilt { builder, node, _, inputs in
            guard let factor = factors[node.name], let weight = node.constant else { return try builder.copy(node, inputs: inputs) }
            return try builder.constant(node.name, Tensor(weight.shape, weight.values.map { $0 * factor }))
        }
        for (site, largest) in try SampleNetworks.sizes(at: normalised, values) where sites[site] != nil {
            let weight = graph[graph.node(named: sites[site]!)!].constant!.values.max()!
            let isWeightLarger = weight >= Self.threshold(network, site) * (1 - 1e-6)
            #expect(isWeightLarger ? largest <= 1 : abs(largest - 1) < 1e-5, "\(site): \(largest)")
        }
    }

    /// A product of two spiking values adds up to `S_A(t)·S_B(t)/t`, and what a function hands on to the function of the mean.
    @Test func productsAndFunctionsTelescope() throws {
        var builder = GraphBuilder()
        let names = ["a", "b"]
        let sites = try zip(names, [SymbolicShape([.batch, 3, 4]), [.batch, 4, 2]]).map { name, shape in
            try builder.add(name + ".site", .neuron(NeuronSite()), [builder.input(name, shape: shape)])
        }
        for (name, site) in zip(names, sites) { builder.output(name, site) }
        builder.output("product", try builder.add("product.node", .matrixProduct(MatrixProduct()), sites))
        builder.output("softmax", try builder.add("softmax.node", .softmax(Softmax()), [sites[0]]))
        let layers = names.map { ($0 + ".site", NeuronLayer(EncoderNeuron(positive: 0.6, negative: 0.5))) }
        let network = try SpikingNetwork(
            graph: builder.build(), coding: .rate, neurons: Dictionary(uniqueKeysWithValues: layers),
            provenance: SampleNetworks.provenance)
        var random = SeededGenerator(seed: 70)
        let inputs = ["a": random.normalTensor([2, 3, 4]), "b": random.normalTensor([2, 4, 2])]
        let steps = 9
        let outputs = try ReferenceSimulator(network, timeSteps: steps).run(inputs).outputs
        func value(_ name: String, _ step: Int, _ index: Int, of count: Int) -> Float { outputs[name]!.values[step * count + index] }
        for step in 0..<steps {
            for (sample, row, column) in (0..<12).map({ ($0 / 6, $0 / 2 % 3, $0 % 2) }) {
                let expected = (0..<4).reduce(Float(0)) { sum, inner in
                    sum + value("a", step, sample * 12 + row * 4 + inner, of: 24) * value("b", step, sample * 8 + inner * 2 + column, of: 16)
                }
                #expect(abs(value("product", step, sample * 6 + row * 2 + column, of: 12) - expected) < 1e-5)
            }
            for row in 0..<6 {
                let powers = (0..<4).map { Float(exp(Double(value("a", step, row * 4 + $0, of: 24)))) }
                for column in 0..<4 {
                    #expect(abs(value("softmax", step, row * 4 + column, of: 24) - powers[column] / powers.reduce(0, +)) < 1e-5)
                }
            }
        }
        #expect(outputs["a"]!.values.contains { $0 != 0 } && outputs["b"]!.values.contains { $0 != 0 })
    }

    /// The largest sum of positive weights lets no neuron owe more than one spike at a step.
    @Test func modelNormalisationNeedsNoData() throws {
        let network = try RateConversion.diehlModel.convert(try SampleGraphs.rectified(), on: Calibration(nil))
        let graph = network.graph
        let weight = graph[graph.node(named: "conv1.weight")!].constant!
        let sums = (0..<4).map { row in weight.values[row * 9..<row * 9 + 9].reduce(0) { $0 + max(0, $1) } }
        #expect(abs(Self.threshold(network, "act1") / sums.max()! - 1) < 1e-5)
        #expect(Self.threshold(network, "pool.neurons") == Self.threshold(network, "act2"))
    }

    @Test func currentsGiveThresholdsLayerByLayer() throws {
        let graph = try SampleGraphs.rectified()
        var method = RateConversion.spikeNorm
        method.calibrationSteps = 6
        let network = try Self.calibrated(method, graph)
        // The order of the samples shows nowhere.
        let turned = try Self.calibrated(method, graph, order: [7, 2, 0, 1, 6, 5, 4, 3])
        #expect(turned.neurons == network.neurons)
        // Later layers do not change earlier thresholds.
        let shorter = try graph.rebuilt { builder, node, _, inputs in
            guard node.name == "fc1.weight", let weight = node.constant else { return try builder.copy(node, inputs: inputs) }
            return try builder.constant(node.name, Tensor(weight.shape, weight.values.map { 3 * $0 }))
        }
        let other = try Self.calibrated(method, shorter)
        #expect(Self.threshold(other, "act2") == Self.threshold(network, "act2") && Self.threshold(other, "act3") != Self.threshold(network, "act3"))
        // Analog, one step: the first threshold is the ANN's largest first current.
        (method.input, method.calibrationSteps) = (.analog, 1)
        let analog = try Self.calibrated(method, graph)
        var largest: Float = 0
        _ = try Evaluator(graph).run(["x": Tensor([8, 1, 8, 8], Self.uniform(512, seed: 21))]) { node, value in
            if node.name == "conv1" { largest = value.values.max()! }
        }
        #expect(abs(Self.threshold(analog, "act1") - largest) <= 1e-5 * largest)
    }

    /// The probe silences neurons whose activation is 0, and its steps are steps of the result.
    @Test func silencedNeuronsWereTheWrongOnes() throws {
        let graph = try SampleGraphs.rectified(.steps(4, bound: 0.5), biased: true)
        let inputs = ["x": Tensor([8, 1, 8, 8], Self.uniform(512, seed: 17))]
        var (levels, wrong): ([String: [Float]], [String: Int]) = ([:], [:])
        _ = try Evaluator(graph).run(inputs) { node, value in if node.name.hasPrefix("act") { levels[node.name] = value.values } }
        for (method, steps, skipped) in [(RateConversion.srp, 8, 4), (.qcfs, 4, 0)] {
            let network = try method.convert(graph, on: Calibration(nil))
            #expect(network.timing.probe == skipped)
            var sums: [String: [Float]] = [:]
            _ = try ReferenceSimulator(network, timeSteps: steps).run(inputs) { step, id, current in
                let name = network.graph[id].name
                guard step > skipped, network.layer(at: id) != nil else { return }
                sums[name] = zip(sums[name] ?? [Float](repeating: 0, count: current.count), current.values).map(+)
            }
            wrong[method.name] = sums.reduce(0) { $0 + zip(levels[$1.key]!, $1.value).count { $0 == 0 && $1 > 0 } }
        }
        #expect(wrong["qcfs"]! > 0 && wrong["srp"]! < wrong["qcfs"]!)
    }

    /// The more time-steps, the closer to the ANN.
    @Test(arguments: [RateConversion.opi, .rueckauer, .burst, .snm, .tcl]) func longerIsCloser(method: RateConversion) throws {
        var method = method
        if method.bound == .percentile || method.bound == .trained { (method.percentile, method.countsZeros) = (100, true) }
        let graph = try SampleGraphs.rectified(biased: true)
        let network = try Self.calibrated(method, graph)
        let inputs = ["x": Tensor([8, 1, 8, 8], Self.uniform(512, seed: 21))]
        let ann = try Evaluator(graph).run(inputs)["logits"]!
        let result = try ReferenceSimulator(network, timeSteps: 128).run(inputs).outputs["logits"]!
        let positive = ann.values.map { method.readout == .spikes ? max(0, $0) : $0 }
        let errors = [4, 32, 128].map { Difference(result.rows($0 - 1..<$0).values, positive).ofNorms }
        #expect(errors[0] > errors[1] && errors[1] > errors[2] && errors[2] < 0.1, "\(errors)")
    }

    // MARK: What is refused

    @Test func whatMakesNoSenseIsRefusedWithTheReason() throws {
        func reason(_ method: RateConversion, _ change: (inout RateConversion) -> Void) -> String {
            var method = method
            change(&method)
            do {
                try method.validate()
                return ""
            } catch { return "\(error)" }
        }
        #expect(reason(.opi) { $0.reset = .zero }.contains("initial potential"))
        #expect(reason(.opi) { $0.input = .poisson }.contains("random input"))
        #expect(reason(.rueckauer) { $0.factor = 0.7 }.contains("percentile"))
        #expect(reason(.strelu) { $0.pooling = .gated }.contains("both signs"))
        #expect(reason(.strelu) { $0.initialPotential = 0.5 }.contains("symmetric"))
        #expect(reason(.snm) { $0.reset = .zero }.contains("subtraction"))
        #expect(reason(.srp) { $0.readout = .spikes }.contains("mask"))
        func unfit(_ method: RateConversion, _ graph: Graph) -> String {
            do {
                try method.check(graph)
                return ""
            } catch { return "\(error)" }
        }
        #expect(unfit(.strelu, try SampleGraphs.rectified()).contains("clip(x, −λ, λ)"))
        #expect(unfit(.qcfs, try SampleGraphs.rectified(.symmetricClip(1))).contains("strelu"))
        #expect(unfit(.spikeNorm, try SampleGraphs.rectified(biased: true)).contains("bias"))
        #expect(unfit(.cao, try SampleGraphs.rectified(pool: .maximum)).contains("maximum pool"))
        #expect(unfit(.qcfs, try SampleGraphs.transformer(depth: 1)).contains("no activation"))
        var beyond = RateConversion.spikeNorm
        beyond.isBeyondPaper = true
        #expect(unfit(beyond, try SampleGraphs.rectified(biased: true)) == "")
    }

    /// Networks that were not trained for a method say so.
    @Test func untrainedActivationsAreToldOf() throws {
        #expect(try Self.calibrated(.qcfs, SampleGraphs.rectified()).provenance.reservation?.hasPrefix("calibrated only") == true)
        #expect(try Self.calibrated(.qcfs, SampleGraphs.rectified(.steps(4, bound: 1))).provenance.reservation == nil)
        // A rectifier that ends at 6 was not trained, and one of another method is told of.
        #expect(try Self.calibrated(.tcl, SampleGraphs.rectified(.clip(6))).provenance.reservation?.hasPrefix("calibrated only") == true)
        #expect(try Self.calibrated(.tcl, SampleGraphs.rectified(.clip(0.7))).provenance.reservation == nil)
        #expect(try Self.calibrated(.qcfs, SampleGraphs.rectified(.clip(0.7))).provenance.reservation?.contains("another method") == true)
        #expect(try Self.calibrated(.stepReLU, SampleGraphs.rectified()).provenance.reservation?.hasPrefix("calibrated only") == true)
    }
}
