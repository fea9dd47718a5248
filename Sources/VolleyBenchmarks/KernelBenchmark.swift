public import VolleySimulation
public import VolleyTensors

/// How fast the kernels of one instruction set are on this machine, on one thread. Every result is checked before its
/// kernel is timed; times are medians.
public struct KernelBenchmark: Sendable, Codable {
    /// A dense product in single precision.
    public struct Product: Sendable, Codable {
        public var model: String
        public var rows: Int
        public var inputs: Int
        public var outputs: Int
        public var milliseconds: Double
        /// 10^9 multiply-accumulates per second.
        public var gigaMACs: Double
    }

    /// A linear layer behind neurons, over densities of their spikes.
    public struct Layer: Sendable, Codable {
        public struct Point: Sendable, Codable {
            /// Spikes per input and step.
            public var density: Double
            /// Milliseconds per step.
            public var eventDriven: Double
            public var dense: Double
            /// Spikes times outputs per second, in 10^9, of the event-driven and of the dense product.
            public var eventDrivenGigaOperations: Double
            public var denseGigaOperations: Double
        }

        public var inputs: Int
        public var outputs: Int
        public var rows: Int
        public var steps: Int
        public var weights: WeightFormat
        /// Whether the neurons have the same thresholds for both signs.
        public var isSymmetric: Bool
        public var points: [Point]
        /// The density from which on event-driven is slower; nil if it is not, at any that was measured.
        public var crossover: Double?
    }

    /// A function, or attention.
    public struct Function: Sendable, Codable {
        public enum Unit: String, Sendable, Codable {
            case nanoseconds = "ns/element"
            case nanosecondsPerStep = "ns/neuron/step"
            case gigaMACs = "G MAC/s"
        }

        public var name: String
        public var value: Double
        public var unit: Unit
    }

    public var processor: String
    public var instructionSet: String
    public var products: [Product] = []
    public var layers: [Layer] = []
    public var functions: [Function] = []

    /// Inputs and outputs of the linear layers of ViT-S, ViT-B and ViT-L.
    public static let shapes: [(model: String, inputs: Int, outputs: Int)] = [("ViT-S", 384), ("ViT-B", 768), ("ViT-L", 1024)]
        .flatMap { [($0.0, $0.1, $0.1), ($0.0, $0.1, 4 * $0.1), ($0.0, 4 * $0.1, $0.1)] }

    public static let densities = [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0]

    /// Measures everything, in about half a minute where the instruction set is wide.
    /// - Parameter progress: is told what comes next.
    /// - Throws: ``KernelCheckError`` if a result is not what it must be.
    public init(_ kernels: Kernels, progress: (String) -> Void = { _ in }) throws {
        processor = Processor.name
        instructionSet = kernels.name
        for shape in Self.shapes {
            progress("product \(shape.inputs)×\(shape.outputs)")
            products.append(try Self.product(kernels, shape))
        }
        for (inputs, outputs) in [(384, 1536), (1536, 384)] {
            for format in WeightFormat.allCases {
                progress("layer \(inputs)×\(outputs), \(format.rawValue)")
                let data = LayerData(inputs: inputs, outputs: outputs, weights: format)
                for isSymmetric in format == .fp32 ? [true] : [true, false] {
                    layers.append(try Self.layer(kernels, data, isSymmetric))
                }
            }
        }
        progress("functions")
        functions = try Self.functions(kernels)
    }

    private static func product(_ kernels: Kernels, _ shape: (model: String, inputs: Int, outputs: Int)) throws -> Product {
        let workload = try KernelWorkload.product(kernels, inputs: shape.inputs, outputs: shape.outputs)
        let seconds = Stopwatch.seconds([workload], repetitions: 5)[0]
        return Product(
            model: shape.model, rows: KernelWorkload.rows, inputs: shape.inputs, outputs: shape.outputs, milliseconds: 1e3 * seconds,
            gigaMACs: 1e-9 * workload.work / seconds)
    }

    private static func layer(_ kernels: Kernels, _ data: LayerData, _ isSymmetric: Bool) throws -> Layer {
        let points = try densities.map { density in
            let workload = try LayerWorkload(kernels, data, isSymmetric: isSymmetric, density: density)
            let seconds = Stopwatch.seconds([workload.eventDriven, workload.dense], repetitions: 3)
            return Layer.Point(
                density: density, eventDriven: 1e3 * seconds[0] / Double(LayerWorkload.steps),
                dense: 1e3 * seconds[1] / Double(LayerWorkload.steps),
                eventDrivenGigaOperations: 1e-9 * workload.eventDriven.work / seconds[0],
                denseGigaOperations: 1e-9 * workload.dense.work / seconds[1])
        }
        return Layer(
            inputs: data.inputs, outputs: data.outputs, rows: LayerWorkload.rows, steps: LayerWorkload.steps, weights: data.format,
            isSymmetric: isSymmetric, points: points,
            crossover: crossover(densities, eventDriven: points.map(\.eventDriven), dense: points.map(\.dense)))
    }

    private static func functions(_ kernels: Kernels) throws -> [Function] {
        let workloads: [(KernelWorkload, Function.Unit)] = [
            (try .neurons(kernels), .nanosecondsPerStep), (try .gelu(kernels), .nanoseconds), (try .exponential(kernels), .nanoseconds),
            (try .softmax(kernels), .nanoseconds), (try .layerNorm(kernels), .nanoseconds),
            (try .attention(kernels, spiking: false), .gigaMACs), (try .attention(kernels, spiking: true), .gigaMACs),
        ]
        return workloads.map { workload, unit in
            let seconds = Stopwatch.seconds([workload], repetitions: 5)[0]
            let value = unit == .gigaMACs ? 1e-9 * workload.work / seconds : 1e9 * seconds / workload.work
            return Function(name: workload.name, value: value, unit: unit)
        }
    }

    /// The density from which on event-driven is slower than dense, on the line between the two measured densities around it.
    /// - Parameter densities: ascending; the other two hold a time for each.
    /// - Returns: the lowest density if event-driven is slower throughout, nil if it never is.
    public static func crossover(_ densities: [Double], eventDriven: [Double], dense: [Double]) -> Double? {
        precondition(densities.count == eventDriven.count && densities.count == dense.count, "two times for each density")
        let excess = zip(eventDriven, dense).map { $0 - $1 }
        // The last change of sign, so that one noisy point below it does not count.
        guard let last = excess.lastIndex(where: { $0 <= 0 }) else { return densities.first }
        guard last + 1 < excess.count else { return nil }
        let share = -excess[last] / (excess[last + 1] - excess[last])
        return densities[last] + share * (densities[last + 1] - densities[last])
    }
}
