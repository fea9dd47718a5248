internal import VolleyGraph
internal import VolleyTensors

/// Where a session's time goes, by stage.
public final class Profile {
    /// One stage, named by the node whose value it makes or, for a layer, by its linear node or convolution.
    public struct Entry: Sendable, Hashable, Codable {
        public var name: String
        /// linear, convolution, attention, neuron, or the operator's name.
        public var kind: String
        public var seconds = 0.0
        /// Multiply-accumulates that a dense product would have cost, over all samples and time-steps.
        public var multiplyAccumulates = 0
        /// What it read and wrote, each value, spike and weight once: less does not pass through memory.
        public var bytes = 0
        /// Inputs and spikes that arrived, over all samples and time-steps, where spikes arrive.
        public var inputs = 0
        public var spikes: Int64 = 0
        /// Spikes whose columns of weights were added one by one; in a convolution, once for every window.
        public var eventInputs: Int64 = 0
    }

    private var entries: [String: Entry] = [:]
    private var order: [String] = []
    private var arrived = (inputs: 0, spikes: Int64(0), events: Int64(0))

    public init() {}

    /// In the order of first execution.
    public var stages: [Entry] { order.map { entries[$0]! } }

    func start() -> ContinuousClock.Instant { .now }

    /// Notes what arrived at the stage that runs.
    func add(inputs: Int, spikes: Int64, eventInputs: Int64) {
        arrived = (arrived.inputs + inputs, arrived.spikes + spikes, arrived.events + eventInputs)
    }

    func stop(_ start: ContinuousClock.Instant, name: String, kind: String, multiplyAccumulates: Int, bytes: Int) {
        let elapsed = ContinuousClock.now - start
        if entries[name] == nil {
            entries[name] = Entry(name: name, kind: kind)
            order.append(name)
        }
        entries[name]!.seconds += elapsed / .seconds(1)
        entries[name]!.multiplyAccumulates += multiplyAccumulates
        entries[name]!.bytes += bytes
        entries[name]!.inputs += arrived.inputs
        entries[name]!.spikes += arrived.spikes
        entries[name]!.eventInputs += arrived.events
        arrived = (0, 0, 0)
    }
}
