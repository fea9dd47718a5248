public import VolleyTensors

/// An array in the IDX format, in which the MNIST family of data sets is published, also if compressed with gzip.
///
/// Source: http://yann.lecun.com/exdb/mnist/, "The IDX file format".
public struct IDXFile: Sendable {
    public let path: String
    public let elementType: ElementType
    /// The first length is the number of items.
    public let shape: Shape
    private let data: [UInt8]

    private static let elementTypes: [UInt8: ElementType] = [
        0x08: .uint8, 0x09: .int8, 0x0B: .int16, 0x0C: .int32, 0x0D: .float32, 0x0E: .float64,
    ]

    /// - Throws: `FormatError`.
    public init(path: String) throws {
        var source = try ByteSource(path: path)
        let magic = try source.read(4)
        guard magic[0] == 0, magic[1] == 0, let elementType = IDXFile.elementTypes[magic[2]] else {
            let message = """
                The file is no IDX file: it begins with the bytes \(magic); expected 0, 0, an element type (8, 9, 11…14) \
                and the number of axes.
                """
            throw FormatError(.malformed, message, path: path, offset: 0)
        }
        let lengthBytes = try source.read(4 * Int(magic[3]))
        let lengths = (0..<Int(magic[3])).map { Int(lengthBytes.uint32(at: 4 * $0, .big)) }
        guard let extent = elementType.extent(of: lengths) else {
            let message = "The array has the lengths \(lengths), which are too many or too large."
            throw FormatError(.tooLarge, message, path: path, offset: 4)
        }
        data = try source.read(extent.byteCount)
        try source.expectEnd()
        self.path = path
        self.elementType = elementType
        shape = extent.shape
    }

    /// The number of items: the first length, 1 for an array without axes.
    public var count: Int { shape.dimensions.first ?? 1 }

    /// All elements, as `ElementType` says.
    public var tensor: Tensor {
        Tensor(shape, elementType.floats(in: data, at: 0, count: shape.count, .big))
    }

    /// The elements of a vector of integers.
    /// - Throws: `FormatError` (`unsupported`) where the array has more axes or other elements.
    public func labels() throws -> [Int] {
        guard shape.rank == 1, [.uint8, .int8, .int16, .int32].contains(elementType) else {
            let message = "Labels are a vector of integers; this file holds \(elementType.rawValue) \(shape)."
            throw FormatError(.unsupported, message, path: path)
        }
        return tensor.values.map { Int($0) }
    }

    /// The image at `index` of an array of bytes with the axes item, row, column.
    /// - Precondition: `index` is below `count`.
    /// - Throws: `FormatError` (`unsupported`) where the array has other axes or elements.
    public func image(_ index: Int) throws -> RasterImage {
        guard shape.rank == 3, elementType == .uint8 else {
            let message = "Images are bytes with three axes; this file holds \(elementType.rawValue) \(shape)."
            throw FormatError(.unsupported, message, path: path)
        }
        let length = shape.rowCount
        return RasterImage(
            width: shape[2], height: shape[1], channels: 1, pixels: Array(data[index * length..<(index + 1) * length]))
    }
}
