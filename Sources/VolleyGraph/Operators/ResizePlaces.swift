internal import Foundation

/// Where each position of a resized axis comes from: elements of the input with their weights, or nil outside a region.
///
/// Places are computed as 32-bit floats, in the order of the formulas, as runtimes do it: nearest elements depend on it.
struct ResizePlaces {
    struct Tap {
        var position: Int
        var weight: Float
    }

    private let resize: Resize
    private let axis: Resize.Axis
    /// Of the input.
    private let length: Int

    init(_ resize: Resize, _ axis: Resize.Axis, length: Int) {
        self.resize = resize
        self.axis = axis
        self.length = length
    }

    var places: [[Tap]?] {
        (0..<axis.length).map { index in
            let place = place(of: index)
            if resize.coordinates == .region, place < 0 || place > Float(length - 1) { return nil }
            if resize.interpolation == .nearest { return [Tap(position: within(nearest(place)), weight: 1)] }
            return resize.antialiases ? filtered(around: place) : interpolated(place)
        }
    }

    private func place(of index: Int) -> Float {
        let (i, scale) = (Float(index), axis.scale)
        switch resize.coordinates {
        case .halfPixel: return (i + 0.5) / scale - 0.5
        case .halfPixelSymmetric:
            let adjustment = Float(axis.length) / (scale * Float(length))
            return Float(length) / 2 * (1 - adjustment) + (i + 0.5) / scale - 0.5
        case .halfPixelOrFirst: return axis.length > 1 ? (i + 0.5) / scale - 0.5 : 0
        case .alignedCorners: return axis.length > 1 ? i * Float(length - 1) / Float(axis.length - 1) : 0
        case .asymmetric: return i / scale
        case .halfPixelUnshifted: return (i + 0.5) / scale
        case .region:
            let last = Float(length - 1)
            guard axis.length > 1 else { return 0.5 * (axis.start + axis.end) * last }
            return axis.start * last + i * (axis.end - axis.start) * last / Float(axis.length - 1)
        }
    }

    /// The position, or the border's where it lies outside.
    private func within(_ position: Int) -> Int { min(max(position, 0), length - 1) }

    private func nearest(_ place: Float) -> Int {
        // Beyond both borders all places are alike.
        let place = min(max(place, -1), Float(length))
        let rounded: Float =
            switch resize.rounding {
            case .halfDown: place - place.rounded(.down) == 0.5 ? place.rounded(.down) : place.rounded()
            case .halfUp: (place + 0.5).rounded(.down)
            case .down: place.rounded(.down)
            case .up: place.rounded(.up)
            case .towardsLonger: axis.scale < 1 ? place.rounded(.up) : place.rounded(.down)
            }
        return Int(rounded)
    }

    // MARK: Means

    /// One over the elements at whole distances, each with the weight of its distance.
    private func interpolated(_ place: Float) -> [Tap] {
        if resize.interpolation == .linear {
            let inside = min(max(place, 0), Float(length - 1))
            let first = Int(inside)
            let rest = inside - Float(first)
            return rest == 0
                ? [Tap(position: first, weight: 1)]
                : [Tap(position: first, weight: 1 - rest), Tap(position: within(first + 1), weight: rest)]
        }
        let reach = Float(length + 4)
        let first = Int(min(max(place, -reach), reach).rounded(.down))
        let rest = place - place.rounded(.down)
        return combined((-1...2).map { (first + $0, cubic((Float($0) - rest).magnitude)) })
    }

    /// As many more elements as the axis shrinks by, with the weights of their distances shrunk likewise.
    private func filtered(around place: Float) -> [Tap] {
        let shrinking = min(axis.scale, 1)
        let support = (resize.interpolation == .linear ? 1 : 2) / shrinking
        let reach = Float(length) + support
        let center = min(max(place, -reach), reach)
        let positions = Int((center - support).rounded(.down))...Int((center + support).rounded(.up))
        let taps = positions.map { position in
            let distance = ((Float(position) - center) * shrinking).magnitude
            return (position, resize.interpolation == .linear ? max(0, 1 - distance) : cubic(distance))
        }
        return combined(taps.filter { $0.1 != 0 })
    }

    private func cubic(_ d: Float) -> Float {
        let a = resize.cubicCoefficient
        if d <= 1 { return ((a + 2) * d - (a + 3)) * d * d + 1 }
        return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0
    }

    /// Weights that sum up to 1, those of one element put together.
    private func combined(_ taps: [(position: Int, weight: Float)]) -> [Tap] {
        let used = resize.excludesOutside ? taps.filter { (0..<length).contains($0.position) } : taps
        let sum = used.reduce(0) { $0 + $1.weight }
        let normalizes = resize.excludesOutside || resize.antialiases
        var result: [Tap] = []
        for tap in used {
            let (position, weight) = (within(tap.position), normalizes ? tap.weight / sum : tap.weight)
            if let last = result.indices.last, result[last].position == position {
                result[last].weight += weight
            } else {
                result.append(Tap(position: position, weight: weight))
            }
        }
        return result
    }
}
