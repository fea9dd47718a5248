import Foundation
import Testing
import VolleyFormats
import VolleyTensors

/// What another program says about an array: an entry of `formats/expected.json`.
struct ExpectedArray {
    let shape: Shape
    let dtype: String
    private let sum: Double
    private let first: [Double]
    private let last: [Double]

    /// The conversion to `Float` rounds each element by at most one part in 2^24.
    private static let rounding = 0x1p-23

    /// Nil where the entry describes no finite array.
    init?(_ entry: Any?) {
        guard let entry = entry as? [String: Any], let lengths = entry["shape"] as? [Int],
            let dtype = entry["dtype"] as? String, let sum = entry["sum"] as? Double,
            let first = entry["first"] as? [Double], let last = entry["last"] as? [Double]
        else { return nil }
        (shape, self.dtype, self.sum, self.first, self.last) = (Shape(lengths), dtype, sum, first, last)
    }

    func verify(_ tensor: Tensor, _ name: String) {
        #expect(tensor.shape == shape, "\(name)")
        #expect(tensor.values.prefix(first.count).elementsEqual(first.map { Float($0) }), "\(name)")
        #expect(tensor.values.suffix(last.count).elementsEqual(last.map { Float($0) }), "\(name)")
        let found = tensor.values.reduce(0) { $0 + Double($1) }
        let magnitude = tensor.values.reduce(0) { $0 + abs(Double($1)) }
        #expect(abs(found - sum) <= Self.rounding * magnitude, "\(name)")
    }
}
