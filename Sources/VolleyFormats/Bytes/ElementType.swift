import VolleyTensors

/// How a file stores the elements of an array. Every one is read into a `Tensor` of `Float`.
///
/// The small types, `float32` and integers up to 2^24 are exact there; larger integers and `float64` round to the nearest
/// `Float`, `float64` beyond its range to an infinity. Booleans become 0 and 1.
public enum ElementType: String, Sendable, Hashable, CaseIterable, Codable {
    case bool, int8, uint8, int16, uint16, int32, uint32, int64, uint64, float16, bfloat16, float32, float64

    /// The size of one element in bytes.
    public var byteCount: Int {
        switch self {
        case .bool, .int8, .uint8: 1
        case .int16, .uint16, .float16, .bfloat16: 2
        case .int32, .uint32, .float32: 4
        case .int64, .uint64, .float64: 8
        }
    }
}

extension ElementType {
    /// The shape with these lengths and its size in bytes; nil where a length is negative, there are more than 64 of them,
    /// or a product of some of them leaves the range of `Int` (also where another length is 0).
    func extent(of lengths: [Int]) -> (shape: Shape, byteCount: Int)? {
        guard lengths.count <= 64 else { return nil }
        var bytes = byteCount
        for length in lengths {
            guard length >= 0 else { return nil }
            let (product, overflow) = bytes.multipliedReportingOverflow(by: Swift.max(length, 1))
            guard !overflow else { return nil }
            bytes = product
        }
        return (Shape(lengths), lengths.contains(0) ? 0 : bytes)
    }

    /// Converts `count` elements that start at `offset`. The caller has checked that they lie inside `bytes`.
    func floats(in bytes: [UInt8], at offset: Int, count: Int, _ order: ByteOrder) -> [Float] {
        switch self {
        case .bool: (0..<count).map { bytes[offset + $0] == 0 ? 0 : 1 }
        case .uint8: (0..<count).map { Float(bytes[offset + $0]) }
        case .int8: (0..<count).map { Float(Int8(bitPattern: bytes[offset + $0])) }
        case .uint16: (0..<count).map { Float(bytes.uint16(at: offset + 2 * $0, order)) }
        case .int16: (0..<count).map { Float(Int16(bitPattern: bytes.uint16(at: offset + 2 * $0, order))) }
        case .float16: (0..<count).map { Float(float16: bytes.uint16(at: offset + 2 * $0, order)) }
        case .bfloat16:
            (0..<count).map { Float(bitPattern: UInt32(bytes.uint16(at: offset + 2 * $0, order)) << 16) }
        case .uint32: (0..<count).map { Float(bytes.uint32(at: offset + 4 * $0, order)) }
        case .int32: (0..<count).map { Float(Int32(bitPattern: bytes.uint32(at: offset + 4 * $0, order))) }
        case .float32: (0..<count).map { Float(bitPattern: bytes.uint32(at: offset + 4 * $0, order)) }
        case .uint64: (0..<count).map { Float(bytes.uint64(at: offset + 8 * $0, order)) }
        case .int64: (0..<count).map { Float(Int64(bitPattern: bytes.uint64(at: offset + 8 * $0, order))) }
        case .float64: (0..<count).map { Float(Double(bitPattern: bytes.uint64(at: offset + 8 * $0, order))) }
        }
    }
}

extension Float {
    /// The value of an IEEE 754 binary16 number; exact. (`Float16` itself does not exist on every platform.)
    @inline(__always)
    init(float16 bits: UInt16) {
        let magnitude = UInt32(bits & 0x7FFF) << 13
        // Moving the exponent field by 112 is a multiplication, which also normalises the subnormal numbers.
        let finite = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
        let isFinite = bits & 0x7C00 != 0x7C00
        self.init(bitPattern: (isFinite ? finite : magnitude | 0x7F80_0000) | UInt32(bits & 0x8000) << 16)
    }
}
