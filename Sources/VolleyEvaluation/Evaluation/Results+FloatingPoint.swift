internal import VolleySpiking
internal import VolleyGraph
internal import VolleyTensors

extension Results {
    /// An operator whose values are no spikes: it is computed in floating point, from estimates.
    public struct FloatingPoint: Sendable, Hashable, Codable {
        public var op: String
        /// How often it stands in the network.
        public var nodes: Int
        /// What all of these compute for one sample in one time-step.
        public var elements: Int

        /// - Parameter samplesPerRun: of how many samples the shapes are.
        static func all(in summary: NetworkSummary, samplesPerRun: Int) -> [FloatingPoint] {
            let nonlinear = Dictionary(grouping: summary.operators.filter { $0.kind == .nonlinear }, by: \.op)
            return nonlinear.map { op, operators in
                let elements = operators.reduce(0) { $0 + $1.shape.perSample.count }
                return FloatingPoint(op: op, nodes: operators.count, elements: (elements + samplesPerRun / 2) / samplesPerRun)
            }.sorted { $0.op < $1.op }
        }
    }
}
