internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

extension Run {
    mutating func fire(_ id: NodeID, _ neurons: SiteNeurons, _ firstStep: Int) throws {
        guard let neuron = neurons.kernel else {
            if let rule = neurons.rule, recordedTrain(id) == nil { return try fire(id, neurons, rule, firstStep) }
            return try stepByStep(id, neurons, firstStep)
        }
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
        try record(id, firstStep, bad, codes: neurons.codeCounts(outputs.counts, steps: steps))
        recordPositions(id, firstStep, outputs.codes, outputs.estimate)
        codes[id] = outputs.codes
        values[id] = outputs.estimate
    }

    /// What the neurons of a site send instead of what they would send; nil where they decide.
    private func recordedTrain(_ id: NodeID) -> Tensor? {
        inputs.train(graph[id].inputs[0]) ?? inputs.train(ofSite: graph[id].name)
    }

    /// Neurons that step by a rule.
    private mutating func fire(_ id: NodeID, _ neurons: SiteNeurons, _ rule: NeuronRule, _ firstStep: Int) throws {
        let count = count(id)
        let inputs = graph[id].inputs
        var state = ruleStates.removeValue(forKey: id) ?? RuleState(neurons: keepsState ? count : 0)
        var outputs = NeuronOutputs()
        if wantsCodes(id) { outputs.codes = workspace.codes.take(steps * count) }
        if wantsEstimates(id) { outputs.estimate = workspace.floats.take(steps * count) }
        outputs.counts = [Int64](repeating: 0, count: steps * neurons.alphabet.codes.count)
        let bad = kernels.run(
            rule, neurons.alphabet, count: count, firstStep: firstStep, steps: steps, input: values[schedule.roots[inputs[0]]],
            isStatic: !schedule.timeVarying[inputs[0]], divisors: inputs.count > 1 ? values[schedule.roots[inputs[1]]] : [],
            state: &state, outputs: &outputs)
        if keepsState { ruleStates[id] = state }
        try record(id, firstStep, bad, codes: neurons.codeCounts(outputs.counts, steps: steps))
        recordPositions(id, firstStep, outputs.codes, outputs.estimate)
        codes[id] = outputs.codes
        values[id] = outputs.estimate
    }

    /// Neurons with neither a kernel nor a rule.
    private mutating func stepByStep(_ id: NodeID, _ neurons: SiteNeurons, _ firstStep: Int) throws {
        let inputs = graph[id].inputs
        let scales = inputs.count > 1 ? values[schedule.roots[inputs[1]]] : []
        var state =
            steppedStates.removeValue(forKey: id) ?? SteppedNeurons(neurons, count: count(id), samples: batch, scales: scales)
        let recorded = try recordedTrain(id).map { train in
            try (firstStep..<firstStep + steps).map { try train.codes(at: $0, for: graph[id].name, of: neurons.alphabet) }
        }
        var sent = SteppedNeurons.Sent()
        if wantsCodes(id) { sent.codes = workspace.codes.take(steps * count(id)) }
        if wantsEstimates(id) { sent.estimates = workspace.floats.take(steps * count(id)) }
        state.run(
            firstStep: firstStep, steps: steps, input: values[schedule.roots[inputs[0]]], isStatic: !schedule.timeVarying[inputs[0]],
            keepsState: keepsState, recorded: recorded, into: &sent)
        if keepsState { steppedStates[id] = state }
        try record(id, firstStep, sent.broken, codes: sent.counts)
        recordPositions(id, firstStep, sent.codes, sent.estimates)
        codes[id] = sent.codes
        values[id] = sent.estimates
    }

    mutating func restingState(_ neuron: NeuronKernel, _ count: Int) -> NeuronState {
        var state = NeuronState()
        if keepsState || neuron.resetsToZero { state.sent = workspace.takeZeros(count) }
        if neuron.resetsToZero { state.baseline = workspace.takeZeros(count) }
        return state
    }

    mutating func forget(_ id: NodeID) {
        guard let state = neuronStates.removeValue(forKey: id) else { return }
        workspace.floats.give(state.sent)
        workspace.floats.give(state.baseline)
    }
}
