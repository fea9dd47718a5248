import Testing
import VolleyGraph
import VolleyONNX
import VolleyTensors
import VolleyTestSupport

/// Convolutions along three axes, against the sum written out.
@Suite struct VolumeConvolutionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var volume = [4, 5, 6]
        var channels = 2
        var outputs = 4
        var groups = 1
        var kernel = [2, 3, 2]
        var stride = [1, 1, 1]
        var dilation = [1, 1, 1]
        /// Before each axis, then behind each.
        var pads = [0, 0, 0, 0, 0, 0]

        var testDescription: String { "kernel \(kernel), stride \(stride), dilation \(dilation), pads \(pads), groups \(groups)" }
    }

    /// Sums of a few products of order one, in whatever order.
    private static let tolerance: Float = 1e-5

    @Test(arguments: [
        Case(),
        Case(kernel: [2, 2, 2], stride: [2, 2, 2]),
        Case(stride: [2, 1, 3], dilation: [2, 2, 1], pads: [1, 2, 0, 2, 1, 1]),
        Case(groups: 2, kernel: [3, 1, 1], pads: [1, 0, 0, 1, 0, 0]),
        Case(kernel: [1, 3, 3], stride: [3, 2, 2]),
        Case(kernel: [4, 5, 6]),
    ])
    func isTheSumOverItsWindow(_ test: Case) throws {
        var generator = SeededGenerator(seed: 41)
        func random(_ shape: [Int]) -> Tensor {
            Tensor(Shape(shape), (0..<shape.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &generator) })
        }
        let perGroup = test.channels / test.groups
        let (x, weight) = (random([2, test.channels] + test.volume), random([test.outputs, perGroup] + test.kernel))
        let bias = random([test.outputs])

        var sketch = ModelSketch()
        sketch.input("x", [.named("batch"), .size(test.channels)] + test.volume.map { .size($0) })
        sketch.floats("weight", weight.shape.dimensions, weight.values)
        sketch.floats("bias", [test.outputs], bias.values)
        sketch.node(
            "Conv", ["x", "weight", "bias"], ["y"],
            [("strides", .ints(test.stride)), ("dilations", .ints(test.dilation)), ("pads", .ints(test.pads)), ("group", .int(test.groups))])
        sketch.output("y")
        let found = try #require(try Evaluator(try sketch.load().graph).run(["x": x])["y"])

        let sizes = (0..<3).map { axis -> Int in
            let padded = test.volume[axis] + test.pads[axis] + test.pads[3 + axis]
            let extent = test.dilation[axis] * (test.kernel[axis] - 1) + 1
            return (padded - extent) / test.stride[axis] + 1
        }
        #expect(found.shape == Shape([2, test.outputs] + sizes))
        for (index, value) in found.values.enumerated() {
            let place = position(index, [2, test.outputs] + sizes)
            let group = place[1] / (test.outputs / test.groups)
            var sum = bias.values[place[1]]
            for tap in 0..<test.kernel.reduce(1, *) {
                let offset = position(tap, test.kernel)
                let source = (0..<3).map { axis -> Int in
                    let first = place[2 + axis] * test.stride[axis] - test.pads[axis]
                    return first + offset[axis] * test.dilation[axis]
                }
                let isInside = (0..<3).allSatisfy { axis in source[axis] >= 0 && source[axis] < test.volume[axis] }
                guard isInside else { continue }
                for channel in 0..<perGroup {
                    let input = row([place[0], group * perGroup + channel] + source, [2, test.channels] + test.volume)
                    let tap = row([place[1], channel] + offset, [test.outputs, perGroup] + test.kernel)
                    sum += x.values[input] * weight.values[tap]
                }
            }
            #expect((value - sum).magnitude <= Self.tolerance)
        }
    }

    private func position(_ index: Int, _ shape: [Int]) -> [Int] {
        var (rest, result) = (index, [Int](repeating: 0, count: shape.count))
        for axis in shape.indices.reversed() { (rest, result[axis]) = rest.quotientAndRemainder(dividingBy: shape[axis]) }
        return result
    }

    private func row(_ position: [Int], _ shape: [Int]) -> Int { zip(position, shape).reduce(0) { $0 * $1.1 + $1.0 } }
}
