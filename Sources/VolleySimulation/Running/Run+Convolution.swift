internal import VolleyGraph
internal import VolleyTensors

extension Run {
    /// Bytes of windows and of their results that are held at once, as far as single images allow.
    private static let windowBudget = 1 << 22

    /// Windows are rows, and rows do not depend on each other: images go through all steps in small groups.
    mutating func run(_ stage: ConvolutionStage, _ firstStep: Int) {
        let (kernel, windows, repeats) = (stage.kernel, stage.windows, repeats(stage.output))
        let images = graph[stage.input].shape.resolved(batch: batch)[0]
        let bytesPerImage = mostSteps * windows.rowsPerImage * (kernel.inputs + 4 * kernel.outputs)
        let group = max(1, min(images, Self.windowBudget / max(1, bytesPerImage)))
        var value = workspace.floats.take(repeats * count(stage.output))
        var states = convolutionStates.removeValue(forKey: stage.output) ?? []
        var scratch = workspace.takeScratch(kernel.scratchCount(steps: repeats))
        var gathered = workspace.takeWindows(repeats * group * windows.rowsPerImage * kernel.inputs)
        var eventInputs: Int64 = 0
        for (index, first) in stride(from: 0, to: images, by: group).enumerated() {
            let range = first..<min(images, first + group)
            let rows = range.count * windows.rowsPerImage
            windows.gather(range, of: images, steps: repeats, from: codes[stage.input]!, into: &gathered)
            var outputs = LayerOutputs()
            outputs.value = workspace.floats.take(repeats * rows * kernel.outputs)
            if index == states.count { states.append(LayerState()) }
            if keepsState, states[index].sums.isEmpty { states[index].sums = workspace.takeZeros(rows * kernel.outputs) }
            _ = kernels.run(
                kernel, rows: rows, firstStep: firstStep, steps: repeats, codes: gathered, input: [], addend: nil,
                state: &states[index], outputs: &outputs, scratch: &scratch)
            windows.place(outputs.value, outputs: kernel.outputs, range, of: images, steps: repeats, into: &value)
            workspace.floats.give(outputs.value)
            eventInputs += outputs.eventInputs[0]
        }
        workspace.giveScratch(scratch)
        workspace.giveWindows(gathered)
        if keepsState { convolutionStates[stage.output] = states }
        values[stage.output] = value
        noteArrivals(stage.input, repeats, eventInputs: eventInputs)
    }
}
