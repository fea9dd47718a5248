internal import VolleyGraph
internal import VolleyTensors

extension Run {
    mutating func run(_ layer: LayerStage, _ firstStep: Int) throws {
        let product = layer.product
        let repeats = repeats(layer.output)
        let rows = count(layer.linear) / max(1, product.outputs)
        let size = repeats * rows * product.outputs
        var outputs = LayerOutputs()
        if let site = layer.site {
            if wantsCodes(site) { outputs.codes = workspace.codes.take(size) }
            if wantsEstimates(site) { outputs.estimate = workspace.floats.take(size) }
            outputs.counts = [Int64](repeating: 0, count: repeats * product.target!.countsPerStep)
        } else {
            outputs.value = workspace.floats.take(size)
        }
        var state = layerStates.removeValue(forKey: layer.output) ?? LayerState()
        if keepsState, product.source != nil, state.sums.isEmpty { state.sums = workspace.takeZeros(rows * product.outputs) }
        if keepsState { rest(product.target, &state, rows * product.outputs) }
        let input = schedule.roots[layer.input]
        let addend = layer.addend.map { values[schedule.roots[$0]] }
        let divisors = layer.divisors.map { values[schedule.roots[$0]] } ?? []
        var scratch = workspace.takeScratch(product.scratchCount(steps: repeats))
        let spikes = product.source == nil ? [] : codes[input]!
        let floats = product.source == nil ? values[input] : []
        let bad =
            switch product {
            case .layer(let kernel):
                kernels.run(
                    kernel, rows: rows, firstStep: firstStep, steps: repeats, codes: spikes, input: floats, addend: addend,
                    divisors: divisors, state: &state, outputs: &outputs, scratch: &scratch)
            case .grouped(let kernel):
                kernels.run(
                    kernel, rows: rows, firstStep: firstStep, steps: repeats, codes: spikes, input: floats, addend: addend,
                    divisors: divisors, state: &state, outputs: &outputs, scratch: &scratch)
            }
        workspace.giveScratch(scratch)
        if keepsState { layerStates[layer.output] = state }
        if let site = layer.site {
            try record(site, firstStep, bad, codes: schedule.neurons[site]!.codeCounts(outputs.counts, steps: repeats))
            recordPositions(site, firstStep, outputs.codes, outputs.estimate)
            try trace(site, firstStep, outputs.codes, keepsLayout: keepsLayout(layer))
            codes[site] = outputs.codes
            values[site] = outputs.estimate
        } else {
            values[layer.output] = outputs.value
        }
        if product.source != nil { noteArrivals(layer.input, repeats, eventInputs: outputs.eventInputs[0]) }
    }

    /// Room for the state of neurons at the end of a pass, before their first step.
    private mutating func rest(_ neurons: LayerNeurons?, _ state: inout LayerState, _ count: Int) {
        switch neurons {
        case .ladder where state.sent.isEmpty: state.sent = workspace.takeZeros(count)
        case .rule where state.rule.isEmpty: state.rule = RuleState(neurons: count)
        default: break
        }
    }
}
