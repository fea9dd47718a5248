import Foundation
import Testing
import Volley
import VolleyTestSupport

/// Files that earlier versions wrote load for ever, with all that is in them, and give what they gave then (Fixtures/networks).
@Suite struct StoredNetworkTests {
    /// Another version may sum in another order; a threshold of these networks is a hundred times as much.
    private static let tolerance: Float = 1e-4
    private static let folder = Fixture.path("networks")

    struct Stored: Sendable, CustomTestStringConvertible {
        var path: String
        var testDescription: String { path.split(separator: "/").suffix(2).joined(separator: "/") }
        /// The file that says what is in the network, or what it gave.
        func beside(_ end: String) -> String { String(path.dropLast("volley".count)) + end }
    }

    /// Every version's folder, so that a new one is tested as soon as it is there.
    static let networks: [Stored] = try! FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        .filter { $0.first!.isNumber }
        .flatMap { version in
            try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(version)").sorted().filter { $0.hasSuffix(".volley") }
                .map { Stored(path: "\(folder)/\(version)/\($0)") }
        }

    @Test func thereAreSome() { #expect(Self.networks.count >= 2) }

    @Test(arguments: networks) func everythingIsStillThere(_ stored: Stored) throws {
        let text = Self.text(try SpikingNetwork(contentsOf: stored.path))
        #expect(try text == Self.expected(stored.beside("txt"), text))
    }

    @Test(arguments: networks) func outputsAndCountsAreTheSame(_ stored: Stored) throws {
        let network = try SpikingNetwork(contentsOf: stored.path)
        let expected = try NpzArchive(path: stored.beside("npz"))
        let outputs = try network.graph.outputs.map { try expected.array($0.name).tensor }
        let timeSteps = outputs[0].shape[0]
        let inputs = ["input": try NpzArchive(path: Self.folder + "/input.npz").array("input").tensor]
        let program = try Program(network, timeSteps: timeSteps)
        for order in Session.Order.allCases {
            let result = try ParallelSimulator(program, threads: 2, order: order).run(inputs)
            for (output, tensor) in try paired(network.graph.outputs, outputs) {
                let difference = Difference(result.outputs[output.name], tensor)
                #expect(difference.relative <= Self.tolerance, "\(output.name): \(difference)")
            }
            for (site, steps) in result.spikes {
                let counts = try expected.array("spikes/" + site).tensor
                #expect(counts.shape.dimensions == [timeSteps, steps[0].count])
                #expect(steps.joined().map { Float($0) } == counts.values, "\(site)")
            }
            let counts = Self.text(result.steps)
            #expect(try counts == Self.expected(stored.beside("counts.txt"), counts))
        }
        let ann = try program.ann.run(inputs)
        for output in network.graph.outputs {
            let difference = Difference(ann[output.name], try expected.array(output.name + ".ann").tensor)
            #expect(difference.relative <= Self.tolerance, "\(output.name): \(difference)")
        }
    }

    /// What a file of expectations says. One that is not there yet is written where `VOLLEY_NETWORKS` asks for it.
    private static func expected(_ path: String, _ found: String) throws -> String {
        if ProcessInfo.processInfo.environment["VOLLEY_NETWORKS"] == "write", !FileManager.default.fileExists(atPath: path) {
            try Data(found.utf8).write(to: URL(filePath: path))
        }
        return try String(contentsOfFile: path, encoding: .utf8)
    }

    /// All that a file holds besides its weights, which the outputs show: a line for each thing, in words of this test's own.
    private static func text(_ network: SpikingNetwork) -> String {
        var lines = ["coding: \(network.coding.rawValue)"]
        for (site, layer) in network.neurons {
            let (neuron, ladder) = (layer.multiThreshold, layer.ladder)
            lines.append(
                "site \(site): \(ladder.direction.rawValue), \(ladder.levels) levels, \(ladder.positive), \(ladder.negative), "
                    + "\(neuron.rounding.rawValue), reset \(neuron.reset.rawValue), initial potential \(neuron.initialPotential)")
        }
        if let p = network.preprocessing {
            let resize =
                switch p.resize {
                case .shorterSide(let length): "shorter side to \(length)"
                case .exact(let height, let width): "to \(height) × \(width)"
                }
            lines.append(
                "preprocessing: \(p.channels) × \(p.height) × \(p.width), resize \(resize), \(p.interpolation.rawValue), "
                    + "crop \(p.cropRounding.rawValue), mean \(p.mean), deviation \(p.deviation)")
        }
        lines.append("classes: " + (network.classNames ?? []).joined(separator: ", "))
        let from = network.provenance
        lines += ["version: \(from.version)", "method: \(from.method)", "citation: \(from.citation)"]
        lines += from.settings.sorted { $0.key < $1.key }.map { "setting \($0.key): \($0.value)" }
        lines += [
            "model digest: \(from.modelDigest ?? "")", "calibration digest: \(from.calibrationDigest ?? "")",
            "calibration samples: \(from.calibrationCount ?? 0)", "sample digests: \(from.calibrationSamples ?? "")",
        ]
        if let fidelity = network.fidelity {
            lines.append("beside its ANN: \(fidelity.samples) samples")
            lines += fidelity.steps.map { step in
                func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "none" }
                return "t = \(step.step): agreement \(text(step.agreement)), error \(text(step.error)), "
                    + "unexplained \(text(step.unexplained)), energy \(step.energy)"
            }
        }
        return (lines + [GraphDump.text(network.graph)]).joined(separator: "\n")
    }

    private static func text(_ steps: [OperationCounts]) -> String {
        steps.enumerated().map { index, counts in
            "t = \(index + 1): \(counts.accumulates) accumulates, \(counts.paperAccumulates) paper accumulates, "
                + "\(counts.analogMultiplyAccumulates) analog multiply-accumulates, \(counts.neuronUpdates) neuron updates, "
                + "\(counts.nonlinearElements) nonlinear elements, \(counts.scalings) scalings, \(counts.spikes) spikes\n"
        }.joined()
    }
}
