internal import VolleyFormats
internal import VolleyTensors

/// A value of the network as nodes of NIR make it: a sum of what nodes send, each times a scale that whoever reads it takes in.
struct NIRTerm: Hashable {
    var node: String
    var scale: NIRScale
}

/// What the values of a node are multiplied with.
enum NIRScale: Hashable {
    case uniform(Float)
    /// By position along the first axis of a sample: channels, or features.
    case channels([Float])

    static let one = NIRScale.uniform(1)

    /// Of a sample of this shape, by element.
    func elements(_ shape: Shape) -> [Float] {
        switch self {
        case .uniform(let scale): [Float](repeating: scale, count: shape.count)
        case .channels(let scales): scales.flatMap { [Float](repeating: $0, count: shape.count / scales.count) }
        }
    }

    /// For one position along the first axis.
    func at(_ channel: Int) -> Float {
        switch self {
        case .uniform(let scale): scale
        case .channels(let scales): scales[channel]
        }
    }

    static func * (scale: NIRScale, factor: NIRScale) -> NIRScale {
        switch (scale, factor) {
        case (.uniform(let a), .uniform(let b)): .uniform(a * b)
        case (.channels(let a), .channels(let b)): .channels(zip(a, b).map(*))
        case (.channels(let a), .uniform(let b)), (.uniform(let b), .channels(let a)): .channels(a.map { $0 * b })
        }
    }

    var isPositive: Bool {
        switch self {
        case .uniform(let scale): scale > 0
        case .channels(let scales): scales.allSatisfy { $0 > 0 }
        }
    }

    /// Of numbers by element, where one for each position along the first axis says them all; nil where it does not.
    init?(_ elements: [Float], shape: Shape) {
        if Set(elements).count <= 1 {
            self = .uniform(elements.first ?? 1)
            return
        }
        let inner = shape.rowCount
        let scales = stride(from: 0, to: elements.count, by: inner).map { elements[$0] }
        self = .channels(scales)
        guard self.elements(shape) == elements else { return nil }
    }
}
