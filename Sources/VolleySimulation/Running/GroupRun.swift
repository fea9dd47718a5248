internal import OrderedCollections
internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// A group of samples on its way through the time-steps.
struct GroupRun {
    var run: Run
    /// The time-steps behind it.
    private(set) var done = 0
    private let timeSteps: Int
    private let stepsAtOnce: Int

    /// Computes what stays the same at every step.
    /// - Parameter workspace: its memory goes to this run, until that is reclaimed.
    init(
        _ program: Program, _ schedule: Schedule, _ inputs: BoundInputs, timeSteps: Int, stepsAtOnce: Int, keepsState: Bool, counts: Bool,
        workspace: inout Workspace, profile: Profile?, tracing: SpikeTracing?
    ) throws {
        let counter =
            counts
            ? SynapseCounter(program.synapses, batch: inputs.batch, timeSteps: timeSteps, kernels: schedule.executable.kernels) : nil
        var memory = Workspace()
        swap(&memory, &workspace)
        run = Run(
            schedule, inputs, steps: stepsAtOnce, keepsState: keepsState, workspace: consume memory, counter: counter, profile: profile,
            tracing: tracing)
        (self.timeSteps, self.stepsAtOnce) = (timeSteps, stepsAtOnce)
        try run.computeStatics()
    }

    /// Runs the next part of the time-steps.
    /// - Returns: by output, the estimates of its steps, one behind the other.
    mutating func advance() throws -> [(String, [Float])] {
        let part = done + 1..<min(timeSteps, done + stepsAtOnce) + 1
        try run.computeSteps(part)
        done = part.upperBound - 1
        return run.graph.outputs.map { ($0.name, run.output($0.value)) }
    }

    /// The estimates of one step as tensors.
    func tensors(_ estimates: [(String, [Float])]) -> [String: Tensor] {
        Dictionary(
            uniqueKeysWithValues: zip(run.graph.outputs, estimates).map { output, estimate in
                (estimate.0, Tensor(run.graph[output.value].shape.resolved(batch: run.batch), estimate.1))
            })
    }

    /// What all time-steps so far gave.
    /// - Parameter outputs: the estimates of all of them.
    func finish(_ outputs: OrderedDictionary<String, [Float]>) -> SimulationResult {
        result(of: done, outputs, spikes: run.spikes, costs: Array((run.counter?.finish() ?? []).prefix(done)))
    }

    /// Runs the next time-step, where they are taken one by one.
    /// - Returns: what it gave.
    mutating func step() throws -> SimulationResult {
        let estimates = try advance()
        return result(
            of: 1, OrderedDictionary(uniqueKeysWithValues: estimates), spikes: run.spikes.mapValues { $0.suffix(1) },
            costs: run.counter.map { [$0.finish(step: done)] } ?? [])
    }

    private func result(
        of steps: Int, _ outputs: OrderedDictionary<String, [Float]>, spikes: OrderedDictionary<String, [[Int64]]>,
        costs: [OperationCounts]
    ) -> SimulationResult {
        var result = SimulationResult(
            outputs: [:], batchAxes: run.schedule.plan.batching.outputs, spikes: spikes, steps: costs)
        for output in run.graph.outputs {
            let shape = run.graph[output.value].shape.resolved(batch: run.batch)
            result.outputs[output.name] = Tensor(Shape([steps] + shape.dimensions), outputs[output.name]!)
        }
        return result
    }
}
