/// Runs the samples of named arrays one by one, each until the softmax margin of its answer is reached.
public struct EarlyExitRun: Sendable {
    /// Where a sample stopped, and with what answer.
    public struct Stop: Sendable, Hashable {
        /// The time-step, counted from 1; the last one also where the margin is never reached.
        public var step: Int
        /// The class with the largest estimate, counted from 0.
        public var answer: Int
        /// The softmax margin there.
        public var margin: Double
    }

    /// In the order of the samples.
    public var stops: [Stop]
    /// `NAME [N, …]`: the estimates of each output where the samples stopped; `NAME.ann [N, …]`: the ANN's output, unless it was left out;
    /// `exit/step [N]`: the time-steps; `spikes/SITE [T, codes]`: of the samples that had not stopped before.
    public var arrays: [(String, NpyContent)]
    /// What a careful user wants to know of how the network ran.
    public var diagnostics: [Diagnostic]

    /// - Parameter margin: above 0 and up to 1.
    /// - Throws: `SpikingError` where not exactly one output holds classes, samples cannot be run one by one or there are none, and for a
    ///   margin outside its range; errors of inputs that do not fit; `NonFiniteOutput` where an output is NaN or infinite.
    public init(_ simulator: any Simulator, inputs: [String: Tensor], margin: Double, comparesWithANN: Bool = true) throws {
        guard margin > 0, margin <= 1 else {
            throw SpikingError(.badSettings, "the margin for early exit lies above 0 and up to 1; found \(margin)")
        }
        let graph = simulator.network.graph
        let classifiers = ClassifierOutput.fitting(graph)
        guard classifiers.count == 1 else {
            let listed = graph.outputs.map { "\($0.name) \(graph[$0.value].shape)" }.joined(separator: ", ")
            throw SpikingError(
                .badSettings,
                "early exit needs exactly one output [N, classes] with 2 classes at least, and this network has \(classifiers.count): "
                    + "\(listed); leave early exit out")
        }
        let classes = classifiers[0].name
        let ann = try comparesWithANN ? simulator.annAnswers(inputs) : [:]
        let runs = try simulator.spikingAnswers(inputs) { _, estimates in
            SoftmaxMargin.margin(of: estimates[classes]!.values) >= margin
        }
        let last = runs.map { run in
            Dictionary(uniqueKeysWithValues: run.result.outputs.map { ($0.key, Self.lastStep(of: $0.value)) })
        }
        stops = zip(runs, last).map { run, estimates in
            let logits = estimates[classes]!
            return Stop(step: run.timeSteps, answer: logits.argmaxOfRows()[0], margin: SoftmaxMargin.margin(of: logits.values))
        }
        arrays = [("exit/step", .int64([runs.count], runs.map(\.timeSteps)))]
        diagnostics = simulator.diagnostics
        let estimates = simulator.batching.joining(outputs: last)
        for output in graph.outputs {
            arrays.append((output.name, .float32(estimates[output.name]!)))
            if let ann = ann[output.name] { arrays.append((output.name + ".ann", .float32(ann))) }
        }
        for (site, levels) in runs[0].result.spikes {
            let codes = levels[0].count
            var sums = [Int](repeating: 0, count: simulator.timeSteps * codes)
            for run in runs {
                for (index, count) in run.result.spikes[site]!.joined().enumerated() { sums[index] += Int(count) }
            }
            arrays.append(("spikes/" + site, .int64([simulator.timeSteps, codes], sums)))
        }
    }

    /// - Parameter estimates: `[steps, …]`.
    private static func lastStep(of estimates: Tensor) -> Tensor {
        let shape = Shape(Array(estimates.shape.dimensions.dropFirst()))
        return Tensor(shape, Array(estimates.values.suffix(shape.count)))
    }
}
