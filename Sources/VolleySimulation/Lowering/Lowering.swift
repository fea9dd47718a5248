internal import VolleyGraph
internal import VolleyTensors

/// Takes for every stage of a plan the kernel of this machine: what a plan leaves open, weights and neurons as kernels read them and
/// when a product is event-driven, is decided here.
struct Lowering {
    let plan: Plan
    let executable: Executable
    /// By site.
    let neurons: [NodeID: SiteNeurons]
    /// Weights by layer, instead of the executable's.
    let integers: [NodeID: IntegerWeights]

    var graph: Graph { plan.graph }

    /// - Throws: ``PlanError`` where a stage's kernel does not fit its values.
    func lower(_ stage: Plan.Stage) throws(PlanError) -> LoweredStage {
        let kernel: LoweredStage.Kernel =
            switch stage.pass {
            case .operation: neurons[stage.output].map { .neurons($0) } ?? .operation
            case .neurons: .neurons(neurons[stage.output]!)
            case .layer, .convolution: .layer(try layer(stage))
            case .attention(let attention): .attention(try self.attention(stage, attention))
            }
        return LoweredStage(plan: stage, kernel: kernel)
    }

    /// Elements of a value for one sample.
    private func count(_ id: NodeID) -> Int { graph[id].shape.perSample.count }

    private func require(_ fits: Bool, _ stage: Plan.Stage) throws(PlanError) {
        guard fits else { throw plan.error("a stage's kernel does not fit its values", stage.nodes) }
    }

    // MARK: Layers

    private func layer(_ stage: Plan.Stage) throws(PlanError) -> LayerStage {
        let (product, addend) = try product(stage)
        let rows = count(stage.booked) / max(1, product.outputs)
        try require(
            count(stage.inputs[0].value) == product.inputCount(rows: rows) && count(stage.output) == rows * product.outputs
                && (addend.map(count) ?? count(stage.output)) == count(stage.output), stage)
        return LayerStage(
            product: product, linear: stage.booked, input: stage.inputs[0].value, addend: addend, site: stage.site,
            divisors: stage.site.flatMap { graph[$0].inputs.count > 1 ? graph[$0].inputs[1] : nil }, output: stage.output)
    }

    /// The windows of a convolution, whose axes behind the batch have plain lengths; nil for a linear layer.
    private func windows(_ id: NodeID) -> ImageWindows? {
        guard case .operation(.convolution(let convolution)) = graph[id].content else { return nil }
        func lengths(_ id: NodeID) -> [Int] { graph[id].shape.dimensions.dropFirst().map(\.size) }
        return convolution.windows(
            image: lengths(graph[id].inputs[0]), kernel: Array(lengths(graph[id].inputs[1])[..<2]), positions: Array(lengths(id)[..<2]))
    }

    /// The kernel of a layer, and what is added to its value. Kernels take an epilogue in one order: bias, then activation and residual in
    /// either order, then neurons.
    private func product(_ stage: Plan.Stage) throws(PlanError) -> (LayerStage.Product, addend: NodeID?) {
        var bias: [Float] = []
        var activation: Kernels.Unary?
        var (addend, target) = (NodeID?.none, LayerNeurons?.none)
        var activatesLast = false
        for part in stage.epilogue {
            switch part {
            case .bias(let node) where activation == nil && addend == nil && target == nil: bias = graph[node].constant!.values
            case .activation(let function) where activation == nil && target == nil:
                (activation, activatesLast) = (function.kernel!, addend != nil)
            case .residual(let node) where addend == nil && target == nil: addend = node
            case .neurons(let site): target = neurons[site]!.behindLayer!
            case .layout: break
            default: throw plan.error("a stage's epilogue is in an order that its kernel does not have", stage.nodes)
            }
        }
        let source = stage.inputs[0].reading == .values ? nil : neurons[stage.inputs[0].value]!.source
        let windows = windows(stage.booked)
        if let windows, case .operation(.convolution(let convolution)) = graph[stage.booked].content, convolution.groups > 1 {
            let weight = graph[graph[stage.booked].inputs[1]].constant!
            let kernel = GroupedKernel(
                weight.values, windows: windows, width: weight.shape[3], bias: bias, source: source, activation: activation,
                activatesLast: activatesLast, target: target)
            return (.grouped(kernel), addend)
        }
        guard let packed = executable.packedWeight(of: stage.booked) else {
            throw plan.error("a layer's weight is not constant", stage.nodes)
        }
        let weights = weights(of: stage.booked, packed, source)
        let kernel = LayerKernel(
            weights, windows: windows, bias: bias, source: source, activation: activation, activatesLast: activatesLast, target: target,
            eventDensity: EventDensity.of(executable.kernels).density(weights))
        return (.layer(kernel), addend)
    }

    /// A layer's weights: integers where there are some and its neurons' spikes are made for them.
    private func weights(of id: NodeID, _ packed: PackedMatrix, _ source: SpikeSource?) -> LayerKernel.Weights {
        let whole = source?.alphabet.wholeNumbers != nil ? integers[id].map { LayerKernel.Weights.integers($0) } : nil
        return whole ?? .floats(packed)
    }

    // MARK: Attention

    private func attention(_ stage: Plan.Stage, _ attention: Plan.Attention) throws(PlanError) -> AttentionStage {
        let (q, k, v) = (stage.inputs[0], stage.inputs[1], stage.inputs[2])
        var kernel = AttentionKernel(
            queries: attention.queries, keys: attention.keys, width: attention.width, valueWidth: attention.valueWidth,
            scale: attention.scale, neuron: attention.site.map { neurons[$0]!.fusedKernel! })
        kernel.headsPerToken = attention.headsPerToken
        if q.reading != .values {
            kernel.sources = AttentionSources(
                q: neurons[q.value]!.source, k: neurons[k.value]!.source, v: neurons[v.value]!.source)
        }
        // The kernels tell graded spikes by a mask, as all ladders have one.
        let sites = [attention.site].compactMap(\.self) + (kernel.sources == nil ? [] : [q.value, k.value, v.value])
        try require(sites.allSatisfy { neurons[$0]!.alphabet.gradedMask != nil }, stage)
        kernel.gradedMask = attention.site.flatMap { neurons[$0]!.alphabet.gradedMask } ?? 0
        let heads = attention.heads.perSample.count
        try require(
            count(q.value) == heads * kernel.queries * kernel.width && count(k.value) == heads * kernel.keys * kernel.width
                && count(v.value) == heads * kernel.keys * kernel.valueWidth
                && count(stage.output) == heads * kernel.queries * kernel.valueWidth
                && (attention.mask.map { graph[$0].shape.rank <= attention.heads.rank + 2 } ?? true), stage)
        return AttentionStage(
            kernel: kernel, q: q.value, k: k.value, v: v.value, heads: attention.heads, mask: attention.mask, site: attention.site,
            output: stage.output)
    }
}
