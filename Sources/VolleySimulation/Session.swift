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
    /// What ``begin(_:tracing:)`` began, and the time-steps done.
    private var begun: [GroupRun] = []
    private var stepsDone = 0
    /// Where time is booked, if anywhere.
    public var profile: Profile?

    public init(_ program: Program, order: Order = .layerSequential) {
        self.program = program
        self.order = order
    }

    /// Runs all time-steps on arrays named like the network's inputs.
    /// - Throws: `GraphError` for inputs that do not fit, `SpikingError` where a membrane potential is not finite.
    public mutating func run(_ inputs: [String: Tensor]) throws -> SimulationResult { try run(program.executable.bind(inputs)) }

    /// Runs all time-steps on inputs that were checked, and hands on what sites send where that is asked for.
    /// - Throws: `SpikingError` where a membrane potential is not finite; what the receiver of spikes throws.
    public mutating func run(_ inputs: BoundInputs, tracing: SpikeTracing? = nil) throws -> SimulationResult {
        try program.network.checkTrains(inputs)
        let steps = order == .layerSequential && program.foldsTime ? min(program.timeSteps, stepsAtOnce) : 1
        return try runGroups(
            inputs, program.spiking, timeSteps: program.timeSteps, stepsAtOnce: steps, counts: true, tracing: tracing)
    }

    /// Begins a run that ``step()`` takes on by one time-step at a time, for streams and early answers; a run that was begun before ends.
    /// - Parameters:
    ///   - inputs: arrays named like the network's inputs.
    ///   - tracing: who is handed what sites send.
    /// - Throws: `GraphError` for inputs that do not fit, `SpikingError` for recorded spikes that no neurons would send.
    public mutating func begin(_ inputs: [String: Tensor], tracing: SpikeTracing? = nil) throws {
        try begin(program.executable.bind(inputs), tracing: tracing)
    }

    /// The same on inputs that were checked.
    /// - Throws: `SpikingError` for recorded spikes that no neurons would send.
    public mutating func begin(_ inputs: BoundInputs, tracing: SpikeTracing? = nil) throws {
        try program.network.checkTrains(inputs)
        begun = []
        stepsDone = 0
        begun = try groups(inputs, program.spiking, stepsAtOnce: 1).map { range in
            var memory = Workspace()
            return try GroupRun(
                program, program.spiking, inputs.samples(range), timeSteps: program.timeSteps, stepsAtOnce: 1, keepsState: true, counts: true,
                workspace: &memory, profile: profile, tracing: tracing?.behind(range.lowerBound))
        }
    }

    /// Runs the next time-step of the run that was begun.
    /// - Returns: what this step gave, the same bits as in ``run(_:tracing:)``: estimates `[1, …]`, spikes and costs of this step alone; nil
    ///   behind the program's last time-step, or where no run was begun.
    /// - Throws: `SpikingError` where a membrane potential is not finite, what the receiver of spikes throws; either ends the run.
    public mutating func step() throws -> SimulationResult? {
        guard !begun.isEmpty, stepsDone < program.timeSteps else { return nil }
        // What fails is not gone on with.
        var groups: [GroupRun] = []
        swap(&groups, &begun)
        var parts: [SimulationResult] = []
        for group in groups.indices { parts.append(try groups[group].step()) }
        stepsDone += 1
        begun = groups
        return SimulationResult(joining: parts)
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
                inputs.samples(sample), program.spiking, timeSteps: program.timeSteps, stepsAtOnce: 1, counts: true, tracing: nil
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
        let result = try runGroups(inputs, program.analog, timeSteps: 1, stepsAtOnce: 1, counts: false, tracing: nil)
        return Dictionary(
            uniqueKeysWithValues: result.outputs.map { name, tensor in
                (name, tensor.reshaped(to: Shape(Array(tensor.shape.dimensions.dropFirst()))))
            })
    }

    private func groups(_ inputs: BoundInputs, _ schedule: Schedule, stepsAtOnce: Int) -> [Range<Int>] {
        let size = Self.groupBudget / max(1, schedule.plan.largestValue * stepsAtOnce)
        return schedule.plan.batching.runs(of: inputs.count, size: size)
    }

    private mutating func runGroups(
        _ inputs: BoundInputs, _ schedule: Schedule, timeSteps: Int, stepsAtOnce: Int, counts: Bool, tracing: SpikeTracing?
    ) throws -> SimulationResult {
        var parts: [SimulationResult] = []
        for range in groups(inputs, schedule, stepsAtOnce: stepsAtOnce) {
            parts.append(
                try runGroup(
                    inputs.samples(range), schedule, timeSteps: timeSteps, stepsAtOnce: stepsAtOnce, counts: counts,
                    tracing: tracing?.behind(range.lowerBound)))
        }
        return SimulationResult(joining: parts)
    }

    /// - Parameter isEnough: asked after every part of the time-steps whether the others are left out, with the part's last step and, where
    ///   a part is one step, what gives its estimates.
    private mutating func runGroup(
        _ inputs: BoundInputs, _ schedule: Schedule, timeSteps: Int, stepsAtOnce: Int, counts: Bool, tracing: SpikeTracing?,
        until isEnough: (_ step: Int, _ estimates: () -> [String: Tensor]) -> Bool = { _, _ in false }
    ) throws -> SimulationResult {
        var group = try GroupRun(
            program, schedule, inputs, timeSteps: timeSteps, stepsAtOnce: stepsAtOnce, keepsState: stepsAtOnce < timeSteps, counts: counts,
            workspace: &workspace, profile: profile, tracing: tracing)
        var outputs: OrderedDictionary<String, [Float]> = [:]
        while group.done < timeSteps {
            let estimates = try group.advance()
            for (name, values) in estimates { outputs[name, default: []] += values }
            if isEnough(group.done, { group.tensors(estimates) }) { break }
        }
        let result = group.finish(outputs)
        workspace = group.run.reclaim()
        return result
    }
}
