internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// A pool of spikes in estimate form: what arrives is `x(t) = τ(t)·φ(t) − τ(t−1)·φ(t−1)`, and the estimate of what it passes on is the sum of
/// that divided by τ(t).
struct SteppedPool: Sendable {
    private let timing: Timing
    private var pool: SpikePool
    /// `τ(t−1)·φ(t−1)` of the input, and the sum of what was passed on.
    private var received: [Float]
    private var passed: [Float]

    init(_ pooling: Pooling, input: Shape, output: Shape, timing: Timing) {
        self.timing = timing
        pool = SpikePool(pooling, input: input, output: output)
        received = [Float](repeating: 0, count: input.count)
        passed = [Float](repeating: 0, count: output.count)
    }

    /// - Parameter input: `[steps, …]`.
    mutating func run(firstStep: Int, steps: Int, input: [Float], into output: inout [Float]) {
        var arriving = received
        for step in 0..<steps {
            let weight = timing.weight(of: firstStep + step)
            if timing.restarts(at: firstStep + step) {
                pool.reset()
                for index in received.indices { received[index] = 0 }
                for index in passed.indices { passed[index] = 0 }
            }
            for index in received.indices {
                let total = weight * input[step * received.count + index]
                arriving[index] = total - received[index]
                received[index] = total
            }
            for (index, value) in pool.step(arriving).enumerated() {
                passed[index] += value
                output[step * passed.count + index] = passed[index] / weight
            }
        }
    }
}

extension Run {
    /// A maximum of what arrives at each time-step.
    mutating func pool(_ id: NodeID, _ pooling: Pooling, _ firstStep: Int) {
        let input = graph[id].inputs[0]
        var state =
            pools.removeValue(forKey: id)
            ?? SteppedPool(
                pooling, input: graph[input].shape.resolved(batch: batch), output: graph[id].shape.resolved(batch: batch),
                timing: schedule.timing)
        var output = workspace.floats.take(steps * count(id))
        state.run(firstStep: firstStep, steps: steps, input: values[schedule.roots[input]], into: &output)
        if keepsState { pools[id] = state }
        values[id] = output
    }
}
