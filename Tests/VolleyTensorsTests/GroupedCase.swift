import VolleyTensors

/// A grouped convolution with random weights, and what arrives at it.
struct GroupedCase: Sendable {
    struct Windows: Sendable {
        var height = 1, width = 1
        var kernel = [3, 3], stride = [1, 1], dilation = [1, 1], padding = [1, 1]
        var positions: [Int]

        /// The tap (u, v) of window (i, j), or nil outside the image.
        func pixel(_ i: Int, _ j: Int, _ u: Int, _ v: Int) -> Int? {
            let y = i * stride[0] + u * dilation[0] - padding[0], x = j * stride[1] + v * dilation[1] - padding[1]
            return (0..<height).contains(y) && (0..<width).contains(x) ? y * width + x : nil
        }
    }

    /// Lines shorter and longer than what is computed at once; every kernel of known length and others; strides, dilations, uneven
    /// padding, windows wholly outside.
    static let windows = [
        Windows(height: 9, width: 23, positions: [9, 23]),
        Windows(height: 12, width: 21, stride: [2, 2], positions: [6, 11]),
        Windows(height: 7, width: 7, kernel: [5, 5], padding: [2, 2], positions: [7, 7]),
        Windows(height: 9, width: 26, kernel: [5, 5], stride: [2, 2], padding: [1, 1], positions: [4, 12]),
        Windows(height: 8, width: 17, kernel: [7, 7], padding: [3, 3], positions: [8, 17]),
        Windows(height: 5, width: 13, kernel: [1, 1], padding: [0, 0], positions: [5, 13]),
        Windows(height: 6, width: 19, kernel: [2, 3], stride: [1, 3], dilation: [2, 2], padding: [0, 3], positions: [4, 6]),
        Windows(height: 2, width: 3, kernel: [2, 3], stride: [3, 4], padding: [5, 6], positions: [5, 5]),
    ]
    /// Channels of a group, and of all.
    static let channels = [(1, 1), (1, 7), (1, 16), (1, 90), (2, 38), (4, 36), (8, 16), (8, 56), (16, 48), (24, 72)]

    enum Arriving: Sendable, CaseIterable { case floats, rate, differential }

    var windows: Windows
    var width: Int
    var channels: Int
    var arriving: Arriving
    var images = 2
    var steps: Int
    var levels: Int
    var fires: Bool
    var activation: Kernels.Unary?
    var activatesLast: Bool
    /// One addend for all steps, one for each, or none.
    var addends: Int

    /// Every shape with every width; what follows takes turns.
    static let all: [GroupedCase] = {
        var cases: [GroupedCase] = []
        for windows in windows {
            for (width, channels) in channels {
                for arriving in Arriving.allCases {
                    let turn = cases.count
                    cases.append(
                        GroupedCase(
                            windows: windows, width: width, channels: channels, arriving: arriving, steps: [1, 3, 5][turn % 3],
                            levels: [8, 30][turn / 2 % 2], fires: turn % 2 == 0, activation: [nil, .relu, .silu][turn / 3 % 3],
                            activatesLast: turn / 5 % 2 == 0, addends: turn / 7 % 3))
                }
            }
        }
        return cases
    }()

    var rowsPerImage: Int { windows.positions[0] * windows.positions[1] }
    var rows: Int { images * rowsPerImage }
    var taps: Int { windows.kernel[0] * windows.kernel[1] }
    var pixels: Int { images * windows.height * windows.width * channels }

    /// `[C, KH, KW, width]`
    var weights: [Float] { Awkward.finiteValues(channels * taps * width, seed: 60, deviation: 1 / Float(taps * width).squareRoot()) }
    var bias: [Float] { channels % 4 == 0 ? [] : Awkward.finiteValues(channels, seed: 61, deviation: 0.3) }
    var addend: [Float]? {
        addends == 0 ? nil : Awkward.finiteValues((addends == 1 ? 1 : steps) * rows * channels, seed: 62)
    }
    /// `[steps, images, H, W, C]`
    var input: [Float] { arriving == .floats ? Awkward.finiteValues(steps * pixels, seed: 63) : [] }
    var codes: [Int8] {
        guard arriving != .floats else { return [] }
        var random = SeededGenerator(seed: 64)
        return (0..<steps * pixels).map { _ in
            random.uniform() < 0.4 ? Int8(Int(random.next(upperBound: UInt64(2 * levels + 1))) - levels) : 0
        }
    }

    var source: SpikeSource? {
        guard arriving != .floats else { return nil }
        let ladder = (1...levels).map { 0.07 * Float($0) }
        return SpikeSource(Alphabet(positive: ladder, negative: ladder.map { 0.8 * $0 }), isDifferential: arriving == .differential)
    }
    static let targetLevels = 6
    var target: NeuronKernel? {
        guard fires else { return nil }
        let ladder = (0..<Self.targetLevels).map { 0.05 * Float(sign: .plus, exponent: $0, significand: 1) }
        let cutoffs = ladder.map { 0.75 * $0 }
        return NeuronKernel(
            thresholds: (ladder, ladder), cutoffs: (cutoffs, cutoffs), initialPotential: 0, differential: arriving != .rate,
            resetsToZero: false)
    }

    var kernel: GroupedKernel {
        GroupedKernel(
            weights,
            windows: ImageWindows(
                image: [windows.height, windows.width, channels], kernel: windows.kernel, stride: windows.stride,
                dilation: windows.dilation, padding: windows.padding, positions: windows.positions),
            width: width, bias: bias, source: source, activation: activation, activatesLast: activatesLast, target: target.map { .ladder($0) })
    }

    /// The windows of a group as rows `[steps, rows, KH · KW · width]`, 0 outside the image.
    func rows<Element: ExpressibleByIntegerLiteral>(_ group: Int, of images: [Element]) -> [Element] {
        guard !images.isEmpty else { return [] }
        var result: [Element] = []
        for image in 0..<steps * self.images {
            let first = image * windows.height * windows.width
            for (i, j) in positions {
                for (u, v) in (0..<windows.kernel[0]).flatMap({ u in (0..<windows.kernel[1]).map { (u, $0) } }) {
                    let pixel = windows.pixel(i, j, u, v)
                    for k in 0..<width { result.append(pixel.map { images[(first + $0) * channels + group * width + k] } ?? 0) }
                }
            }
        }
        return result
    }

    private var positions: [(Int, Int)] {
        (0..<windows.positions[0]).flatMap { i in (0..<windows.positions[1]).map { (i, $0) } }
    }

    /// The channels of a group, of `values [steps or 1, rows, C]`.
    func part<Element>(_ group: Int, of values: [Element]) -> [Element] {
        stride(from: 0, to: values.count, by: channels).flatMap { values[$0 + group * width..<$0 + (group + 1) * width] }
    }
}

/// What a layer gives, all of it.
struct GroupedResult {
    var value: [Float], estimate: [Float] = []
    var codes: [Int8] = []
    var counts: [Int64] = []
    var bad = 0

    /// All steps in one call, or one call for each.
    init(_ example: GroupedCase, on kernels: Kernels, oneByOne: Bool = false) {
        let kernel = example.kernel
        let (size, atOnce) = (example.rows * example.channels, oneByOne ? 1 : example.steps)
        value = []
        var state = LayerState()
        if oneByOne {
            state.sums = example.arriving == .floats ? [] : [Float](repeating: 0, count: size)
            state.sent = example.fires ? [Float](repeating: 0, count: size) : []
        }
        var scratch = [Float](repeating: .nan, count: kernel.scratchCount(steps: atOnce))
        for step in stride(from: 0, to: example.steps, by: atOnce) {
            var outputs = LayerOutputs()
            outputs.value = [Float](repeating: 7, count: atOnce * size)
            if example.fires {
                outputs.estimate = outputs.value
                outputs.codes = [Int8](repeating: 7, count: atOnce * size)
                outputs.counts = [Int64](repeating: 0, count: atOnce * 2 * GroupedCase.targetLevels)
            }
            func part<Element>(_ values: [Element], _ size: Int) -> [Element] {
                values.count <= size ? values : Array(values[step * size..<(step + atOnce) * size])
            }
            bad += kernels.run(
                kernel, rows: example.images * kernel.windows.rowsPerImage, firstStep: step + 1, steps: atOnce,
                codes: part(example.codes, example.pixels),
                input: part(example.input, example.pixels), addend: example.addend.map { part($0, size) }, state: &state,
                outputs: &outputs, scratch: &scratch)
            value += outputs.value
            estimate += outputs.estimate
            codes += outputs.codes
            counts += outputs.counts
        }
    }
}
