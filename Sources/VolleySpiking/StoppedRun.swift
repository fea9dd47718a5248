/// What a run gives that was ended as soon as its estimates were enough.
public struct StoppedRun: Sendable {
    /// Of as many time-steps as were run, T at most: the same as the first ones of a whole run, bit for bit.
    public var result: SimulationResult
    /// By time-step, how long the run took up to its end, in seconds.
    public var seconds: [Double]

    /// How many time-steps were run.
    public var timeSteps: Int { seconds.count }

    public init(result: SimulationResult, seconds: [Double]) {
        self.result = result
        self.seconds = seconds
    }
}
