import Foundation
import Testing
import VolleyFormats
import VolleyGraph
import VolleyONNX
import VolleyTensors
import VolleyTestSupport

/// Trained activations as both of PyTorch's exporters take them apart, and as the programs of the methods' authors exported them.
@Suite struct TrainedActivationTests {
    /// Of the largest output: float sums in another order.
    private static let tolerance: Float = 2e-5
    /// Bounds are read in double precision from numbers that a file holds in 32 bits, some of them as a reciprocal.
    private static let boundTolerance = 2e-7

    /// What a file should be read as: λ, L and the shifts.
    private struct Expected: Decodable {
        var function: String
        var bounds: [Double]
        var axis: Int?
        var levels: Int?
        var shift: Double?
        var rounding: String?
        var slope: Double?
        var ramp: Double?

        func expect(_ activation: TrainedActivation, channelAxis: Int?) {
            #expect(activation.channelAxis == channelAxis)
            #expect(activation.levels == levels)
            #expect(activation.bounds.count == bounds.count)
            for (found, bound) in zip(activation.bounds, bounds) { #expect(abs(Double(found) - bound) <= boundTolerance * bound) }
            switch activation.function {
            case .clip: #expect(function == "clip")
            case .symmetricClip: #expect(function == "symmetricClip")
            case .gradedSteps: #expect(function == "gradedSteps")
            case .steps(let steps):
                #expect(function == "steps" && Double(steps.shift) == shift && steps.rounding.rawValue == rounding)
            case .slip(let steps, let slope, let ramp):
                #expect(function == "slip" && Double(steps.shift) == shift)
                #expect(abs(Double(slope) - self.slope!) < 1e-6 && abs(Double(ramp) - self.ramp!) < 1e-6)
            }
        }
    }

    private static let folder = "trained-activations"

    private static func expected(_ file: String) throws -> [String: Expected] {
        try JSONDecoder().decode([String: Expected].self, from: Data(Fixture.bytes("\(folder)/\(file).json")))
    }

    private static let exported = ((try? expected("expected")) ?? [:]).keys.sorted()

    private func model(_ name: String, through pass: String? = nil) throws -> Graph {
        try ONNXModel.load(Fixture.path("\(Self.folder)/\(name).onnx"), through: pass).graph
    }

    @Test func theFilesAreThere() { #expect(Self.exported.count == 40) }

    @Test(arguments: exported) func isReadFromWhatAnExporterWrites(name: String) throws {
        let expected = try #require(try Self.expected("expected")[name])
        let graph = try model(name)
        let found = graph.nodes.compactMap { $0.operation?.trainedActivation }
        try #require(found.count == 2, "\(graph.nodes.map { $0.operation?.name ?? $0.name })")
        for activation in found { expected.expect(activation, channelAxis: expected.axis) }
        let left = Set(graph.nodes.compactMap { $0.operation?.name })
        #expect(left.isDisjoint(with: ["activation", "selection", "quantization"]), "\(left)")
    }

    @Test(arguments: exported) func computesWhatPyTorchComputes(name: String) throws {
        let arrays = try NpzArchive(path: Fixture.path("\(Self.folder)/\(name.split(separator: "-").dropLast().joined(separator: "-")).npz"))
        let (x, y) = (try arrays.array("x").tensor, try arrays.array("y").tensor)
        let scale = y.values.map(\.magnitude).max()!
        for graph in [try model(name), try model(name, through: "")] {
            let found = try #require(try Evaluator(graph).run(["x": x])["y"])
            #expect(Difference(found, y).absolute <= Self.tolerance * scale)
        }
    }

    @Test(arguments: ["qcfs", "sliprelu", "steprelu", "tcl", "rnl", "qffs", "fast-snn"])
    func isReadFromNetworksOfTheAuthorsPrograms(method: String) throws {
        let expected = try JSONDecoder().decode([Expected].self, from: Data(Fixture.bytes("\(Self.folder)/authors-\(method).json")))
        let graph = try model("authors-\(method)")
        let found = graph.nodes.compactMap { $0.operation?.trainedActivation }
        try #require(found.count == expected.count)
        for (activation, expected) in zip(found, expected) { expected.expect(activation, channelAxis: nil) }
        let arrays = try NpzArchive(path: Fixture.path("\(Self.folder)/authors-\(method).npz"))
        let (x, y) = (try arrays.array("x").tensor, try arrays.array("y").tensor)
        let logits = try #require(try Evaluator(graph).run(["x": x])["logits"])
        #expect(Difference(logits, y).absolute <= Self.tolerance * y.values.map(\.magnitude).max()!)
    }
}
