import Synchronization
import VolleyGraph
import VolleySimulation
import VolleySpiking
import VolleyTensors

/// Spike trains of all sites of a run, held in memory.
final class SpikeTrains: Sendable {
    private let layouts: [String: SpikeTrainLayout]
    private let trains: Mutex<[String: [Int8]]>

    init(of network: SpikingNetwork, _ inputs: BoundInputs, timeSteps: Int) throws {
        let sites = network.graph.nodes.filter(\.isNeuronSite).map(\.name)
        layouts = try SpikeTrainLayout.of(sites, in: network, inputs, timeSteps: timeSteps)
        // No family sends this code: what is left of it was not written.
        trains = Mutex(layouts.mapValues { [Int8](repeating: .min, count: $0.shape.count) })
    }

    /// By site, `[T, …]`.
    var codes: [String: [Int8]] { trains.withLock(\.self) }

    var tracing: SpikeTracing {
        SpikeTracing(sites: Set(layouts.keys)) { sent in
            self.layouts[sent.site]!.place(sent) { start, codes in
                self.trains.withLock { $0[sent.site]!.replaceSubrange(start..<start + codes.count, with: sent.codes[codes]) }
            }
        }
    }

    /// The same by what the equations' simulator lets see, where all samples are one run.
    static func sent(by network: SpikingNetwork, _ inputs: BoundInputs, timeSteps: Int) throws -> [String: [Int8]] {
        var sent: [String: [Int8]] = [:]
        _ = try ReferenceSimulator(network, timeSteps: timeSteps).run(inputs) { (_, node: NodeID, _, codes: [Int8]?) in
            if let codes { sent[network.graph[node].name, default: []] += codes }
        }
        return sent
    }
}
