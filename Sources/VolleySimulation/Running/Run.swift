internal import OrderedCollections
internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// One run of a schedule over a group of samples. Time-steps are folded into the batch axis: a value that changes over time
/// holds those of `steps` time-steps one behind the other, `[steps · batch, …]`.
struct Run {
    let schedule: Schedule
    let batch: Int
    /// Time-steps that a stage takes at once: many (layer-sequential) or one (step-sequential). The last ones may be fewer.
    let mostSteps: Int
    private(set) var steps: Int
    let keepsState: Bool
    var workspace: Workspace
    var counter: SynapseCounter?
    let profile: Profile?
    /// By site, `[T][2n]`.
    private(set) var spikes: OrderedDictionary<String, [[Int64]]> = [:]
    /// By root; static values hold one step.
    var values: [[Float]]
    /// By site.
    var codes: [NodeID: [Int8]] = [:]
    /// By static value: the same once per step.
    private var tiled: [NodeID: [Float]] = [:]
    /// By the stage's last node.
    private var layerStates: [NodeID: LayerState] = [:]
    /// By the stage's last node, of each group of images.
    var convolutionStates: [NodeID: [LayerState]] = [:]
    private var neuronStates: [NodeID: NeuronState] = [:]
    /// By the site behind the softmax; and, of q, k and v, by the stage's last node.
    private var attentionStates: [NodeID: [Float]] = [:]

    var graph: Graph { schedule.graph }
    var kernels: Kernels { schedule.executable.kernels }

    init(
        _ schedule: Schedule, batch: Int, steps: Int, keepsState: Bool, workspace: consuming Workspace, counter: SynapseCounter?,
        profile: Profile?
    ) {
        self.schedule = schedule
        self.batch = batch
        mostSteps = steps
        self.steps = steps
        self.keepsState = keepsState
        self.workspace = workspace
        self.counter = counter
        self.profile = profile
        values = Array(repeating: [], count: schedule.graph.nodes.count)
        // In the graph's order, whatever the order of stages.
        for node in schedule.graph.nodes where node.operation == .neuron(NeuronSite()) { spikes[node.name] = [] }
    }

    /// Everything that stays the same at every step, once.
    mutating func computeStatics(_ bound: [NodeID: Tensor]) throws {
        for (id, node) in graph.nodes.enumerated() {
            switch node.content {
            case .input: values[id] = bound[id]!.values
            case .constant(let tensor): values[id] = tensor.values
            case .operation: break
            }
        }
        for stage in schedule.statics { try execute(stage, firstStep: 1) }
    }

    /// Runs some time-steps, at most ``mostSteps``, of everything else.
    mutating func computeSteps(_ range: Range<Int>) throws {
        if steps != range.count {
            steps = range.count
            tiled.values.forEach { workspace.floats.give($0) }
            tiled = [:]
        }
        let firstStep = range.lowerBound
        for (index, stage) in schedule.moving.enumerated() {
            try execute(stage, firstStep: firstStep)
            for input in Set(stage.readings(graph).map(\.value) + [stage.output]) where schedule.lastReaders[schedule.roots[input]] == index {
                release(schedule.roots[input])
            }
        }
    }

    /// The values of an output at `steps` time-steps, `[steps, …]`.
    func output(_ id: NodeID) -> [Float] {
        let value = values[schedule.roots[id]]
        guard schedule.timeVarying[id] else { return Array((0..<steps).map { _ in value }.joined()) }
        let outer = outer(id)
        if steps == 1 || outer == 1 { return value }
        // Folded, it is [outer, steps, inner].
        let inner = value.count / max(1, outer * steps)
        var result = Tensor([steps, outer, inner])
        result.fill(from: value, offset: 0, strides: [inner, steps * inner, 1])
        return result.values
    }

    /// How often the elements of a value run through the batch.
    private func outer(_ id: NodeID) -> Int {
        schedule.executable.analysis.layouts[id].axis?.outer(graph[id].shape.resolved(batch: batch).dimensions) ?? 1
    }

    /// The memory of this run, for the next one.
    mutating func reclaim() -> Workspace {
        for (id, node) in graph.nodes.enumerated() where node.operation != nil && schedule.roots[id] == id { release(id) }
        tiled.values.forEach { workspace.floats.give($0) }
        for state in layerStates.values { workspace.floats.give(state.sums); workspace.floats.give(state.sent) }
        for state in convolutionStates.values.joined() { workspace.floats.give(state.sums) }
        for state in neuronStates.values { workspace.floats.give(state.sent); workspace.floats.give(state.baseline) }
        attentionStates.values.forEach { workspace.floats.give($0) }
        return workspace
    }

    private mutating func release(_ root: NodeID) {
        var array: [Float] = []
        swap(&array, &values[root])
        workspace.floats.give(array)
        if let spikes = codes.removeValue(forKey: root) { workspace.codes.give(spikes) }
    }

    func repeats(_ id: NodeID) -> Int { schedule.timeVarying[id] ? steps : 1 }

    func count(_ id: NodeID) -> Int { graph[id].shape.resolved(batch: batch).count }

    private mutating func execute(_ stage: Stage, firstStep: Int) throws {
        let watch = profile?.start()
        switch stage {
        case .operation(let id): evaluate(id)
        case .neurons(let id, let neuron): try fire(id, neuron, firstStep)
        case .layer(let layer): try run(layer, firstStep)
        case .convolution(let convolution): run(convolution, firstStep)
        case .attention(let attention): try run(attention, firstStep)
        }
        if let watch { book(stage, since: watch) }
    }

    private func book(_ stage: Stage, since watch: ContinuousClock.Instant) {
        let (node, kind) =
            switch stage {
            case .operation(let id): (id, graph[id].operation!.name)
            case .neurons(let id, _): (id, "neuron")
            case .layer(let layer): (layer.linear, "linear")
            case .convolution(let convolution): (convolution.convolution, "convolution")
            case .attention(let attention): (attention.output, "attention")
            }
        var work = schedule.multiplyAccumulates[node] * batch
        if case .attention(let attention) = stage {
            let kernel = attention.kernel
            work = attention.heads.resolved(batch: batch).count * kernel.queries * kernel.keys * (kernel.width + kernel.valueWidth)
        }
        profile?.stop(watch, name: graph[node].name, kind: kind, multiplyAccumulates: work * repeats(stage.output))
    }

    // MARK: Operators

    private mutating func evaluate(_ id: NodeID) {
        guard schedule.roots[id] == id else { return }
        let folded = schedule.timeVarying[id] ? steps * batch : batch
        var output = Tensor(graph[id].shape.resolved(batch: folded), workspace.floats.take(count(id) * repeats(id)))
        let inputs = graph[id].inputs.map { input in
            let isFolded = schedule.timeVarying[id] && steps > 1 && graph[input].shape.scalesWithBatch
            return Tensor(
                graph[input].shape.resolved(batch: isFolded || schedule.timeVarying[input] ? folded : batch),
                isFolded && !schedule.timeVarying[input] ? tile(input) : values[schedule.roots[input]])
        }
        schedule.executable.evaluate(id, inputs, into: &output, pool: &workspace.floats)
        values[id] = output.values
    }

    /// A static value once per step, along its batch axis.
    private mutating func tile(_ id: NodeID) -> [Float] {
        if let tiled = tiled[id] { return tiled }
        let value = values[schedule.roots[id]]
        let block = value.count / max(1, outer(id))
        var result = workspace.floats.take(steps * value.count)
        for outer in 0..<(block > 0 ? value.count / block : 0) {
            for step in 0..<steps {
                let start = (outer * steps + step) * block
                result.replaceSubrange(start..<start + block, with: value[outer * block..<(outer + 1) * block])
            }
        }
        tiled[id] = result
        return result
    }

    // MARK: Neurons

    private mutating func fire(_ id: NodeID, _ neuron: NeuronKernel, _ firstStep: Int) throws {
        let count = count(id)
        let input = graph[id].inputs[0]
        var state = neuronStates.removeValue(forKey: id) ?? restingState(neuron, count)
        var outputs = NeuronOutputs()
        if wantsCodes(id) { outputs.codes = workspace.codes.take(steps * count) }
        if wantsEstimates(id) { outputs.estimate = workspace.floats.take(steps * count) }
        outputs.counts = [Int64](repeating: 0, count: steps * 2 * neuron.levels)
        let bad = kernels.run(
            neuron, count: count, firstStep: firstStep, steps: steps, input: values[schedule.roots[input]], state: &state,
            outputs: &outputs)
        neuronStates[id] = state
        if !keepsState { forget(id) }
        try record(id, firstStep, bad, outputs.counts)
        recordPositions(id, firstStep, outputs.codes, outputs.estimate)
        codes[id] = outputs.codes
        values[id] = outputs.estimate
    }

    private mutating func restingState(_ neuron: NeuronKernel, _ count: Int) -> NeuronState {
        var state = NeuronState()
        if keepsState || neuron.resetsToZero { state.sent = workspace.takeZeros(count) }
        if neuron.resetsToZero { state.baseline = workspace.takeZeros(count) }
        return state
    }

    private mutating func forget(_ id: NodeID) {
        guard let state = neuronStates.removeValue(forKey: id) else { return }
        workspace.floats.give(state.sent)
        workspace.floats.give(state.baseline)
    }

    private func wantsCodes(_ id: NodeID) -> Bool { schedule.readsCodes[id] || countsPositions(of: id) }

    private func wantsEstimates(_ id: NodeID) -> Bool { schedule.readsEstimates[id] || countsPositions(of: id) }

    private func countsPositions(of id: NodeID) -> Bool {
        !schedule.isCountedByAttention[id] && counter?.needsPositions(of: id) == true
    }

    /// Keeps what a site sent, per step and level.
    private mutating func record(_ id: NodeID, _ firstStep: Int, _ bad: Int, _ counts: [Int64]) throws {
        let site = graph[id].name
        guard bad == 0 else {
            let when = steps == 1 ? "time-step \(firstStep)" : "time-steps \(firstStep) to \(firstStep + steps - 1)"
            throw SpikingError(
                .notFinite,
                "site '\(site)': \(bad) of \(steps * count(id)) membrane potentials are NaN or infinite at \(when); "
                    + "look at the network's weights and at the input")
        }
        let width = counts.count / steps
        for step in 0..<steps {
            let levels = Array(counts[step * width..<(step + 1) * width])
            spikes[site, default: []].append(levels)
            counter?.record(site: id, step: firstStep + step, spikes: Int(levels.reduce(0, +)))
        }
    }

    private mutating func recordPositions(_ id: NodeID, _ firstStep: Int, _ codes: [Int8], _ estimate: [Float]) {
        guard countsPositions(of: id) else { return }
        let shape = graph[id].shape.resolved(batch: batch)
        for step in 0..<steps {
            counter?.recordPositions(
                site: id, step: firstStep + step, shape: shape, emitted: codes, sent: estimate, offset: step * shape.count)
        }
    }

    // MARK: Layers

    private mutating func run(_ layer: LayerStage, _ firstStep: Int) throws {
        let kernel = layer.kernel
        let repeats = repeats(layer.output)
        let rows = count(layer.linear) / max(1, kernel.outputs)
        let size = repeats * rows * kernel.outputs
        var outputs = LayerOutputs()
        if let site = layer.site {
            if wantsCodes(site) { outputs.codes = workspace.codes.take(size) }
            if wantsEstimates(site) { outputs.estimate = workspace.floats.take(size) }
            outputs.counts = [Int64](repeating: 0, count: repeats * 2 * kernel.target!.levels)
        } else {
            outputs.value = workspace.floats.take(size)
        }
        var state = layerStates.removeValue(forKey: layer.output) ?? LayerState()
        if keepsState, kernel.source != nil, state.sums.isEmpty { state.sums = workspace.takeZeros(rows * kernel.outputs) }
        if keepsState, kernel.target != nil, state.sent.isEmpty { state.sent = workspace.takeZeros(rows * kernel.outputs) }
        let input = schedule.roots[layer.input]
        let addend = layer.addend.map { values[schedule.roots[$0]] }
        var scratch = workspace.takeScratch(kernel.scratchCount(steps: repeats))
        let bad = kernels.run(
            kernel, rows: rows, firstStep: firstStep, steps: repeats, codes: kernel.source == nil ? [] : codes[input]!,
            input: kernel.source == nil ? values[input] : [], addend: addend, state: &state, outputs: &outputs,
            scratch: &scratch)
        workspace.giveScratch(scratch)
        if keepsState { layerStates[layer.output] = state }
        if let site = layer.site {
            try record(site, firstStep, bad, outputs.counts)
            recordPositions(site, firstStep, outputs.codes, outputs.estimate)
            codes[site] = outputs.codes
            values[site] = outputs.estimate
        } else {
            values[layer.output] = outputs.value
        }
        if kernel.source != nil { noteArrivals(layer.input, repeats, eventInputs: outputs.eventInputs[0]) }
    }

    /// Notes in the profile what a site sent to the stage that runs.
    func noteArrivals(_ site: NodeID, _ repeats: Int, eventInputs: Int64) {
        guard let profile else { return }
        let arrived = spikes[graph[site].name]!.suffix(repeats)
        profile.add(
            inputs: repeats * count(site), spikes: arrived.reduce(0) { $0 + $1.reduce(0, +) }, eventInputs: eventInputs)
    }

    // MARK: Attention

    private mutating func run(_ attention: AttentionStage, _ firstStep: Int) throws {
        let kernel = attention.kernel
        let repeats = repeats(attention.output)
        let heads = count(attention.output) / max(1, kernel.queries * kernel.valueWidth)
        var inputs =
            kernel.sources == nil
            ? AttentionInputs(
                q: values[schedule.roots[attention.q]], k: values[schedule.roots[attention.k]],
                v: values[schedule.roots[attention.v]])
            : AttentionInputs(qCodes: codes[attention.q]!, kCodes: codes[attention.k]!, vCodes: codes[attention.v]!)
        if let mask = attention.mask { add(mask, to: &inputs, attention, heads: heads) }
        var outputs = AttentionOutputs()
        outputs.context = workspace.floats.take(repeats * count(attention.output))
        if let site = attention.site {
            outputs.counts = [Int64](repeating: 0, count: repeats * 2 * kernel.neuron!.levels)
            if keepsState {
                outputs.sent = attentionStates.removeValue(forKey: site) ?? workspace.takeZeros(heads * kernel.queries * kernel.keys)
            }
            if counter != nil {
                outputs.emittedKeys = [Int64](repeating: 0, count: heads * repeats * kernel.keys)
                outputs.sentKeys = outputs.emittedKeys
            }
        }
        if kernel.sources != nil {
            if keepsState {
                outputs.sourcesSent =
                    attentionStates.removeValue(forKey: attention.output) ?? workspace.takeZeros(heads * kernel.inputsPerHead)
            }
            if counter != nil {
                outputs.emittedInputs = [Int32](repeating: 0, count: heads * repeats * kernel.meetingsPerHead)
                outputs.sentInputs = outputs.emittedInputs
            }
        }
        var scratch = workspace.takeScratch(kernel.scratchCount(steps: repeats))
        let bad = kernels.run(
            kernel, heads: heads, firstStep: firstStep, steps: repeats, inputs: inputs, outputs: &outputs, scratch: &scratch)
        workspace.giveScratch(scratch)
        if let site = attention.site {
            try record(site, firstStep, bad, outputs.counts)
            counter?.recordMeetings(
                site: site, steps: repeats, heads: heads, positions: kernel.keys, emitted: outputs.emittedKeys,
                sent: outputs.sentKeys)
            if keepsState { attentionStates[site] = outputs.sent }
        }
        if kernel.sources != nil {
            recordMeetings(attention, heads, repeats, outputs)
            if keepsState { attentionStates[attention.output] = outputs.sourcesSent }
        }
        values[schedule.roots[attention.output]] = outputs.context
    }

    /// Where the spikes of q, k and v meet others.
    private mutating func recordMeetings(_ attention: AttentionStage, _ heads: Int, _ steps: Int, _ outputs: AttentionOutputs) {
        let kernel = attention.kernel
        let (emitted, sent) = (outputs.emittedInputs.map(Int64.init), outputs.sentInputs.map(Int64.init))
        var first = 0
        for (site, positions) in [(attention.q, kernel.width), (attention.k, kernel.width), (attention.v, kernel.keys)] {
            counter?.recordMeetings(
                site: site, steps: steps, heads: heads, positions: positions, emitted: emitted, sent: sent, first: first,
                perHead: steps * kernel.meetingsPerHead)
            first += steps * positions
        }
    }

    /// Where the part of a broadcast mask for each head begins.
    private func add(_ mask: NodeID, to inputs: inout AttentionInputs, _ attention: AttentionStage, heads: Int) {
        inputs.mask = values[schedule.roots[mask]]
        let leading = attention.heads.resolved(batch: batch)
        let shape = graph[mask].shape.resolved(batch: batch).dimensions
        let aligned = [Int](repeating: 1, count: leading.rank + 2 - shape.count) + shape
        inputs.maskHasOneRow = aligned[leading.rank] == 1
        let size = aligned[leading.rank] * aligned[leading.rank + 1]
        inputs.maskOffsets = (0..<heads).map { head in
            var (rest, offset, stride) = (head, 0, size)
            for axis in (0..<leading.rank).reversed() {
                let position = rest % leading[axis]
                rest /= leading[axis]
                if aligned[axis] > 1 { offset += position * stride }
                stride *= aligned[axis]
            }
            return offset
        }
    }
}
