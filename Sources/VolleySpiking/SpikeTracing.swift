/// What the neurons of one site sent at some time-steps of a run, for some of its samples.
public struct SentSpikes: Sendable {
    /// The site's name.
    public var site: String
    /// Counted from 1.
    public var steps: ClosedRange<Int>
    /// Counted from 0, of the samples that the run was given.
    public var samples: Range<Int>
    /// `[steps, …]`, then the axes of the site's value as the model has them: a code of the site's alphabet for every neuron, 0 for none.
    public var codes: [Int8]

    public init(site: String, steps: ClosedRange<Int>, samples: Range<Int>, codes: [Int8]) {
        (self.site, self.steps, self.samples, self.codes) = (site, steps, samples, codes)
    }
}

/// Hands on what neuron sites send while a simulation runs, so that spike trains of any length need not be held.
///
/// Nothing else of a run changes: estimates, counts and spikes are those of a run that nobody watches.
public struct SpikeTracing: Sendable {
    /// By name, the sites that are watched.
    public let sites: Set<String>
    /// Called for every site, by time-steps and samples in any order, on several threads at once. What it throws ends the run.
    public let receive: @Sendable (SentSpikes) throws -> Void

    public init(sites: Set<String>, receive: @escaping @Sendable (SentSpikes) throws -> Void) {
        (self.sites, self.receive) = (sites, receive)
    }

    /// The same for a run of samples that begin at this place of a larger run.
    public func behind(_ samples: Int) -> SpikeTracing {
        if samples == 0 { return self }
        return SpikeTracing(sites: sites) { [receive] sent in
            var sent = sent
            sent.samples = sent.samples.lowerBound + samples..<sent.samples.upperBound + samples
            try receive(sent)
        }
    }
}
