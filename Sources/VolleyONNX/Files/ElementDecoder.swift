import Foundation

/// Turns the little-endian bytes of a tensor into floats, or, for integers and 64-bit floats, into exact numbers.
struct ElementDecoder {
    let type: Onnx_TensorProto.DataType

    /// The size of so many elements in bytes.
    func byteCount(of count: Int) -> Int { isHalfByte ? (count + 1) / 2 : count * elementSize }

    /// Whether two elements share a byte, the first one in its lower half.
    private var isHalfByte: Bool { type == .int4 || type == .uint4 }

    private var elementSize: Int {
        switch type {
        case .int8, .uint8, .bool: 1
        case .int16, .uint16, .float16, .bfloat16: 2
        case .int64, .uint64, .double: 8
        default: 4
        }
    }

    /// - Precondition: `data` holds `count` elements, and the type is one that ``ElementKind`` knows.
    func decode(_ data: Data, count: Int) -> Known.Content {
        if isHalfByte { return halfBytes(data, count) }
        return switch type {
        case .float: .floats(elements(data, count) { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) })
        case .float16: .floats(elements(data, count) { Float(float16: UInt16(truncatingIfNeeded: $0)) })
        case .bfloat16: .floats(elements(data, count) { Float(bitPattern: UInt32(truncatingIfNeeded: $0) << 16) })
        case .double: numbers(data, count) { Double(bitPattern: $0) }
        case .bool: numbers(data, count) { $0 == 0 ? 0 : 1 }
        case .int8: numbers(data, count) { Double(Int8(truncatingIfNeeded: $0)) }
        case .int16: numbers(data, count) { Double(Int16(truncatingIfNeeded: $0)) }
        case .int32: numbers(data, count) { Double(Int32(truncatingIfNeeded: $0)) }
        case .int64: numbers(data, count) { Double(Int64(bitPattern: $0)) }
        default: numbers(data, count) { Double($0) }
        }
    }

    private func halfBytes(_ data: Data, _ count: Int) -> Known.Content {
        let bytes = [UInt8](data)
        return .numbers((0..<count).map { halfByte(Int(bytes[$0 / 2] >> (4 * ($0 % 2)))) })
    }

    /// The element in the lower half of a byte.
    func halfByte(_ bits: Int) -> KnownNumber {
        let value = bits & 15
        return KnownNumber(type == .int4 && value > 7 ? value - 16 : value)
    }

    private func numbers(_ data: Data, _ count: Int, _ convert: (UInt64) -> Double) -> Known.Content {
        .numbers(elements(data, count) { KnownNumber(convert($0)) })
    }

    /// Converts piece by piece, so that no second copy of all bytes is made.
    @inline(__always)
    private func elements<Element>(_ data: Data, _ count: Int, _ convert: (UInt64) -> Element) -> [Element] {
        let size = elementSize
        var result: [Element] = []
        result.reserveCapacity(count)
        let pieceLength = 1 << 18
        for start in stride(from: 0, to: count, by: pieceLength) {
            let end = min(start + pieceLength, count)
            let bytes = [UInt8](data[data.startIndex + start * size..<data.startIndex + end * size])
            for element in 0..<end - start {
                var bits: UInt64 = 0
                for byte in 0..<size { bits |= UInt64(bytes[element * size + byte]) << UInt64(8 * byte) }
                result.append(convert(bits))
            }
        }
        return result
    }
}

extension Float {
    /// The value of an IEEE 754 binary16 number; exact.
    init(float16 bits: UInt16) {
        let magnitude = UInt32(bits & 0x7FFF) << 13
        // Moving the exponent field by 112 is a multiplication, which also normalises the subnormal numbers.
        let finite = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
        let isFinite = bits & 0x7C00 != 0x7C00
        self.init(bitPattern: (isFinite ? finite : magnitude | 0x7F80_0000) | UInt32(bits & 0x8000) << 16)
    }
}
