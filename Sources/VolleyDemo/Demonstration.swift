public import Volley

/// The whole way on the embedded network: convert it with every method, measure it at t = 1…8.
public struct Demonstration: Sendable {
    public static let timeSteps = 8

    /// By method, in the order of ``MultiThreshold/all``.
    public let results: [(method: String, results: Results)]
    public let architecture: String

    /// Writes model, data, both spiking networks and their results into a folder.
    /// - Throws: the first error of writing or measuring.
    public init(in folder: String, threads: Int) throws {
        try DemoFiles.write(to: folder)
        try OutputPath.check(MultiThreshold.all.flatMap { ["\(folder)/\($0.name).volley", "\(folder)/\($0.name).json"] })
        let model = try Model.load(folder)
        architecture = model.architecture
        let test = try Dataset.open(folder + "/test.npz")
        results = try MultiThreshold.all.map { method in
            let conversion = Conversion(
                of: model, method: method, calibrating: .init(try Dataset.open(folder + "/calibration.npz")), threads: threads)
            let network = try conversion.run()
            let path = "\(folder)/\(method.name).volley"
            try network.write(to: path)
            try CalibrationOverlap.check(network, test, threads: threads)
            let evaluation = try Evaluation(
                network, on: test,
                settings: .init(timeSteps: Self.timeSteps, batchSize: 60, threads: threads, data: test.name))
            return (method.name, try evaluation.run(networkDigest: try SHA256.digest(ofFile: path).hexadecimal))
        }
    }

    /// Both methods side by side with the ANN.
    public var text: String {
        let samples = results[0].results.samples
        var lines = [
            architecture, "\(samples) held-out handwritten digits; ANN top-1 \(TextTable.fixed(results[0].results.ann!.top1, 4))", "",
        ]
        let columns = results.flatMap { method, _ in
            ["top-1", "firing rate", "energy exact"].map { TextTable.Column.number($0, in: method) }
        }
        let table = TextTable(
            [.text("")] + columns,
            rows: (0..<Self.timeSteps).map { step in
                ["t = \(step + 1)"]
                    + results.map(\.results.steps[step]).flatMap { row in
                        [TextTable.fixed(row.top1!, 4), TextTable.fixed(row.firingRate, 4), TextTable.fixed(row.energy.exact, 3)]
                    }
            })
        lines += table.lines
        lines += [
            "", "firing rate: spikes per neuron and time-step; energy: all layers and products of steps 1…t as a multiple of the",
            "ANN's (45 nm, 32-bit: a multiply-accumulate 4.6 pJ, an accumulate 0.9 pJ).",
        ]
        return lines.joined(separator: "\n") + "\n"
    }
}
