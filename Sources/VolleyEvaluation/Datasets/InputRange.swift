internal import Foundation
public import VolleyGraph
public import VolleyTensors

/// Tells pixels that nobody normalised from inputs as a network reads them, by the range of their values.
public enum InputRange {
    /// A note where floats that are fed as they are lie in 0…1 or in 0…255 like bare pixels, while the network's
    /// preprocessing makes values of another range.
    public static func note(on values: [Float], in file: String, for preprocessing: Preprocessing) -> Diagnostic? {
        guard let least = values.min(), let most = values.max(), least >= 0, most > 0, most <= 255 else { return nil }
        let scale: Float = most <= 1 ? 1 : 255
        var (low, high) = (Float.infinity, -Float.infinity)
        for (mean, deviation) in zip(preprocessing.mean, preprocessing.deviation) {
            low = min(low, -mean / deviation)
            high = max(high, (1 - mean) / deviation)
        }
        let tolerance: Float = 1e-3
        guard abs(low) > tolerance || abs(high / scale - 1) > tolerance else { return nil }
        let count = Double(values.count)
        var (sum, squares) = (0.0, 0.0)
        for value in values { sum += Double(value) }
        let mean = sum / count
        for value in values {
            let difference = Double(value) - mean
            squares += difference * difference
        }
        let deviation = (squares / count).squareRoot()
        let expectedMean = list(preprocessing.mean)
        let expectedDeviation = list(preprocessing.deviation)
        let message = """
            The floats lie in 0…\(Int(scale)) with mean \(short(mean)) and deviation \(short(deviation)), like pixels that are not \
            normalised, and are fed as they are. Expected are (pixel − mean) / deviation of pixels in 0…1 with mean \
            \(expectedMean) and deviation \(expectedDeviation): values in \(short(Double(low)))…\(short(Double(high))) with a mean \
            near 0 and a deviation near 1.
            """
        return Diagnostic(file, message)
    }

    private static func short(_ number: Double) -> String { String(format: "%.4g", number) }

    /// One number where all are equal.
    private static func list(_ numbers: [Float]) -> String {
        let distinct = Set(numbers).count == 1 ? Array(numbers.prefix(1)) : numbers
        return distinct.map { short(Double($0)) }.joined(separator: ", ")
    }
}

extension Dataset {
    /// What is worth knowing about how the samples are fed to a network: a layout that is changed, pixels that are not
    /// normalised.
    public func feedingNotes(inputShape: Shape, preprocessing: Preprocessing?) -> [Diagnostic] {
        guard case .values(let tensor) = source, let found = sampleShape else { return [] }
        let layout = ArrayLayout(of: found, as: inputShape)?.note(found, inputShape).map { Diagnostic(path, $0) }
        let range = preprocessing.flatMap { InputRange.note(on: tensor.values, in: path, for: $0) }
        return [layout, range].compactMap { $0 }
    }
}
