internal import VolleyTensors

/// Every value that was seen.
public struct EveryValue: Observer, Hashable {
    public static let title = "every value"

    private var values: [Float] = []

    public init() {}

    public mutating func add(_ observation: Observation) { values += observation.value.values }

    public mutating func merge(_ other: EveryValue) { values += other.values }

    /// Nil where no value was seen.
    public var extremes: ClosedRange<Float>? { values.extremes }

    /// The values, ascending, of the neurons of one place on the last axis.
    /// - Parameters:
    ///   - place: counted from 0.
    ///   - length: of the last axis of all values.
    public func values(at place: Int, of length: Int) -> [Float] {
        stride(from: place, to: values.count, by: length).map { values[$0] }.sorted()
    }

    /// Order does not count.
    public static func == (a: EveryValue, b: EveryValue) -> Bool { a.values.sorted() == b.values.sorted() }

    public func hash(into hasher: inout Hasher) { hasher.combine(values.sorted()) }
}
