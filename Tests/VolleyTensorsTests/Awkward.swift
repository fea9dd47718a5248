import Testing
import VolleyTensors

/// Sizes and values at the edges of what kernels do: around multiples of their 16 lanes, at the ends of the number range.
enum Awkward {
    static let sizes = [0, 1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129]

    /// The kernel sets that are held against the scalar one.
    static let vectorKernels = Array(Kernels.available.dropFirst())

    static let specialValues: [Float] = [
        0, -0.0, 1, -1, .infinity, -.infinity, .nan, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
        .leastNormalMagnitude, -.leastNormalMagnitude, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 0x1p-140, 88.7, 88.8,
        -87.4, -103.9, -104.1, 0.625, -0.625, 1e-20,
    ]

    /// Normal values, every third of them special.
    static func values(_ count: Int, seed: UInt64) -> [Float] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            let special = random.next(upperBound: UInt64(3 * specialValues.count))
            return special < UInt64(specialValues.count) ? specialValues[Int(special)] : 4 * random.normal()
        }
    }

    static func finiteValues(_ count: Int, seed: UInt64, deviation: Float = 1) -> [Float] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in deviation * random.normal() }
    }
}

/// Where two arrays differ in their bits; any NaN equals any other, since its payload is the processor's business.
func firstDifference(_ a: [Float], _ b: [Float]) -> String? {
    guard a.count == b.count else { return "\(a.count) against \(b.count) elements" }
    for index in a.indices where a[index].bitPattern != b[index].bitPattern && !(a[index].isNaN && b[index].isNaN) {
        return "element \(index): \(a[index]) against \(b[index])"
    }
    return nil
}

/// How far `value` lies from `exact` in units of the last place of the float nearest to `exact`.
func ulps(_ value: Float, from exact: Double) -> Double {
    let nearest = Float(exact)
    if value == nearest || (value.isNaN && exact.isNaN) { return 0 }
    guard value.isFinite, nearest.isFinite else {
        // The largest float and infinity are neighbours.
        return abs(value) == .greatestFiniteMagnitude || abs(nearest) == .greatestFiniteMagnitude ? 1 : .infinity
    }
    return abs(Double(value) - exact) / Double(nearest.ulp)
}
