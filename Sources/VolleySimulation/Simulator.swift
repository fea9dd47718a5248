public import VolleyGraph
public import VolleySpiking
public import VolleyTensors

/// Who runs a spiking network: what evaluations, benchmarks and runs ask of it, whatever machine it stands for.
///
/// It is made for one network and one number of time-steps. At every step its estimates are those of the equations (semantics 2 to 5.1) but
/// for rounding, its counts exactly those of the spikes that were sent, and neither depends on what ran before.
public protocol Simulator: Sendable {
    var network: SpikingNetwork { get }
    var timeSteps: Int { get }
    /// By site the neurons that run: the network's, with the values that they send here, where rounding changes them.
    var neurons: [String: NeuronLayer] { get }
    /// The ANN that the network was made from, value by value. It also says what inputs must be, and how samples can be parted.
    var ann: Evaluator { get }
    /// What a careful user wants to know of how the network runs here.
    var diagnostics: [Diagnostic] { get }
    /// How weights were rounded; nil where they are as trained.
    var rounding: WeightRounding? { get }

    /// Runs all time-steps on any number of samples, and hands on what sites send where that is asked for.
    /// - Throws: `SpikingError` where a membrane potential is not finite; what the receiver of spikes throws.
    func run(_ inputs: BoundInputs, tracing: SpikeTracing?) throws -> SimulationResult
    /// Runs one sample after the other, each step by step, until its estimates are enough. Its other time-steps are not run.
    /// - Parameter isEnough: asked after every time-step, on any thread, with the outputs' estimates of one sample by name, `[1, …]`.
    /// - Returns: what each sample gave, in their order. Samples that cannot be parted are one.
    /// - Throws: `SpikingError` where a membrane potential is not finite.
    func run(_ inputs: BoundInputs, until isEnough: @Sendable (_ step: Int, _ estimates: [String: Tensor]) -> Bool) throws -> [StoppedRun]
    /// Runs the ANN, with the weights as trained.
    /// - Returns: the outputs by name.
    func runANN(_ inputs: BoundInputs) throws -> [String: Tensor]
    /// Where the time of one thread goes, by stage, for the ANN and for the spiking network; empty where a simulator does not tell.
    func profile(_ inputs: BoundInputs) throws -> (ann: [Profile.Entry], snn: [Profile.Entry])
}

extension Simulator {
    public var neurons: [String: NeuronLayer] { Dictionary(uniqueKeysWithValues: network.neurons.map { ($0.key, $0.value) }) }
    public var diagnostics: [Diagnostic] { [] }
    public var rounding: WeightRounding? { nil }
    /// - Throws: nothing for inputs that were bound to this network.
    public func runANN(_ inputs: BoundInputs) throws -> [String: Tensor] { try ann.run(inputs) }
    /// - Throws: nothing, as it runs nothing.
    public func profile(_ inputs: BoundInputs) throws -> (ann: [Profile.Entry], snn: [Profile.Entry]) { ([], []) }

    /// How it takes the samples of a batch.
    public var batching: Batching { ann.executable.batching }

    /// Checks arrays named like the network's inputs.
    /// - Throws: `GraphError` for inputs that do not fit.
    public func bind(_ inputs: [String: Tensor]) throws -> BoundInputs { try ann.executable.bind(inputs) }

    /// Runs all time-steps on any number of samples.
    /// - Throws: `SpikingError` where a membrane potential is not finite.
    public func run(_ inputs: BoundInputs) throws -> SimulationResult { try run(inputs, tracing: nil) }

    /// Runs all time-steps on arrays named like the network's inputs.
    /// - Throws: `GraphError` for inputs that do not fit, `SpikingError` where a membrane potential is not finite.
    public func run(_ inputs: [String: Tensor]) throws -> SimulationResult { try run(bind(inputs)) }

    /// Runs the ANN on arrays named like the network's inputs.
    /// - Throws: `GraphError` for inputs that do not fit.
    public func runANN(_ inputs: [String: Tensor]) throws -> [String: Tensor] { try runANN(bind(inputs)) }

    /// Runs the ANN and the spiking network on a batch, for whoever takes their outputs for answers.
    /// - Throws: what ``annAnswers(_:)`` and ``spikingAnswers(_:tracing:)`` throw.
    public func answers(_ inputs: [String: Tensor]) throws -> (ann: [String: Tensor], spiking: SimulationResult) {
        (try annAnswers(inputs), try spikingAnswers(inputs))
    }

    /// Runs the ANN on a batch, for whoever takes its outputs for answers.
    /// - Throws: `GraphError` for inputs that do not fit; `NonFiniteOutput` that names the first output and sample with NaN or infinity,
    ///   and the node where it began.
    public func annAnswers(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        let inputs = try bind(inputs)
        let outputs = try runANN(inputs)
        do {
            try outputs.requireFinite(batching, samples: inputs.count)
        } catch var failure as NonFiniteOutput {
            var evaluator = ann
            evaluator.checksValues = true
            do { _ = try evaluator.run(inputs) } catch { failure.node = (error as? GraphError)?.node }
            throw failure
        }
        return outputs
    }

    /// Runs the spiking network on a batch, for whoever takes its outputs for answers.
    /// - Throws: `GraphError` for inputs that do not fit; `NonFiniteOutput` that names the first output, time-step and sample with NaN
    ///   or infinity; `SpikingError` where a membrane potential is not finite; what the receiver of spikes throws.
    public func spikingAnswers(_ inputs: [String: Tensor], tracing: SpikeTracing? = nil) throws -> SimulationResult {
        let inputs = try bind(inputs)
        let spiking = try run(inputs, tracing: tracing)
        try spiking.requireFinite(samples: inputs.count)
        return spiking
    }

    /// Runs the samples of a batch one by one until their estimates are enough, for whoever takes these for answers.
    /// - Throws: what ``spikingAnswers(_:tracing:)`` throws; `SpikingError` for a network whose samples cannot be run one by one.
    public func spikingAnswers(
        _ inputs: [String: Tensor], until isEnough: @Sendable (_ step: Int, _ estimates: [String: Tensor]) -> Bool
    ) throws -> [StoppedRun] {
        try requireSingleSamples()
        let runs = try run(bind(inputs), until: isEnough)
        for (sample, run) in runs.enumerated() {
            do {
                try run.result.requireFinite(samples: 1)
            } catch var failure as NonFiniteOutput {
                if failure.sample != nil { failure.sample = sample }
                throw failure
            }
        }
        return runs
    }

    /// - Throws: `SpikingError` where a run takes several samples, which would have to stop together.
    public func requireSingleSamples() throws {
        let reason: String? =
            switch batching.rule {
            case .separate, .fixed(1): nil
            case .fixed(let count): "its file fixes a batch of \(count)"
            case .together(let id): "the samples of a batch meet at node '\(ann.executable.graph[id].name)'"
            }
        guard let reason else { return }
        throw SpikingError(
            .badSettings, "each sample of this network cannot stop at a time-step of its own: \(reason); leave early exit out")
    }
}

extension ReferenceSimulator: Simulator {
    /// - Throws: `SpikingError` where a membrane potential is not finite.
    public func run(_ inputs: BoundInputs) throws -> SimulationResult { try run(inputs, tracing: nil) }
}
