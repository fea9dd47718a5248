public import VolleyTensors

extension KernelWorkload {
    /// The rows of four images of 197 tokens.
    public static let rows = 788
    /// Rows that are held against a product in double precision.
    private static let checkedRows = [0, 11, 787]

    /// Of the sum of the products' sizes: 4096 additions, one after the other, round by 2^-24 each of a partial sum, which is
    /// far smaller than the sum of sizes; 1e-6 is what a single lost or doubled product exceeds a hundredfold.
    private static let tolerance = 1e-6

    /// `[rows, inputs] · [inputs, outputs]` in single precision; the work is multiply-accumulates.
    /// - Throws: ``KernelCheckError`` where a result is not what it must be.
    public static func product(_ kernels: Kernels, inputs: Int, outputs: Int) throws -> KernelWorkload {
        var generator = SeededGenerator(seed: 1)
        let a = generator.uniform(rows * inputs)
        let weight = generator.uniform(outputs * inputs)
        let packed = PackedMatrix(transposing: weight, outputs: outputs, inputs: inputs)
        var c = [Float](repeating: 0, count: rows * outputs)
        kernels.multiply(a, rows: rows, by: packed, into: &c)
        for row in checkedRows {
            for column in 0..<outputs {
                var (sum, size) = (0.0, 0.0)
                for index in 0..<inputs {
                    let term = Double(a[row * inputs + index]) * Double(weight[column * inputs + index])
                    sum += term
                    size += abs(term)
                }
                try KernelCheckError.check(
                    c[row * outputs + column], near: sum, tolerance: tolerance * size, kernels,
                    "product \(inputs)×\(outputs)")
            }
        }
        return KernelWorkload("product \(inputs)×\(outputs)", work: Double(rows * inputs * outputs)) {
            kernels.multiply(a, rows: rows, by: packed, into: &c)
        }
    }
}

extension SeededGenerator {
    /// Values uniformly distributed in −1 ..< 1.
    mutating func uniform(_ count: Int) -> [Float] { (0..<count).map { _ in 2 * uniform() - 1 } }
}
