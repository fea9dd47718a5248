public import VolleyTensors

/// How far numbers lie from those that were expected.
///
/// It is never small by accident: arrays of unequal shape, lists of no elements, a number beside NaN, and unequal infinities differ by
/// infinity. Two NaNs do not differ.
public struct Difference: Sendable, CustomStringConvertible {
    /// The largest |found − expected|.
    public private(set) var absolute: Float = 0
    /// The largest finite |expected|.
    public private(set) var scale: Float = 0
    /// ‖found − expected‖ / ‖expected‖.
    public private(set) var ofNorms: Float = 0
    /// Where the largest difference is and what stands there.
    public private(set) var description = "equal"

    /// The largest difference as a multiple of the largest expected size.
    public var relative: Float { absolute == 0 ? 0 : absolute / scale }

    public init(_ found: Tensor?, _ expected: Tensor?) {
        guard let found, let expected else {
            self = .infinite("\(found == nil ? "the found array" : "the expected array") is missing")
            return
        }
        guard found.shape == expected.shape else {
            self = .infinite("shape \(found.shape), expected \(expected.shape)")
            return
        }
        self.init(found.values, expected.values) { index in
            let position = expected.shape.dimensions.indices.map { axis in
                index / expected.shape.strides[axis] % expected.shape[axis]
            }
            return "\(position)"
        }
    }

    public init(_ found: [Float], _ expected: [Float]) {
        guard found.count == expected.count, !expected.isEmpty else {
            self = .infinite("\(found.count) elements, expected \(expected.count)")
            return
        }
        self.init(found, expected) { "[\($0)]" }
    }

    private init(_ found: [Float], _ expected: [Float], place: (Int) -> String) {
        var (squares, sizes) = (0.0, 0.0)
        for (index, right) in expected.enumerated() {
            let left = found[index]
            if right.isFinite { scale = max(scale, abs(right)) }
            if left == right || left.isNaN && right.isNaN { sizes += Double(right * right); continue }
            let distance = abs(left - right)
            if distance.isNaN || distance > absolute {
                absolute = distance.isNaN ? .infinity : distance
                description = "at \(place(index)) \(left), expected \(right)"
            }
            squares += Double(distance) * Double(distance)
            sizes += Double(right) * Double(right)
        }
        if absolute > 0 {
            ofNorms = sizes > 0 && squares.isFinite && sizes.isFinite ? Float((squares / sizes).squareRoot()) : .infinity
            description += ": \(absolute), where sizes go up to \(scale)"
        }
    }

    private static func infinite(_ reason: String) -> Difference {
        var difference = Difference([0], [0])
        (difference.absolute, difference.ofNorms, difference.description) = (.infinity, .infinity, reason)
        return difference
    }
}

/// Two collections of unequal length were to be compared element by element.
public struct UnequalCounts: Error, CustomStringConvertible {
    public let description: String
}

/// The elements of two collections side by side: unlike `zip`, which leaves out what only one of them has.
/// - Throws: ``UnequalCounts``.
public func paired<A: Collection, B: Collection>(_ a: A, _ b: B) throws -> [(A.Element, B.Element)] {
    guard a.count == b.count else { throw UnequalCounts(description: "\(a.count) elements against \(b.count)") }
    return Array(zip(a, b))
}
