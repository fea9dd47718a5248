import VolleyTensors

extension Tensor {
    /// Hands the elements on as little-endian bytes, in pieces of at most 4 MiB.
    func forEachPieceOfBytes(_ body: ([UInt8]) throws -> Void) rethrows {
        let pieceLength = 1 << 20
        for start in stride(from: 0, to: values.count, by: pieceLength) {
            let end = min(start + pieceLength, values.count)
            var bytes = [UInt8](repeating: 0, count: 4 * (end - start))
            for index in 0..<end - start {
                let bits = values[start + index].bitPattern
                bytes[4 * index] = UInt8(truncatingIfNeeded: bits)
                bytes[4 * index + 1] = UInt8(truncatingIfNeeded: bits >> 8)
                bytes[4 * index + 2] = UInt8(truncatingIfNeeded: bits >> 16)
                bytes[4 * index + 3] = UInt8(truncatingIfNeeded: bits >> 24)
            }
            try body(bytes)
        }
    }
}
