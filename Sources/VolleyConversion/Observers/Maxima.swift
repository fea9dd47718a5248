internal import VolleyGraph
internal import VolleyTensors

/// The largest value of every channel: of every position along one axis of the value, over all samples and all other axes.
public struct ChannelMaximum: Observer, Hashable {
    public static let title = "maximum per channel"

    private let axis: Int
    /// By channel; empty where no value was seen.
    public private(set) var maxima: [Float] = []

    /// - Parameter axis: the axis of the channels, counted from 0 with the batch axis; from the end where it is negative.
    public init(axis: Int) { self.axis = axis }

    public mutating func add(_ observation: Observation) {
        let lengths = observation.value.shape.dimensions
        let position = axis < 0 ? lengths.count + axis : axis
        precondition(lengths.indices.contains(position), "an axis of the value")
        let (channels, inner) = (lengths[position], lengths[(position + 1)...].reduce(1, *))
        guard observation.value.count > 0 else { return }
        maxima.raise(toCount: channels)
        for (index, value) in observation.value.values.enumerated() {
            let channel = index / inner % channels
            if value > maxima[channel] { maxima[channel] = value }
        }
    }

    public mutating func merge(_ other: ChannelMaximum) { maxima.raise(to: other.maxima) }
}

/// The largest value of every neuron: of every element of the value of one sample, over all samples.
///
/// Where samples met, or where the value is the same for all of them, every element of the value is a neuron.
public struct NeuronMaximum: Observer, Hashable {
    public static let title = "maximum per neuron"

    /// By neuron, in the order of the value of one sample; empty where no value was seen.
    public private(set) var maxima: [Float] = []

    public init() {}

    /// - Precondition: all observations are of values of one shape per sample.
    public mutating func add(_ observation: Observation) {
        let values = observation.value.values
        guard !values.isEmpty else { return }
        guard let axis = observation.batchAxis else { return maxima.raise(to: values) }
        // The value is [outer, samples, inner].
        let outer = axis.outer(observation.value.shape.dimensions)
        let inner = values.count / (outer * observation.samples)
        maxima.raise(toCount: outer * inner)
        for row in 0..<outer * observation.samples {
            let first = row / observation.samples * inner
            for index in 0..<inner {
                let value = values[row * inner + index]
                if value > maxima[first + index] { maxima[first + index] = value }
            }
        }
    }

    public mutating func merge(_ other: NeuronMaximum) { maxima.raise(to: other.maxima) }
}

extension [Float] {
    /// Makes room for so many maxima of nothing.
    fileprivate mutating func raise(toCount count: Int) {
        if isEmpty { self = [Float](repeating: -.infinity, count: count) }
        precondition(self.count == count, "values of one shape per sample")
    }

    /// The larger of both, element by element.
    fileprivate mutating func raise(to other: [Float]) {
        guard !other.isEmpty else { return }
        raise(toCount: other.count)
        for index in indices where other[index] > self[index] { self[index] = other[index] }
    }
}
