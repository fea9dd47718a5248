internal import VolleyGraph
internal import VolleyTensors

extension Run {
    mutating func run(_ layer: LayerStage, _ firstStep: Int) throws {
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
            try record(site, firstStep, bad, codes: schedule.neurons[site]!.codeCounts(outputs.counts, steps: repeats))
            recordPositions(site, firstStep, outputs.codes, outputs.estimate)
            codes[site] = outputs.codes
            values[site] = outputs.estimate
        } else {
            values[layer.output] = outputs.value
        }
        if kernel.source != nil { noteArrivals(layer.input, repeats, eventInputs: outputs.eventInputs[0]) }
    }
}
