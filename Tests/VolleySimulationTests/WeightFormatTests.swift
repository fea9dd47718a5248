import OrderedCollections
import Testing
import VolleyGraph
import VolleySimulation
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// Weights in fixed point beside those in floats.
@Suite struct WeightFormatTests {
    /// Relative to the logits' size. A rounded weight can move a spike to another time-step, which changes an estimate by a
    /// threshold / T, a 64th of about the size of the values: two of these.
    private static let int16Difference: Float = 0.03
    /// 8 bits change the weights themselves by almost 1 %, in eight layers one behind the other.
    private static let int8Difference: Float = 0.08

    private static let timeSteps = 64

    /// Logits after the last time-step.
    private func logits(_ program: Program) throws -> [Float] {
        var session = Session(program)
        let inputs = SampleGraphs.inputs(for: program.network.graph, batch: 4, seed: 41)
        let all = try session.run(inputs).outputs["logits"]!
        return all.rows(program.timeSteps - 1..<program.timeSteps).values
    }

    @Test(arguments: Coding.allCases) func resultsStayClose(coding: Coding) throws {
        let network = try SampleNetworks.network(try SampleGraphs.transformer(), coding: coding, levels: 8)
        let programs = try WeightFormat.allCases.map { try Program(network, timeSteps: Self.timeSteps, weights: $0) }
        let results = try programs.map(logits)
        let int16 = Difference(results[1], results[0]).ofNorms
        let int8 = Difference(results[2], results[0]).ofNorms
        #expect(int16 <= Self.int16Difference)
        #expect(int8 > 0 && int8 <= Self.int8Difference, "other weights are in use")
    }

    @Test func theErrorOfTheWeightsIsReported() throws {
        let network = try SampleNetworks.network(try SampleGraphs.transformer(), coding: .rate)
        let errors = try WeightFormat.allCases.map { try Program(network, timeSteps: 1, weights: $0).weightError }
        #expect(errors[0] == 0)
        #expect(errors[1] > 0)
        #expect(errors[1] < 0.01 * errors[2])
    }

    @Test(arguments: [WeightFormat.int16, .int8]) func spikesThatLieTooFarApartKeepFloats(weights: WeightFormat) throws {
        let network = try SampleNetworks.network(try SampleGraphs.transformer(), coding: .rate, levels: 18)
        let floats = try Program(network, timeSteps: 4)
        let program = try Program(network, timeSteps: 4, weights: weights)
        #expect(program.weightError == 0)
        #expect(floats.diagnostics.isEmpty)
        let names = program.diagnostics.map(\.subject)
        #expect(names.contains("blocks.0.mlp.fc2") && names.contains("blocks.1.mlp.fc2"))
        #expect(Set(names).count == names.count)
        #expect(program.diagnostics.allSatisfy { $0.message.contains("too far apart") })
        let (found, expected) = (try logits(program), try logits(floats))
        #expect(found == expected)
    }

    @Test(arguments: [8, 12]) func fewerTakeIntegers(levels: Int) throws {
        let network = try SampleNetworks.network(try SampleGraphs.transformer(), coding: .rate, levels: levels)
        let program = try Program(network, timeSteps: 1, weights: .int16)
        #expect(program.diagnostics.isEmpty)
        #expect(program.weightError > 0)
    }

    /// With 8 bits, signs that differ by 0.8 % become one, those that differ by 1.2 % do not; never with 16 bits.
    @Test(arguments: [1.008 as Float, 1.012]) func nearlyEqualThresholdsAreJoined(ratio: Float) throws {
        let network = try SampleNetworks.network(try SampleGraphs.transformer(), coding: .rate, levels: 8)
        let skewed = try network.replacing(
            neurons: Dictionary(
                uniqueKeysWithValues: network.neurons.map { site, layer in
                    var skewed = layer.ladder
                    skewed.negative = ratio * skewed.positive
                    return (site, layer.with(skewed))
                }))
        let (program, exact) = (try Program(skewed, timeSteps: 2, weights: .int8), try Program(skewed, timeSteps: 2, weights: .int16))
        let change = Double((ratio - 1) / 2)
        #expect(ratio > 1.01 ? program.thresholdError == 0 : abs(program.thresholdError - change) < 1e-5)
        #expect(exact.thresholdError == 0)
        #expect(WeightError(of: ParallelSimulator(program, threads: 1).rounding).summary.contains("what neurons send") == (ratio < 1.01))
    }
}
