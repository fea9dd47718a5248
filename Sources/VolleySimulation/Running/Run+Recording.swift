internal import OrderedCollections
internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

extension Run {
    func book(_ stage: LoweredStage, since watch: ContinuousClock.Instant) {
        profile?.stop(
            watch, name: graph[stage.plan.booked].name, kind: stage.kind(in: graph),
            multiplyAccumulates: stage.plan.multiplyAccumulates * batch * repeats(stage.plan.output), bytes: bytes(stage))
    }

    /// What a stage reads and writes once each: spikes of one byte, floats of four, and weights as they are held.
    private func bytes(_ stage: LoweredStage) -> Int {
        let (plan, float) = (stage.plan, MemoryLayout<Float>.size)
        let read = plan.inputs.reduce(0) { sum, input in
            sum + repeats(input.value) * count(input.value) * (input.reading == .values ? float : 1)
        }
        let site = plan.site ?? (plan.pass == .neurons ? plan.output : nil)
        let written = site.map { (wantsCodes($0) ? 1 : 0) + (wantsEstimates($0) ? float : 0) } ?? float
        var weights = 0
        if case .layer(let layer) = stage.kernel {
            for case let constant? in graph[layer.linear].inputs.map({ graph[$0].constant }) {
                weights += constant.count * (constant.shape.rank > 1 ? layer.product.bytesPerWeight : float)
            }
        }
        return read + repeats(plan.output) * count(plan.output) * written + weights
    }

    func wantsCodes(_ id: NodeID) -> Bool { schedule.readsCodes[id] || countsPositions(of: id) || isTraced(id) }

    func wantsEstimates(_ id: NodeID) -> Bool { schedule.readsEstimates[id] || countsPositions(of: id) && counter!.needsEstimates(of: id) }

    func countsPositions(of id: NodeID) -> Bool {
        !schedule.isCountedByAttention[id] && counter?.needsPositions(of: id) == true
    }

    /// Keeps what a site sent, per step and code.
    mutating func record(_ id: NodeID, _ firstStep: Int, _ bad: Int, codes counts: [[Int64]]) throws {
        let site = graph[id].name
        guard bad == 0 else {
            throw SpikingError.notFinite(
                site: site, bad, of: steps * count(id), steps: firstStep...firstStep + steps - 1, reason: schedule.neurons[id]!.layer.brokenReason)
        }
        for (step, counts) in counts.enumerated() {
            spikes[site, default: []].append(counts)
            let alphabet = schedule.neurons[id]!.alphabet
            counter?.record(
                site: id, step: firstStep + step, spikes: alphabet.spikeCount(counts), graded: alphabet.gradedCount(counts))
        }
    }

    mutating func recordPositions(_ id: NodeID, _ firstStep: Int, _ codes: [Int8], _ estimate: [Float]) {
        guard countsPositions(of: id) else { return }
        let shape = graph[id].shape.resolved(batch: batch)
        let counts = Array(spikes[graph[id].name]!.suffix(steps))
        for step in 0..<steps {
            counter?.recordPositions(
                site: id, step: firstStep + step, shape: shape, emitted: codes, sent: estimate, offset: step * shape.count,
                alphabet: schedule.neurons[id]!.alphabet, counts: counts[step])
        }
    }

    /// Notes in the profile what a site sent to the stage that runs.
    func noteArrivals(_ site: NodeID, _ repeats: Int, eventInputs: Int64) {
        guard let profile else { return }
        let arrived = spikes[graph[site].name]!.suffix(repeats)
        profile.add(
            inputs: repeats * count(site), spikes: arrived.reduce(0) { $0 + $1.reduce(0, +) }, eventInputs: eventInputs)
    }
}
