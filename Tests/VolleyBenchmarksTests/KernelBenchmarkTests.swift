import Testing
import VolleyBenchmarks
import VolleySimulation
import VolleyTensors

/// What can be said about measurements without measuring.
@Suite struct KernelBenchmarkTests {
    private static let densities = [0.1, 0.3, 0.5]

    @Test func crossoverLiesOnTheLineBetweenMeasurements() {
        // 1 below at 0.3, 3 above at 0.5: a quarter of the way.
        let between = KernelBenchmark.crossover(Self.densities, eventDriven: [1, 3, 8], dense: [4, 4, 5])
        #expect(abs(between! - 0.35) < 1e-12)
        #expect(KernelBenchmark.crossover(Self.densities, eventDriven: [1, 2, 3], dense: [4, 4, 4]) == nil)
        #expect(KernelBenchmark.crossover(Self.densities, eventDriven: [5, 6, 7], dense: [4, 4, 4]) == 0.1)
        // One disturbed measurement at the low end does not move it.
        let disturbed = KernelBenchmark.crossover(Self.densities, eventDriven: [9, 3, 8], dense: [4, 4, 5])
        #expect(abs(disturbed! - 0.35) < 1e-12)
    }

    /// The checks that come before timing, for every instruction set, on both kinds of neurons.
    @Test(arguments: WeightFormat.allCases) func layersAreCheckedBothWays(_ weights: WeightFormat) throws {
        for kernels in Kernels.available {
            for isSymmetric in [true, false] {
                let workload = try LayerWorkload(
                    kernels, inputs: 96, outputs: 40, weights: weights, isSymmetric: isSymmetric, density: 0.25)
                // A quarter of 4·197·96 neurons send a spike, within five deviations of a binomial count.
                let spikes = workload.eventDriven.work / 40
                #expect(abs(spikes - 18912) < 5 * 119.1, "\(kernels.name)")
                #expect(workload.dense.work == workload.eventDriven.work)
            }
        }
    }
}
