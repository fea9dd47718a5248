public import VolleyTensors

/// An array from an `.npy` file.
public struct NpyArray: Sendable, Hashable {
    /// How the file stores the elements, so that an image of bytes can be told from one of floats.
    public let elementType: ElementType
    /// The elements in row-major order, whichever order and byte order the file has; converted as `ElementType` says.
    public let tensor: Tensor

    public var shape: Shape { tensor.shape }

    /// Reads a file of version 1.0, 2.0 or 3.0 with booleans, integers or real numbers. Python objects are never read.
    /// - Throws: `FormatError`.
    public init(path: String) throws {
        try self.init(bytes: InputFile.opening(path).allBytes, name: path)
    }

    /// Reads the bytes of a file.
    /// - Parameter name: stands in the errors in place of a path.
    /// - Throws: `FormatError`.
    public init(bytes: [UInt8], name: String) throws {
        let header = try NpyHeader(bytes, path: name)
        guard let extent = header.elementType.extent(of: header.lengths) else {
            let message = "The array's shape \(header.lengths) is too large for this computer."
            throw FormatError(.tooLarge, message, path: name)
        }
        let found = bytes.count - header.dataStart
        guard found == extent.byteCount else {
            let message = """
                The array \(extent.shape) of \(header.elementType.rawValue) needs \(extent.byteCount) bytes, but \(found) \
                follow the header. Fetch or save the file again.
                """
            let code: FormatError.Code = found < extent.byteCount ? .truncated : .malformed
            throw FormatError(code, message, path: name, offset: header.dataStart)
        }
        elementType = header.elementType
        let values = elementType.floats(in: bytes, at: header.dataStart, count: extent.shape.count, header.order)
        tensor =
            header.isFortranOrdered
            ? Tensor(extent.shape, NpyArray.rowMajor(values, extent.shape)) : Tensor(extent.shape, values)
    }

    /// Reorders elements of which the first index runs fastest.
    private static func rowMajor(_ values: [Float], _ shape: Shape) -> [Float] {
        let rank = shape.rank
        var strides = [Int](repeating: 1, count: rank)
        for axis in 1..<max(rank, 1) { strides[axis] = strides[axis - 1] * shape[axis - 1] }
        var index = [Int](repeating: 0, count: rank)
        var source = 0
        return values.indices.map { _ in
            let value = values[source]
            for axis in (0..<rank).reversed() {
                index[axis] += 1
                source += strides[axis]
                guard index[axis] == shape[axis] else { break }
                source -= shape[axis] * strides[axis]
                index[axis] = 0
            }
            return value
        }
    }
}
