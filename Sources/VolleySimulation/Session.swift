internal import OrderedCollections
public import VolleyGraph
public import VolleySpiking
public import VolleyTensors

/// The moving state of a simulation, in estimate form (semantics 5): at step t the network is the ANN applied to the
/// estimates that its neurons have sent so far. One per worker; nothing but memory survives from one run to the next.
public struct Session: ~Copyable {
    /// There is no feedback between layers, so both orders give the same bits.
    public enum Order: String, Sendable, CaseIterable {
        /// All layers run one time-step after the other: for streams and early answers. Memory does not grow with T.
        case stepSequential = "step-sequential"
        /// Each layer runs up to 16 time-steps, fewer of large images, before the next, a group of samples at a time: for batches. Membrane
        /// potentials live in registers while their layer runs, and are kept only from one part to the next.
        case layerSequential = "layer-sequential"
    }

    /// Elements that the largest value of a group of samples may have over all its time-steps.
    private static let groupBudget = 1 << 21
    /// Time-steps that a layer runs at once, so that memory is bounded whatever their number.
    private static let mostSteps = 16
    private static let fewestSteps = 4

    private let program: Program
    private let order: Order
    private var workspace = Workspace()
    /// Where time is booked, if anywhere.
    public var profile: Profile?

    public init(_ program: Program, order: Order = .layerSequential) {
        self.program = program
        self.order = order
    }

    /// Runs all time-steps on arrays named like the network's inputs.
    /// - Throws: `GraphError` for inputs that do not fit, `SpikingError` where a membrane potential is not finite.
    public mutating func run(_ inputs: [String: Tensor]) throws -> SimulationResult { try run(program.executable.bind(inputs)) }

    /// Runs all time-steps on inputs that were checked.
    /// - Throws: `SpikingError` where a membrane potential is not finite.
    public mutating func run(_ inputs: BoundInputs) throws -> SimulationResult {
        try program.network.checkTrains(inputs)
        let steps = order == .layerSequential && program.foldsTime ? min(program.timeSteps, stepsAtOnce) : 1
        return try runGroups(inputs, program.spiking, timeSteps: program.timeSteps, stepsAtOnce: steps, counts: true)
    }

    /// Runs one sample after the other, each step by step, until its estimates are enough. Its other time-steps are not run.
    /// - Parameter isEnough: asked after every time-step, with the outputs' estimates of one sample by name, `[1, …]`.
    /// - Returns: what each sample gave. Samples that cannot be parted are one.
    /// - Throws: `SpikingError` where a membrane potential is not finite.
    public mutating func run(
        _ inputs: BoundInputs, until isEnough: (_ step: Int, _ estimates: [String: Tensor]) -> Bool
    ) throws -> [StoppedRun] {
        try program.network.checkTrains(inputs)
        var runs: [StoppedRun] = []
        for sample in program.spiking.plan.batching.runs(of: inputs.count, size: 1) {
            let (clock, began) = (ContinuousClock(), ContinuousClock.now)
            var seconds: [Double] = []
            let result = try runGroup(
                inputs.samples(sample), program.spiking, timeSteps: program.timeSteps, stepsAtOnce: 1, counts: true
            ) { step, estimates in
                seconds.append((clock.now - began) / .seconds(1))
                return isEnough(step, estimates())
            }
            runs.append(StoppedRun(result: result, seconds: seconds))
        }
        return runs
    }

    /// As many time-steps as the budget holds of the largest value of one sample, so that memory does not grow with T for large images
    /// either; but no fewer than a layer needs to pay for loading and storing its state.
    private var stepsAtOnce: Int {
        min(Self.mostSteps, max(Self.fewestSteps, Self.groupBudget / program.spiking.plan.largestValue))
    }

    /// Runs the ANN that the network was made from.
    /// - Returns: the outputs by name.
    /// - Throws: `GraphError` for inputs that do not fit.
    public mutating func runANN(_ inputs: [String: Tensor]) throws -> [String: Tensor] { try runANN(program.executable.bind(inputs)) }

    /// The same on inputs that were checked.
    /// - Throws: nothing for inputs that were bound to this network.
    public mutating func runANN(_ inputs: BoundInputs) throws -> [String: Tensor] {
        let result = try runGroups(inputs, program.analog, timeSteps: 1, stepsAtOnce: 1, counts: false)
        return Dictionary(
            uniqueKeysWithValues: result.outputs.map { name, tensor in
                (name, tensor.reshaped(to: Shape(Array(tensor.shape.dimensions.dropFirst()))))
            })
    }

    private mutating func runGroups(
        _ inputs: BoundInputs, _ schedule: Schedule, timeSteps: Int, stepsAtOnce: Int, counts: Bool
    ) throws -> SimulationResult {
        let size = Self.groupBudget / max(1, schedule.plan.largestValue * stepsAtOnce)
        var parts: [SimulationResult] = []
        for range in schedule.plan.batching.runs(of: inputs.count, size: size) {
            parts.append(
                try runGroup(inputs.samples(range), schedule, timeSteps: timeSteps, stepsAtOnce: stepsAtOnce, counts: counts))
        }
        return SimulationResult(joining: parts)
    }

    /// - Parameter isEnough: asked after every part of the time-steps whether the others are left out, with the part's last step and what
    ///   gives the estimates of its steps.
    private mutating func runGroup(
        _ inputs: BoundInputs, _ schedule: Schedule, timeSteps: Int, stepsAtOnce: Int, counts: Bool,
        until isEnough: (_ step: Int, _ estimates: () -> [String: Tensor]) -> Bool = { _, _ in false }
    ) throws -> SimulationResult {
        let batch = inputs.batch
        let counter =
            counts
            ? SynapseCounter(program.synapses, batch: batch, timeSteps: timeSteps, kernels: schedule.executable.kernels) : nil
        var run = Run(
            schedule, inputs, steps: stepsAtOnce, keepsState: stepsAtOnce < timeSteps, workspace: workspace,
            counter: counter, profile: profile)
        workspace = Workspace()
        var outputs: OrderedDictionary<String, [Float]> = [:]
        try run.computeStatics()
        var done = 0
        while done < timeSteps {
            let part = done + 1...min(timeSteps, done + stepsAtOnce)
            try run.computeSteps(part.lowerBound..<part.upperBound + 1)
            let estimates = schedule.graph.outputs.map { ($0.name, run.output($0.value)) }
            for (name, values) in estimates { outputs[name, default: []] += values }
            done = part.upperBound
            let enough = isEnough(done) {
                Dictionary(
                    uniqueKeysWithValues: zip(schedule.graph.outputs, estimates).map { output, estimate in
                        let shape = schedule.graph[output.value].shape.resolved(batch: part.count * batch)
                        return (estimate.0, Tensor(shape, estimate.1))
                    })
            }
            if enough { break }
        }
        var result = SimulationResult(
            outputs: [:], batchAxes: schedule.plan.batching.outputs, spikes: run.spikes,
            steps: Array((run.counter?.finish() ?? []).prefix(done)))
        for output in schedule.graph.outputs {
            let shape = schedule.graph[output.value].shape.resolved(batch: batch)
            result.outputs[output.name] = Tensor(Shape([done] + shape.dimensions), outputs[output.name]!)
        }
        workspace = run.reclaim()
        return result
    }
}
