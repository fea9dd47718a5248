/// What each of some sites does to the outputs: networks in which it alone is exact, and in which it alone spikes.
///
/// An exact site hands on what it receives, or its activation of that; such a network is made by leaving neurons out of the graph, and run like
/// any other.
struct LeaveOneOut {
    let network: SpikingNetwork
    let timeSteps: Int
    let samples: VerificationSamples

    /// The sites that change the outputs most when they alone spike, as far as a few samples tell; all where there are no more.
    /// - Throws: `SpikingError` where a membrane potential is not finite, and what `progress` throws.
    func worst(_ most: Int, progress: (_ done: Int, _ total: Int) throws -> Void) throws -> [String] {
        let sites = Array(network.neurons.keys)
        guard sites.count > most else { return sites }
        var errors: [(site: String, error: Double)] = []
        for (index, site) in sites.enumerated() {
            try progress(index, sites.count)
            errors.append((site, try figures(alone: site, few: true).error ?? .infinity))
        }
        try progress(sites.count, sites.count)
        // Equal errors stay in the order of the network.
        return errors.enumerated().sorted { ($1.element.error, $0.offset) < ($0.element.error, $1.offset) }.prefix(most).map(\.element.site)
    }

    /// The outputs if a site alone were spiking.
    /// - Throws: `SpikingError` where a membrane potential is not finite.
    func figures(alone site: String, few: Bool = false) throws -> AnswerFigures {
        try samples.figures(of: network.exact { $0 != site }, at: [timeSteps], isSpiking: false, few: few)[0]
    }

    /// The outputs if a site alone were exact.
    /// - Throws: `SpikingError` where a membrane potential is not finite.
    func figures(without site: String) throws -> AnswerFigures {
        try samples.figures(of: network.exact { $0 == site }, at: [timeSteps], isSpiking: false)[0]
    }
}

extension SpikingNetwork {
    /// The same network in which some sites hand on exact values.
    fileprivate func exact(_ isExact: (_ site: String) -> Bool) throws -> SpikingNetwork {
        try replacing(
            graph: graph.withoutNeurons(at: isExact),
            neurons: neurons.reduce(into: [:]) { kept, site in if !isExact(site.key) { kept[site.key] = site.value } })
    }
}
