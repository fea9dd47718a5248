import VolleyGraph

/// How much each source pixel contributes to each of some output pixels, along one axis.
///
/// With `scale = source / output` and the filter stretched by `s = max(scale, 1)` (which is what prevents aliasing when an
/// image shrinks), output pixel `i` has its centre at `c = (i + ½)·scale` on the source's axis, and
///
///     weight(x) = k((x + ½ − c) / s) / Σ k        for x in  ⌊c − r·s + ½⌋ ..< ⌊c + r·s + ½⌋
///
/// with the filter `k` and its radius `r`, over the source pixels that exist. Weights are 22-bit fixed-point fractions: all of
/// this equals Pillow's `Image.resize` for 8-bit images.
struct ResamplingTaps {
    static let fractionBits: Int32 = 22

    struct Window {
        /// The first source pixel that contributes.
        var start: Int
        /// Where its weight and those of its successors stand.
        let weights: Range<Int>
    }

    /// One for each of the output pixels asked for.
    private(set) var windows: [Window]
    let weights: [Int32]

    /// - Parameter kept: the output pixels that are wanted, out of `0 ..< output`.
    init(source: Int, output: Int, kept: Range<Int>, interpolation: Preprocessing.Interpolation) {
        let scale = Double(source) / Double(output)
        let perStretch = 1 / max(scale, 1)
        let radius = interpolation.radius * max(scale, 1)
        var windows: [Window] = []
        var weights: [Int32] = []
        windows.reserveCapacity(kept.count)
        for index in kept {
            let center = (Double(index) + 0.5) * scale
            let start = max(0, Int(center - radius + 0.5))
            let end = min(source, Int(center + radius + 0.5))
            let exact = (start..<end).map { interpolation.filter((Double($0) - center + 0.5) * perStretch) }
            let sum = exact.reduce(0, +)
            windows.append(Window(start: start, weights: weights.count..<weights.count + exact.count))
            for weight in exact { weights.append(Self.fixedPoint(sum == 0 ? weight : weight / sum)) }
        }
        self.windows = windows
        self.weights = weights
    }

    /// The source pixels that contribute to any of the outputs.
    var sources: Range<Int> {
        guard let first = windows.first, let last = windows.last else { return 0..<0 }
        return first.start..<last.start + last.weights.count
    }

    /// The same for an image that begins at source pixel `origin`.
    func counted(from origin: Int) -> ResamplingTaps {
        var taps = self
        for index in taps.windows.indices { taps.windows[index].start -= origin }
        return taps
    }

    private static func fixedPoint(_ weight: Double) -> Int32 {
        Int32((weight * Double(1 << fractionBits)).rounded(.toNearestOrAwayFromZero))
    }
}

extension Preprocessing.Interpolation {
    /// The filter is zero from this distance on, in pixels.
    fileprivate var radius: Double {
        switch self {
        case .bilinear: 1
        case .bicubic: 2
        }
    }

    /// The filter's value at a distance in pixels: the triangle, or Keys' cubic with a = −½.
    fileprivate func filter(_ signedDistance: Double) -> Double {
        let x = signedDistance.magnitude
        let a = -0.5
        switch self {
        case .bilinear:
            return x < 1 ? 1 - x : 0
        case .bicubic:
            if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
        }
    }
}
