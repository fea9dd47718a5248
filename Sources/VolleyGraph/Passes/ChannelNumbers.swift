internal import VolleyTensors

/// A number for each channel of a value, or one for all.
struct ChannelNumbers {
    var values: [Double]
    /// The axis of the channels, counted from the end; nil where there is one number.
    var axisFromEnd: Int?

    init(_ value: Double) { values = [value] }

    /// - Returns: nil for a constant that differs along more than one axis.
    init?(_ tensor: Tensor) {
        let axes = tensor.shape.dimensions.indices.filter { tensor.shape[$0] != 1 }
        guard axes.count <= 1, tensor.count > 0, tensor.values.allSatisfy(\.isFinite) else { return nil }
        values = tensor.values.map(Double.init)
        axisFromEnd = axes.first.map { tensor.shape.rank - $0 }
    }

    /// `function` of both, channel by channel; nil where they differ along different axes.
    func combined(_ other: Self, _ function: (Double, Double) -> Double) -> Self? {
        if values.count == 1 && axisFromEnd == nil {
            var result = other
            result.values = other.values.map { function(values[0], $0) }
            return result
        }
        var result = self
        if other.values.count == 1 && other.axisFromEnd == nil {
            result.values = values.map { function($0, other.values[0]) }
        } else {
            guard axisFromEnd == other.axisFromEnd, values.count == other.values.count else { return nil }
            result.values = zip(values, other.values).map(function)
        }
        return result
    }

    func mapped(_ function: (Double) -> Double) -> Self {
        var result = self
        result.values = values.map(function)
        return result
    }

    /// The number, where all channels have the same, but for the rounding of numbers in a model file.
    var common: Double? {
        values.allSatisfy { abs($0 - values[0]) <= 1e-6 * max(1, abs(values[0])) || $0 == values[0] } ? values[0] : nil
    }

    /// Whether every number is close to `value`, against a size of its own.
    func isClose(to value: Double, size: Double = 1) -> Bool { values.allSatisfy { abs($0 - value) <= 1e-5 * size } }

    /// The numbers as a model file holds them; nil where they are none of 32 bits.
    var exactFloats: [Float]? {
        let floats = values.map { Float($0) }
        return zip(floats, values).allSatisfy { abs(Double($0) - $1) <= 1e-12 * abs($1) } ? floats : nil
    }
}
