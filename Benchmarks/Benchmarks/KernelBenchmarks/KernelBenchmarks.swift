import Benchmark
import Volley

/// The kernels of the widest instruction set, on one thread. A workload checks its result when it is made, before the clock
/// starts; a wrong one ends the run.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .throughput], warmupIterations: 3, maxDuration: .seconds(1), maxIterations: 1_000)
    let kernels = Kernels.best

    func add(_ name: String, _ make: @escaping () throws -> KernelWorkload) {
        var made: KernelWorkload?
        Benchmark(name) { benchmark in
            let workload: KernelWorkload
            do { workload = try made ?? make() } catch { preconditionFailure("\(error)") }
            made = workload
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations { workload.run() }
            benchmark.stopMeasurement()
        }
    }

    for (inputs, outputs) in [(384, 384), (384, 1536), (1536, 384), (768, 768)] {
        add("product \(inputs)×\(outputs)") { try .product(kernels, inputs: inputs, outputs: outputs) }
    }
    for weights in WeightFormat.allCases {
        func layer(_ density: Double) throws -> LayerWorkload {
            try LayerWorkload(kernels, inputs: 384, outputs: 1536, weights: weights, isSymmetric: true, density: density)
        }
        for density in [0.05, 0.1, 0.3] {
            add("layer 384×1536, \(weights.rawValue), event-driven, density \(density)") { try layer(density).eventDriven }
        }
        add("layer 384×1536, \(weights.rawValue), dense") { try layer(0.3).dense }
    }
    add("neuron step") { try .neurons(kernels) }
    add("attention head, ANN") { try .attention(kernels, spiking: false) }
    add("attention head, spiking") { try .attention(kernels, spiking: true) }
    add("GELU") { try .gelu(kernels) }
    add("softmax") { try .softmax(kernels) }
}
