internal import Foundation
internal import Synchronization

/// The spike trains of a run as files: for every site an `.npy` file of bytes (`|i1`) of shape `[T, …]`, then the axes of the site's value as
/// the model has them, and `index.json`.
///
/// They are written while the network runs, so that memory does not grow with T, samples or sites. A code is 0 for no spike; what the others
/// are worth says the index.
public final class SpikeTrainFiles: Sendable {
    /// Of all sites, in the network's order.
    public let index: SpikeTrainIndex
    private let trains: [String: Train]
    private let counter = Mutex(0)

    private struct Train: Sendable {
        let layout: SpikeTrainLayout
        let file: NpyInt8File
    }

    /// - Parameters:
    ///   - sites: names of the sites that are traced, in the network's order.
    ///   - folder: is there and empty.
    /// - Throws: `SpikingError` where samples cannot be told apart; `FormatError` (`writeFailed`).
    public init(_ simulator: any Simulator, sites: [String], inputs: BoundInputs, in folder: String) throws {
        var names = FileNames()
        var trains: [String: Train] = [:]
        var entries: [SpikeTrainIndex.Site] = []
        let layouts = try SpikeTrainLayout.of(sites, in: simulator.network, inputs, timeSteps: simulator.timeSteps)
        let neurons = simulator.neurons
        for site in sites {
            let layout = layouts[site]!, alphabet = neurons[site]!.alphabet
            let name = names.name(for: site)
            trains[site] = Train(layout: layout, file: try NpyInt8File(path: folder + "/" + name, shape: layout.shape))
            entries.append(
                SpikeTrainIndex.Site(
                    name: site, file: name, shape: layout.shape.dimensions, codes: alphabet.codes.map(Int.init), values: alphabet.values))
        }
        self.trains = trains
        index = SpikeTrainIndex(timeSteps: simulator.timeSteps, samples: inputs.count, sites: entries)
    }

    /// Hand this to the run.
    public var tracing: SpikeTracing {
        SpikeTracing(sites: Set(trains.keys)) { sent in
            guard let train = self.trains[sent.site] else { return }
            let spikes = sent.codes.count { $0 != 0 }
            self.counter.withLock { $0 += spikes }
            try train.layout.place(sent) { start, codes in try train.file.write(sent.codes[codes], at: start) }
        }
    }

    /// How many codes other than 0 were sent so far.
    public var spikes: Int { counter.withLock(\.self) }

    /// Brings all trains to the disk, and writes the index beside them.
    /// - Throws: `FormatError` (`writeFailed`).
    public func finish(in folder: String) throws {
        for train in trains.values { try train.file.synchronize() }
        try index.write(to: folder + "/index.json")
    }

    /// Goes through the spikes of all sites: sample by sample, there step by step, then site by site, and neuron by neuron.
    /// - Parameter body: is given the sample from 0, the step from 1, the site's place in the index, the neuron's place in the site's value
    ///   of this sample, in row-major order, and the code.
    /// - Throws: `FormatError` where a file cannot be read again; what `body` throws.
    public func forEachSpike(_ body: (_ sample: Int, _ step: Int, _ site: Int, _ neuron: Int, _ code: Int8) throws -> Void) throws {
        let trains = index.sites.map { self.trains[$0.name]! }
        for sample in 0..<index.samples {
            for step in 1..<index.timeSteps + 1 {
                for (site, train) in trains.enumerated() {
                    var neuron = 0
                    for stretch in train.layout.neurons(of: sample, at: step) {
                        for code in try train.file.elements(stretch) {
                            if code != 0 { try body(sample, step, site, neuron, code) }
                            neuron += 1
                        }
                    }
                }
            }
        }
    }
}

/// Names of files for names of sites: those that file systems take are kept, and no two are one.
private struct FileNames {
    private var taken: Set<String> = ["index.json"]

    mutating func name(for site: String) -> String {
        var plain = String(site.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "_" }.prefix(150))
        if plain.hasPrefix(".") { plain = "_" + plain }
        var name = plain + ".npy"
        // Some file systems do not tell capitals from small letters.
        var number = 2
        while !taken.insert(name.lowercased()).inserted {
            name = "\(plain)-\(number).npy"
            number += 1
        }
        return name
    }
}
