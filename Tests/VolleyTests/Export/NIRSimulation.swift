import Testing
import Volley

/// Runs the graph of a NIR file as its definitions say, with plain loops and nothing of the engine: a time-step is 1, an IF takes its
/// current in, fires above v_threshold, and subtracts it, or takes v_reset where it has one.
struct NIRSimulation {
    private typealias Parameters = [String: HDF5Object]

    private let nodes: [String: (type: String, parameters: Parameters)]
    private let sources: [String: [String]]
    /// From inputs to outputs.
    private let order: [String]
    /// With which potential a layer begins, in units of v_threshold: NIR does not say it, the metadata does.
    private var charges: [String: Float] = [:]
    private var potentials: [String: [Float]] = [:]
    /// By node, how many spikes each step had, over all samples.
    private(set) var spikes: [String: [Int64]] = [:]
    /// By output, its values at every step, `[T][N][…]`.
    private(set) var outputs: [String: [[[Float]]]] = [:]

    init(_ file: [String: HDF5Object]) throws {
        guard case .group(let graph)? = file["node"], case .group(let groups)? = graph["nodes"], case .texts(_, let ends)? = graph["edges"] else {
            throw NIRFileError()
        }
        nodes = try groups.mapValues { group in
            guard case .group(let parameters) = group, case .texts(_, let type)? = parameters["type"] else { throw NIRFileError() }
            return (type[0], parameters)
        }
        if case .group(let metadata)? = graph["metadata"], case .group(let charges)? = metadata["initial_potential"] {
            for case (let name, .floats(let charge)) in charges { self.charges[name] = charge.values[0] }
        }
        var sources: [String: [String]] = [:]
        for edge in stride(from: 0, to: ends.count, by: 2) { sources[ends[edge + 1], default: []].append(ends[edge]) }
        self.sources = sources
        var order: [String] = []
        while let next = nodes.keys.sorted().first(where: { name in
            !order.contains(name) && (sources[name] ?? []).allSatisfy(order.contains)
        }) { order.append(next) }
        self.order = order
        try #require(order.count == nodes.count, "the graph has a cycle")
    }

    private struct NIRFileError: Error {}

    /// Feeds the same images for T steps, one sample after the other.
    mutating func run(_ images: Tensor, timeSteps: Int) throws {
        for sample in 0..<images.shape[0] {
            potentials = [:]
            for step in 0..<timeSteps {
                var values: [String: [Float]] = [:]
                for name in order {
                    let (type, parameters) = nodes[name]!
                    let read = (sources[name] ?? []).map { values[$0]! }
                    let input = read.dropFirst().reduce(read.first ?? images.rows(sample..<sample + 1).values) { zip($0, $1).map(+) }
                    let shape = (sources[name]?.first).map { shapes[$0] ?? [] } ?? Shape(Array(images.shape.dimensions.dropFirst()))
                    let (value, made) = try evaluate(name, type, parameters, input, shape)
                    (values[name], shapes[name]) = (value, made)
                    if type == "IF" { count(value.count { $0 != 0 }, at: name, step, of: timeSteps) }
                    if type == "Output" {
                        outputs[name, default: Array(repeating: [], count: timeSteps)][step].append(value)
                    }
                }
            }
        }
    }

    private var shapes: [String: Shape] = [:]

    private mutating func count(_ number: Int, at name: String, _ step: Int, of steps: Int) {
        spikes[name, default: Array(repeating: 0, count: steps)][step] += Int64(number)
    }

    private mutating func evaluate(
        _ name: String, _ type: String, _ parameters: Parameters, _ input: [Float], _ shape: Shape
    ) throws -> ([Float], Shape) {
        func floats(_ key: String) throws -> Tensor {
            guard case .floats(let tensor)? = parameters[key] else { throw NIRFileError() }
            return tensor
        }
        func integers(_ key: String) throws -> [Int] {
            guard case .integers(_, let values)? = parameters[key] else { throw NIRFileError() }
            return values
        }
        switch type {
        case "Input", "Output":
            #expect(try integers("shape") == shape.dimensions, "\(name)")
            return (input, shape)
        case "Flatten":
            #expect(try integers("input_type") == shape.dimensions && integers("start_dim") == [0] && integers("end_dim") == [-1])
            return (input, [input.count])
        case "Scale": return (zip(input, try floats("scale").values).map(*), shape)
        case "Affine":
            let (weight, bias) = (try floats("weight"), try floats("bias").values)
            let values = bias.indices.map { row in
                (0..<input.count).reduce(bias[row]) { $0 + weight.values[row * input.count + $1] * input[$1] }
            }
            return (values, [values.count])
        case "Conv2d":
            #expect(try integers("input_shape") == Array(shape.dimensions.dropFirst()))
            return convolve(
                input, shape, try floats("weight"), try floats("bias").values, stride: try integers("stride"), padding: try integers("padding"),
                dilation: try integers("dilation"), groups: try integers("groups")[0])
        case "SumPool2d", "AvgPool2d":
            let (kernel, channels) = (try integers("kernel_size"), shape[0])
            let weight = Tensor(Shape([channels, 1] + kernel), repeating: type == "SumPool2d" ? 1 : 1 / Float(kernel[0] * kernel[1]))
            return convolve(
                input, shape, weight, [Float](repeating: 0, count: channels), stride: try integers("stride"), padding: try integers("padding"),
                dilation: [1, 1], groups: channels)
        case "IF":
            let (threshold, resistance) = (try floats("v_threshold"), try floats("r").values)
            #expect(threshold.shape == shape && resistance.allSatisfy { $0 == 1 }, "\(name)")
            let reset = try parameters["v_reset"].map { _ in try floats("v_reset").values }
            var potential = potentials[name] ?? threshold.values.map { (charges[name] ?? 0) * $0 }
            let spikes = input.indices.map { index in
                potential[index] += input[index]
                guard potential[index] > threshold.values[index] else { return Float(0) }
                potential[index] = reset?[index] ?? potential[index] - threshold.values[index]
                return 1
            }
            potentials[name] = potential
            return (spikes, shape)
        default: throw NIRFileError()
        }
    }

    private func convolve(
        _ input: [Float], _ shape: Shape, _ weight: Tensor, _ bias: [Float], stride: [Int], padding: [Int], dilation: [Int], groups: Int
    ) -> ([Float], Shape) {
        let (height, width) = (shape[1], shape[2])
        let (rows, columns) = (
            (height + 2 * padding[0] - dilation[0] * (weight.shape[2] - 1) - 1) / stride[0] + 1,
            (width + 2 * padding[1] - dilation[1] * (weight.shape[3] - 1) - 1) / stride[1] + 1
        )
        let (outputs, depth) = (weight.shape[0], weight.shape[1])
        var result: [Float] = []
        for output in 0..<outputs {
            let first = output / (outputs / groups) * depth
            for row in 0..<rows {
                for column in 0..<columns {
                    var sum = bias[output]
                    for channel in 0..<depth {
                        for y in 0..<weight.shape[2] {
                            for x in 0..<weight.shape[3] {
                                let (line, place) = (
                                    row * stride[0] + y * dilation[0] - padding[0], column * stride[1] + x * dilation[1] - padding[1]
                                )
                                guard (0..<height).contains(line), (0..<width).contains(place) else { continue }
                                let tap = ((output * depth + channel) * weight.shape[2] + y) * weight.shape[3] + x
                                sum += weight.values[tap] * input[((first + channel) * height + line) * width + place]
                            }
                        }
                    }
                    result.append(sum)
                }
            }
        }
        return (result, [outputs, rows, columns])
    }
}
