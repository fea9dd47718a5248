public import VolleyGraph
public import VolleyTensors
internal import OrderedCollections

/// The equations of semantics 2–5.1 as they are written, one step after the other, on currents: slow and obvious.
///
/// Every edge carries `x(t)`. Under rate coding its running mean, under differential coding its sum weighted by 1/t, is the
/// estimate. Every faster path is held against this one.
public struct ReferenceSimulator: Sendable {
    public let network: SpikingNetwork
    public let timeSteps: Int
    private let executable: Executable
    private let timeVarying: [Bool]
    private let kinds: [OperatorKind]
    private let synapses: SynapseMap

    /// - Parameter kernels: which the operators run on; all give the same bits, and the plain ones are those that others are held against.
    /// - Throws: ``SpikingError`` for fewer than one time-step.
    public init(_ network: SpikingNetwork, timeSteps: Int, kernels: Kernels = Kernels.available[0]) throws {
        guard timeSteps >= 1 else {
            throw SpikingError(.badSettings, "a simulation needs at least 1 time-step, asked for are \(timeSteps)")
        }
        self.network = network
        self.timeSteps = timeSteps
        executable = Executable(network.graph, kernels: kernels)
        timeVarying = network.graph.isTimeVarying
        kinds = network.graph.kinds(timeVarying: timeVarying)
        synapses = SynapseMap(network.graph)
    }

    /// The ANN that the network was made from.
    public var ann: Evaluator { Evaluator(executable) }

    /// Runs T steps on arrays named like the network's inputs. `observe` is called with what every node carried at every step.
    /// - Throws: `GraphError` for inputs that do not fit, ``SpikingError`` where a membrane potential is not finite.
    public func run(
        _ inputs: [String: Tensor], observe: (_ step: Int, _ node: NodeID, _ current: Tensor) -> Void = { _, _, _ in }
    ) throws -> SimulationResult {
        try run(executable.bind(inputs), observe: observe)
    }

    /// The same on inputs that were checked.
    /// - Throws: ``SpikingError`` where a membrane potential is not finite.
    public func run(
        _ inputs: BoundInputs, observe: (_ step: Int, _ node: NodeID, _ current: Tensor) -> Void = { _, _, _ in }
    ) throws -> SimulationResult {
        try network.checkTrains(inputs)
        let runs = executable.batching.runs(of: inputs.count, size: inputs.count)
        return SimulationResult(joining: try runs.map { try runOnce(inputs.samples($0), observe: { observe($0, $1, $2.current[$1]) }) })
    }

    /// Runs one sample after the other until its estimates are enough.
    /// - Parameter isEnough: asked after every time-step, with the outputs' estimates of one sample by name, `[1, …]`.
    /// - Returns: what each sample gave. Samples that cannot be parted are one.
    /// - Throws: ``SpikingError`` where a membrane potential is not finite.
    public func run(
        _ inputs: BoundInputs, until isEnough: @Sendable (_ step: Int, _ estimates: [String: Tensor]) -> Bool
    ) throws -> [StoppedRun] {
        try network.checkTrains(inputs)
        return try executable.batching.runs(of: inputs.count, size: 1).map { sample in
            let (clock, began) = (ContinuousClock(), ContinuousClock.now)
            var seconds: [Double] = []
            let result = try runOnce(
                inputs.samples(sample),
                until: { step, estimates in
                    seconds.append((clock.now - began) / .seconds(1))
                    return isEnough(step, estimates)
                })
            return StoppedRun(result: result, seconds: seconds)
        }
    }

    /// The same, where `observe` is called with what every node that changes over time stands for after every step, its estimate, and with
    /// the codes that a neuron site sent.
    /// - Throws: ``SpikingError`` where a membrane potential is not finite.
    public func run(
        _ inputs: BoundInputs, observingEstimates observe: (_ step: Int, _ node: NodeID, _ estimate: Tensor, _ codes: [Int8]?) -> Void
    ) throws -> SimulationResult {
        try network.checkTrains(inputs)
        let runs = executable.batching.runs(of: inputs.count, size: inputs.count)
        return SimulationResult(
            joining: try runs.map { try runOnce(inputs.samples($0), observe: { observe($0, $1, $2.estimate[$1], $2.codes[$1]) }) })
    }

    /// The same, where what sites send is handed on.
    /// - Throws: ``SpikingError`` where a membrane potential is not finite; what the receiver throws.
    public func run(_ inputs: BoundInputs, tracing: SpikeTracing?) throws -> SimulationResult {
        try network.checkTrains(inputs)
        let runs = executable.batching.runs(of: inputs.count, size: inputs.count)
        return SimulationResult(
            joining: try runs.map { samples in
                try runOnce(inputs.samples(samples)) { step, node, state in
                    guard let tracing, let codes = state.codes[node], tracing.sites.contains(network.graph[node].name) else { return }
                    try tracing.receive(SentSpikes(site: network.graph[node].name, steps: step...step, samples: samples, codes: codes))
                }
            })
    }

    private func runOnce(
        _ inputs: BoundInputs, observe: (_ step: Int, _ node: NodeID, _ state: State) throws -> Void = { _, _, _ in },
        until isEnough: (_ step: Int, _ estimates: [String: Tensor]) -> Bool = { _, _ in false }
    ) throws -> SimulationResult {
        let batch = inputs.batch
        let graph = network.graph
        var state = State(graph, inputs)
        computeStatics(&state)
        var counter = SynapseCounter(synapses, batch: batch, timeSteps: timeSteps)
        var spikes: OrderedDictionary<String, [[Int64]]> = [:]
        var outputs: OrderedDictionary<String, [Tensor]> = [:]
        for step in 1...timeSteps {
            if network.timing.restarts(at: step) { state.restart() }
            for (id, node) in graph.nodes.enumerated() where timeVarying[id] {
                switch network.coding {
                case .rate: try rateStep(id, node, step, &state)
                case .differential: try differentialStep(id, node, step, &state)
                }
                if let layer = network.layer(at: id) {
                    spikes[node.name, default: []].append(layer.alphabet.counts(of: state.codes[id]!))
                    counter.record(
                        site: id, step: step, codes: state.codes[id]!, sent: state.estimate[id], alphabet: layer.alphabet)
                }
                try observe(step, id, state)
            }
            for output in graph.outputs { outputs[output.name, default: []].append(state.estimate[output.value]) }
            if isEnough(step, outputs.reduce(into: [:]) { $0[$1.key] = $1.value.last! }) { break }
        }
        return SimulationResult(
            outputs: outputs.mapValues { Tensor.stacking($0) }, batchAxes: executable.batching.outputs, spikes: spikes,
            steps: Array(counter.finish().prefix(outputs.values.first?.count ?? timeSteps)))
    }

    private struct State {
        let batch: Int
        /// What each edge carries at this step, and what it stands for after this and after the step before.
        var current: [Tensor]
        var estimate: [Tensor]
        var previous: [Tensor]
        /// Per edge the running sum `S(t)`, and `S(t−1)`.
        var sum: [Tensor]
        var previousSum: [Tensor]
        /// Per product `S_K(t)`, and per nonlinear node `F` of the last estimate.
        var memory: [Tensor]
        /// Per neuron node its neurons, and what they sent at this step.
        var neurons: [NodeID: any NeuronPopulation] = [:]
        var codes: [NodeID: [Int8]] = [:]
        var pools: [NodeID: SpikePool] = [:]
        let inputs: BoundInputs

        init(_ graph: Graph, _ bound: BoundInputs) {
            batch = bound.batch
            inputs = bound
            current = graph.nodes.enumerated().map { [batch] id, node in
                bound[id] ?? node.constant ?? Tensor(node.shape.resolved(batch: batch))
            }
            estimate = current
            previous = current
            sum = current.map { Tensor($0.shape) }
            previousSum = sum
            memory = sum
        }

        /// All starts anew, but for the neurons.
        mutating func restart() {
            sum = sum.map { Tensor($0.shape) }
            previousSum = sum
            memory = memory.map { Tensor($0.shape) }
            for id in pools.keys { pools[id]!.reset() }
        }
    }

    /// What does not change: every static node once, and under differential coding every other node on silent neurons.
    private func computeStatics(_ state: inout State) {
        for (id, node) in network.graph.nodes.enumerated() {
            if let layer = network.layer(at: id) {
                state.neurons[id] = population(of: layer, node, state)
            } else if node.operation != nil, !timeVarying[id] || network.coding == .differential {
                state.estimate[id] = evaluate(id, node.inputs.map { state.estimate[$0] }, state.batch)
                if !timeVarying[id] { state.current[id] = state.estimate[id] }
            }
        }
    }

    private func population(of layer: NeuronLayer, _ node: Node, _ state: State) -> any NeuronPopulation {
        let count = state.current[node.inputs[0]].count
        guard node.inputs.count > 1 else { return layer.population(count, samples: state.batch) }
        let divisors = state.current[node.inputs[1]].values
        return layer.population(divisors: (0..<count).map { divisors[$0 % divisors.count] })
    }

    private func evaluate(_ id: NodeID, _ inputs: [Tensor], _ batch: Int) -> Tensor {
        var output = Tensor(network.graph[id].shape.resolved(batch: batch))
        executable.evaluate(id, inputs, into: &output)
        return output
    }

    // MARK: Rate coding, semantics 2–4

    private func rateStep(_ id: NodeID, _ node: Node, _ step: Int, _ state: inout State) throws {
        // τ(t), τ(t−1), and their difference.
        let (t, feeds, batch) = (network.timing.weight(of: step), network.timing.feeds(at: step), state.batch)
        let before = t - feeds
        switch kinds[id] {
        case .staticValue:
            return
        case .affine:
            let value = evaluate(id, node.inputs.map { state.current[$0] }, batch)
            state.current[id] = feeds == 1 ? value : value - evaluate(id, silent(node.inputs, state), batch)
        case .nonlinear where node.spikePooling != nil:
            let (pooling, input) = (node.spikePooling!, state.current[node.inputs[0]])
            var pool = state.pools[id] ?? SpikePool(pooling, input: input.shape, output: state.current[id].shape)
            state.current[id] = Tensor(state.current[id].shape, pool.step(input.values))
            state.pools[id] = pool
        case .nonlinear:
            // O(t) = τ(t)·F(S_1(t)/τ(t), …) − τ(t−1)·F(S_1(t−1)/τ(t−1), …)
            let value = evaluate(id, node.inputs.map { timeVarying[$0] ? state.sum[$0] / t : state.current[$0] }, batch)
            state.current[id] = t * value - before * state.memory[id]
            state.memory[id] = value
        case .bilinear:
            // S_K(t) = S_K(t−1) + A(t)·B(t) + A(t)·S_B(t−1) + S_A(t−1)·B(t);  O(t) = S_K(t)/t − S_K(t−1)/(t−1)
            let (a, b) = (node.inputs[0], node.inputs[1])
            let now = evaluate(id, [state.current[a], state.current[b]], batch)
            let left = evaluate(id, [state.current[a], state.previousSum[b]], batch)
            let right = evaluate(id, [state.previousSum[a], state.current[b]], batch)
            let last = state.memory[id]
            state.memory[id] = last + now + left + right
            state.current[id] = before == 0 ? state.memory[id] / t : state.memory[id] / t - last / before
            addBias(id, node.inputs.dropFirst(2).map { timeVarying[$0] ? state.current[$0] : feeds * state.current[$0] }, &state)
        case .neuron:
            let input = node.inputs[0]
            try fire(id, step, timeVarying[input] ? state.current[input] : feeds * state.current[input], &state)
        }
        state.previousSum[id] = state.sum[id]
        state.sum[id] = state.sum[id] + state.current[id]
        state.estimate[id] = state.sum[id] / t
    }

    /// What an operator's inputs are while nothing arrives: those that do not change over time stay.
    private func silent(_ inputs: [NodeID], _ state: State) -> [Tensor] {
        inputs.map { timeVarying[$0] ? Tensor(state.current[$0].shape) : state.current[$0] }
    }

    /// A layer whose weight is computed is a product, and what is added to it passes as it is.
    private func addBias(_ id: NodeID, _ bias: [Tensor], _ state: inout State) {
        guard !bias.isEmpty else { return }
        let zeros = network.graph[id].inputs.prefix(2).map { Tensor(state.current[$0].shape) }
        state.current[id] = state.current[id] + evaluate(id, zeros + bias, state.batch)
    }

    // MARK: Differential coding, semantics 5.1

    private func differentialStep(_ id: NodeID, _ node: Node, _ step: Int, _ state: inout State) throws {
        let (t, batch) = (Float(step), state.batch)
        switch kinds[id] {
        case .staticValue:
            return
        case .affine:
            // The bias is sent once, before the first step: only the linear part of F acts on corrections.
            let zeros = silent(node.inputs, state)
            state.current[id] = evaluate(id, node.inputs.map { state.current[$0] }, batch) - evaluate(id, zeros, batch)
        case .nonlinear:
            // y(t) = t·(F(c(t)) − F(c(t−1)))
            let value = evaluate(id, node.inputs.map { state.estimate[$0] }, batch)
            let before = node.inputs.map { timeVarying[$0] ? state.previous[$0] : state.current[$0] }
            state.current[id] = t * (value - evaluate(id, before, batch))
        case .bilinear:
            // y(t) = x_a·c_b(t−1) + c_a(t−1)·x_b + x_a·x_b/t
            let (a, b) = (node.inputs[0], node.inputs[1])
            state.current[id] =
                evaluate(id, [state.current[a], state.previous[b]], batch) + evaluate(id, [state.previous[a], state.current[b]], batch)
                + evaluate(id, [state.current[a], state.current[b]], batch) / t
            addBias(id, node.inputs.dropFirst(2).map { timeVarying[$0] ? state.current[$0] : Tensor(state.current[$0].shape) }, &state)
        case .neuron:
            // I(t) = x(t) + c_in(t−1) − o(t−1)
            let input = node.inputs[0]
            let received = timeVarying[input] ? state.current[input] : Tensor(state.current[input].shape)
            let known = timeVarying[input] ? state.previous[input] : state.estimate[input]
            try fire(id, step, received + known - state.estimate[id], &state)
        }
        state.previous[id] = state.estimate[id]
        state.estimate[id] = state.estimate[id] + state.current[id] / t
    }

    // MARK: Neurons

    /// The neurons take their currents in, as their model has it; what they send is what the alphabet says.
    private func fire(_ id: NodeID, _ step: Int, _ current: Tensor, _ state: inout State) throws {
        let (layer, site) = (network.layer(at: id)!, network.graph[id])
        var currents = current.values
        if site.inputs.count > 1 {
            let scales = state.current[site.inputs[1]].values
            for index in currents.indices { currents[index] /= scales[index % scales.count] }
        }
        var (codes, broken) = state.neurons[id]!.step(currents, time: step)
        if let train = state.inputs.train(site.inputs[0]) ?? state.inputs.train(ofSite: site.name) {
            codes = try train.codes(at: step, for: site.name, of: layer.alphabet)
        }
        guard broken == 0 else {
            throw SpikingError.notFinite(site: site.name, broken, of: codes.count, steps: step...step, reason: layer.brokenReason)
        }
        let values = layer.alphabet.table
        state.codes[id] = codes
        state.current[id] = Tensor(current.shape, codes.map { values[Alphabet.place(of: $0)] })
    }
}

private func + (left: Tensor, right: Tensor) -> Tensor { Tensor(left.shape, zip(left.values, right.values).map(+)) }
private func - (left: Tensor, right: Tensor) -> Tensor { Tensor(left.shape, zip(left.values, right.values).map(-)) }
private func * (factor: Float, tensor: Tensor) -> Tensor { Tensor(tensor.shape, tensor.values.map { factor * $0 }) }
private func / (tensor: Tensor, divisor: Float) -> Tensor { Tensor(tensor.shape, tensor.values.map { $0 / divisor }) }
