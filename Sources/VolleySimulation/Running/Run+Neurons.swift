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
        var outputs = room(id, counted: 2 * neuron.levels)
        let bad = kernels.run(
            neuron, count: count, firstStep: firstStep, steps: steps, input: values[schedule.roots[input]], state: &state,
            outputs: &outputs)
        neuronStates[id] = state
        if !keepsState { forget(id) }
        try handOn(outputs, of: id, neurons, firstStep, bad)
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
        var outputs = room(id, counted: neurons.alphabet.codes.count)
        let bad = kernels.run(
            rule, neurons.alphabet, count: count, firstStep: firstStep, steps: steps, input: values[schedule.roots[inputs[0]]],
            isStatic: !schedule.timeVarying[inputs[0]], divisors: inputs.count > 1 ? values[schedule.roots[inputs[1]]] : [],
            state: &state, outputs: &outputs)
        if keepsState { ruleStates[id] = state }
        try handOn(outputs, of: id, neurons, firstStep, bad)
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
        var sent = room(id, counted: neurons.alphabet.codes.count)
        let bad = state.run(
            firstStep: firstStep, steps: steps, input: values[schedule.roots[inputs[0]]], isStatic: !schedule.timeVarying[inputs[0]],
            keepsState: keepsState, recorded: recorded, into: &sent)
        if keepsState { steppedStates[id] = state }
        try handOn(sent, of: id, neurons, firstStep, bad)
    }

    /// Room for what a site hands on, and for so many counts a step.
    private mutating func room(_ id: NodeID, counted: Int) -> NeuronOutputs {
        var outputs = NeuronOutputs()
        if wantsCodes(id) { outputs.codes = workspace.codes.take(steps * count(id)) }
        if wantsEstimates(id) { outputs.estimate = workspace.floats.take(steps * count(id)) }
        outputs.counts = [Int64](repeating: 0, count: steps * counted)
        return outputs
    }

    /// Records what a site sent and hands it on.
    private mutating func handOn(
        _ outputs: NeuronOutputs, of id: NodeID, _ neurons: SiteNeurons, _ firstStep: Int, _ bad: Int
    ) throws {
        try record(id, firstStep, bad, codes: neurons.codeCounts(outputs.counts, steps: steps))
        recordPositions(id, firstStep, outputs.codes, outputs.estimate)
        try trace(id, firstStep, outputs.codes)
        codes[id] = outputs.codes
        values[id] = outputs.estimate
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
