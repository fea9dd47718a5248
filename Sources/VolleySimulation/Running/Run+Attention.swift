internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

extension Run {
    mutating func run(_ attention: AttentionStage, _ firstStep: Int) throws {
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
            if isTraced(site) { outputs.codes = workspace.codes.take(repeats * heads * kernel.queries * kernel.keys) }
            if keepsState {
                outputs.sent = attentionStates.removeValue(forKey: site) ?? workspace.takeZeros(heads * kernel.queries * kernel.keys)
            }
            if counter != nil {
                outputs.emittedKeys = [Int64](repeating: 0, count: heads * repeats * kernel.keys)
                outputs.sentKeys = outputs.emittedKeys
                if kernel.gradedMask != 0 { outputs.gradedKeys = outputs.emittedKeys }
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
                if kernel.readsGraded { outputs.gradedInputs = outputs.emittedInputs }
            }
        }
        var scratch = workspace.takeScratch(kernel.scratchCount(steps: repeats))
        let bad = kernels.run(
            kernel, heads: heads, firstStep: firstStep, steps: repeats, inputs: inputs, outputs: &outputs, scratch: &scratch)
        workspace.giveScratch(scratch)
        if let site = attention.site {
            try record(site, firstStep, bad, codes: schedule.neurons[site]!.codeCounts(outputs.counts, steps: repeats))
            counter?.recordMeetings(
                site: site, steps: repeats, heads: heads, positions: kernel.keys, emitted: outputs.emittedKeys,
                sent: outputs.sentKeys, graded: outputs.gradedKeys)
            try trace(site, firstStep, outputs.codes)
            workspace.codes.give(outputs.codes)
            if keepsState { attentionStates[site] = outputs.sent }
        }
        if kernel.sources != nil {
            recordMeetings(attention, heads, repeats, outputs)
            if keepsState { attentionStates[attention.output] = outputs.sourcesSent }
        }
        values[schedule.roots[attention.output]] = outputs.context
    }

    /// Where the spikes of q, k and v meet others.
    mutating func recordMeetings(_ attention: AttentionStage, _ heads: Int, _ steps: Int, _ outputs: AttentionOutputs) {
        let kernel = attention.kernel
        let (emitted, sent) = (outputs.emittedInputs.map(Int64.init), outputs.sentInputs.map(Int64.init))
        let graded = outputs.gradedInputs.map(Int64.init)
        var first = 0
        for (site, positions) in [(attention.q, kernel.width), (attention.k, kernel.width), (attention.v, kernel.keys)] {
            counter?.recordMeetings(
                site: site, steps: steps, heads: heads, positions: positions, emitted: emitted, sent: sent, graded: graded, first: first,
                perHead: steps * kernel.meetingsPerHead)
            first += steps * positions
        }
    }

    /// Where the part of a broadcast mask for each head begins.
    func add(_ mask: NodeID, to inputs: inout AttentionInputs, _ attention: AttentionStage, heads: Int) {
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
