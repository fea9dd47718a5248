import VolleyGraph

/// A number known at import, or a multiple of the batch size N.
///
/// Sums, products and quotients stay exact; what is neither (N + 1, N·N) is refused.
struct KnownNumber: Hashable, Sendable {
    /// The number, or the factor of N.
    var value: Double
    var scalesWithBatch = false

    init(_ value: Double, scalesWithBatch: Bool = false) {
        self.value = value
        self.scalesWithBatch = scalesWithBatch && value != 0
    }

    init(_ value: Int) { self.init(Double(value)) }
    init(_ dimension: SymbolicLength) { self.init(Double(dimension.size), scalesWithBatch: dimension.scalesWithBatch) }
    init(_ truth: Bool) { self.init(truth ? 1 : 0) }

    /// The value as an integer, cut to the range of `Int`; NaN is 0.
    var integer: Int {
        if value.isNaN { return 0 }
        return value >= 0x1p63 ? .max : value <= -0x1p63 ? .min : Int(value)
    }

    /// - Returns: nil for negative and for absurdly large numbers.
    var dimension: SymbolicLength? {
        (0...Double(Limits.length)).contains(value) ? SymbolicLength(Int(value), scalesWithBatch: scalesWithBatch) : nil
    }
}

/// What a model may ask for; anything beyond is taken for damage.
enum Limits {
    /// Of one axis.
    static let length = 1 << 31
    /// Stands for ∞ in the graph: it swallows every score, and can be added up.
    static let infinity: Float = 1e30
    /// The largest finite number of a graph; the lowest float, which masks too, is cut to its negative. Two of them make an
    /// infinity, as two lowest floats do.
    static let magnitude: Float = 5e29
    /// What is larger stands for an infinity.
    static let beyond: Float = 7.5e29

    /// What stands for a number in the graph.
    static func bounded(_ number: Float) -> Float {
        number.isInfinite ? (number < 0 ? -infinity : infinity) : min(max(number, -magnitude), magnitude)
    }

    /// Axes of one value.
    static let rank = 8
    /// Functions and subgraphs inside each other.
    static let depth = 32
    /// Nodes after the model's functions are put in their places: so many, and so many more for each node of the file.
    static let nodes = 1 << 17
    static let nodesPerNode = 16
    /// Operations of the graph, likewise.
    static let operations = 1 << 15
    static let operationsPerNode = 8
    /// Elements of one sample's part of a computed value.
    static let sampleElements = 1 << 28
    /// Parts that a value is cut into.
    static let parts = 1 << 15
    /// Inputs of a sum of products.
    static let factors = 64
    /// Bytes of a name, and of what is said of one node; what is longer is cut.
    static let name = 1000
    static let message = 4000
}
