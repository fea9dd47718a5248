/// The mean and deviation that images are normalised with, in units of a pixel's full scale.
///
/// People state them of pixels in 0…1 or of pixels in 0…255. They are taken for pixels in 0…1, unless one of the numbers is above
/// 1: then all of them are of pixels in 0…255.
public struct PixelStatistics: Hashable, Sendable {
    public let mean: [Float]
    public let deviation: [Float]

    /// The rule as a sentence, for messages.
    public static let rule = """
        Mean and deviation are of pixels in 0…1, or, where one of their numbers is above 1, all of pixels in 0…255.
        """
    /// Deviations that are accepted, in either unit. A smaller one would make inputs of no use.
    public static let deviations = 1e-6...255.0

    /// - Returns: nil where the numbers are not in one unit: a mean in 0…1, but not 0, beside a deviation above 1, or a
    ///   deviation below 1 beside a mean above 1; or where they are out of range.
    public init?(mean: [Double], deviation: [Double]) {
        let scale: Double = (mean + deviation).contains { $0 > 1 } ? 255 : 1
        if scale == 255 {
            let isMeanOfUnits = mean.contains { $0 != 0 } && mean.allSatisfy { $0 <= 1 }
            guard !isMeanOfUnits, deviation.allSatisfy({ $0 >= 1 }) else { return nil }
        }
        guard mean.allSatisfy({ abs($0) <= 255 }), deviation.allSatisfy(Self.deviations.contains) else { return nil }
        self.mean = mean.map { Float($0 / scale) }
        self.deviation = deviation.map { Float($0 / scale) }
    }
}
