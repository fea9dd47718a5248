public import VolleyTensors

/// One length of a value's shape: a number, or a number times the batch size N, which stays free until the network runs.
public struct SymbolicLength: Hashable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// The length, or the factor of N.
    public var size: Int
    public var scalesWithBatch: Bool

    public init(_ size: Int, scalesWithBatch: Bool = false) {
        self.size = size
        self.scalesWithBatch = scalesWithBatch
    }

    public init(integerLiteral value: Int) { self.init(value) }

    /// N itself.
    public static let batch = SymbolicLength(1, scalesWithBatch: true)

    public func resolved(batch: Int) -> Int { scalesWithBatch ? size * batch : size }

    public var description: String {
        scalesWithBatch ? (size == 1 ? "N" : "\(size)N") : String(size)
    }
}

extension SymbolicLength: Codable {
    /// A number, or a string such as "N" or "4N".
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let size = try? container.decode(Int.self) {
            self.init(size)
        } else {
            let text = try container.decode(String.self)
            guard text.hasSuffix("N"), let size = text == "N" ? 1 : Int(text.dropLast()), size > 0 else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "a length is a number or a multiple of N, not '\(text)'")
            }
            self.init(size, scalesWithBatch: true)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if scalesWithBatch { try container.encode(description) } else { try container.encode(size) }
    }
}

/// The shape of a value in a graph, with a free batch size.
public struct SymbolicShape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
    public var dimensions: [SymbolicLength]

    public init(_ dimensions: [SymbolicLength]) { self.dimensions = dimensions }
    public init(_ shape: Shape) { dimensions = shape.dimensions.map { SymbolicLength($0) } }
    public init(arrayLiteral elements: SymbolicLength...) { dimensions = elements }

    public var rank: Int { dimensions.count }

    public subscript(axis: Int) -> SymbolicLength {
        get { dimensions[axis] }
        set { dimensions[axis] = newValue }
    }

    public func resolved(batch: Int) -> Shape { Shape(dimensions.map { $0.resolved(batch: batch) }) }

    /// Whether any length depends on the batch size.
    public var scalesWithBatch: Bool { dimensions.contains(where: \.scalesWithBatch) }

    /// The most elements that one sample's part of a value may have: 8 GiB.
    public static let maximumCount = 1 << 31

    /// Whether a value can have this shape: few enough axes, lengths that are possible, and at most ``maximumCount`` elements
    /// along its axes of positive length. For such a shape no product of lengths overflows.
    public var isSupported: Bool {
        guard rank <= Tensor.maximumRank else { return false }
        var count = 1
        for dimension in dimensions {
            guard dimension.size >= (dimension.scalesWithBatch ? 1 : 0) else { return false }
            let (product, overflow) = count.multipliedReportingOverflow(by: max(1, dimension.size))
            guard !overflow, product <= Self.maximumCount else { return false }
            count = product
        }
        return true
    }

    /// What is wrong with a shape that is not supported.
    var limits: String {
        "a value of shape \(self) is not supported: at most \(Tensor.maximumRank) axes and \(Self.maximumCount) elements per sample"
    }

    /// The shape of one sample's part: N = 1.
    public var perSample: Shape { resolved(batch: 1) }

    /// The shape of an element-wise combination: axes are aligned at the end, a length of 1 stretches.
    /// - Returns: nil when the shapes do not fit.
    public func broadcast(with other: SymbolicShape) -> SymbolicShape? {
        let rank = max(rank, other.rank)
        var result: [SymbolicLength] = []
        for axis in 0..<rank {
            let left = axis < rank - self.rank ? 1 : dimensions[axis - (rank - self.rank)]
            let right = axis < rank - other.rank ? 1 : other.dimensions[axis - (rank - other.rank)]
            if left == right || right == 1 {
                result.append(left)
            } else if left == 1 {
                result.append(right)
            } else {
                return nil
            }
        }
        return SymbolicShape(result)
    }

    public var description: String { "[" + dimensions.map(\.description).joined(separator: ", ") + "]" }
}

extension SymbolicShape: Codable {
    public init(from decoder: any Decoder) throws {
        dimensions = try decoder.singleValueContainer().decode([SymbolicLength].self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(dimensions)
    }
}
