import VolleyGraph

extension Configuration {
    /// A number for each channel, of which a single one holds for all; positive where `key` is that of a deviation.
    func perChannel(_ key: String, channels: Size) throws -> [Double]? {
        guard var numbers = try numbers(key) else { return nil }
        if numbers.count == 1 { numbers = [Double](repeating: numbers[0], count: channels.value) }
        guard numbers.count == channels.value else {
            let message = """
                \(name(of: key)) has \(numbers.count) values, but the network reads \(channels.value) channels \
                (\(channels.origin)).
                """
            throw ModelError(.contradiction, message, path: path)
        }
        guard !key.hasSuffix("std") || numbers.allSatisfy(PixelStatistics.deviations.contains) else {
            throw wrongValue(key, expected: "numbers greater than 0 and at most 255")
        }
        guard numbers.allSatisfy({ abs($0) <= 255 }) else { throw wrongValue(key, expected: "numbers of at most 255") }
        return numbers
    }

    /// Mean and deviation in units of a pixel's full scale.
    func pixels(
        mean: [Double], _ meanKey: String, deviation: [Double], _ deviationKey: String
    ) throws -> (mean: [Float], deviation: [Float]) {
        guard let statistics = PixelStatistics(mean: mean, deviation: deviation) else {
            let message = """
                \(name(of: meanKey)) is \(mean) and \(name(of: deviationKey)) is \(deviation), which are not in one unit. \
                \(PixelStatistics.rule)
                """
            throw ModelError(.contradiction, message, path: path)
        }
        return (statistics.mean, statistics.deviation)
    }
}
