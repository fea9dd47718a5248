import Foundation
public import VolleyTensors

/// One file of CIFAR-10 or CIFAR-100 in its binary version: 32 × 32 RGB images and their labels.
///
/// Source: Krizhevsky, *Learning Multiple Layers of Features from Tiny Images*, 2009, and
/// https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
public struct CIFARFile: Sendable {
    public enum Kind: String, Sendable, Hashable, CaseIterable, Codable {
        case cifar10, cifar100

        /// CIFAR-100 has a coarse label (0…19) before the fine one.
        fileprivate var labelLimits: [UInt8] { self == .cifar10 ? [10] : [20, 100] }
        fileprivate var recordLength: Int { labelLimits.count + CIFARFile.imageLength }
    }

    /// The height and width of an image in pixels.
    public static let side = 32
    private static let imageLength = 3 * side * side

    public let kind: Kind
    /// For each image its class, in CIFAR-100 the fine one.
    public let labels: [Int]
    /// For each image its superclass (0…19); empty for CIFAR-10.
    public let coarseLabels: [Int]
    private let file: InputFile

    /// Opens a file and reads its labels.
    /// - Parameter kind: which data set it is; if nil, the file's size decides, and its name where the size fits both.
    /// - Throws: `FormatError`.
    public init(path: String, kind: Kind? = nil) throws {
        let file = try InputFile.opening(path)
        let kind = try kind ?? CIFARFile.kind(of: file)
        let length = kind.recordLength
        guard file.count > 0, file.count % length == 0 else {
            let message = """
                The file has \(file.count) bytes; expected a multiple of \(length), the size of a record. Fetch it again.
                """
            throw FormatError(.truncated, message, path: path)
        }
        let columns = try kind.labelLimits.enumerated().map { column, limit in
            try CIFARFile.column(column, below: limit, recordLength: length, of: file)
        }
        self.file = file
        self.kind = kind
        labels = columns[columns.count - 1]
        coarseLabels = columns.count > 1 ? columns[0] : []
    }

    /// The number of images.
    public var count: Int { labels.count }

    public var path: String { file.path }

    /// - Precondition: `index` is below `count`.
    /// - Throws: `FileError` where the file cannot be read any more.
    public func image(_ index: Int) throws -> RasterImage {
        let planes = try planes(index)
        let area = CIFARFile.side * CIFARFile.side
        var pixels: [UInt8] = []
        pixels.reserveCapacity(planes.count)
        for pixel in 0..<area { pixels += [planes[pixel], planes[area + pixel], planes[2 * area + pixel]] }
        return RasterImage(width: CIFARFile.side, height: CIFARFile.side, channels: 3, pixels: pixels)
    }

    /// Images as a tensor [N, 3, 32, 32] of values 0…255.
    /// - Precondition: `range` lies inside 0 ..< `count`.
    /// - Throws: `FileError` where the file cannot be read any more.
    public func tensor(_ range: Range<Int>) throws -> Tensor {
        let values = try range.flatMap { try planes($0).map { Float($0) } }
        return Tensor([range.count, 3, CIFARFile.side, CIFARFile.side], values)
    }

    /// The red, the green and the blue plane of an image.
    private func planes(_ index: Int) throws -> [UInt8] {
        precondition(index >= 0 && index < count, "image \(index) of \(count)")
        let end = (index + 1) * kind.recordLength
        return try file.bytes(end - CIFARFile.imageLength..<end)
    }

    /// The byte at this position of each record.
    private static func column(
        _ column: Int, below limit: UInt8, recordLength: Int, of file: InputFile
    ) throws -> [Int] {
        try stride(from: column, to: file.count, by: recordLength).map { offset in
            let label = try file.bytes(offset..<offset + 1)[0]
            guard label < limit else {
                let message = "The label is \(label); expected less than \(limit). This is no CIFAR file."
                throw FormatError(.malformed, message, path: file.path, offset: offset)
            }
            return Int(label)
        }
    }

    private static func kind(of file: InputFile) throws -> Kind {
        let fitting = Kind.allCases.filter { file.count > 0 && file.count % $0.recordLength == 0 }
        if fitting.count == 1 { return fitting[0] }
        guard !fitting.isEmpty else {
            let message = """
                The file has \(file.count) bytes, which is a multiple neither of 3073 (CIFAR-10) nor of 3074 (CIFAR-100). \
                Fetch it again.
                """
            throw FormatError(.truncated, message, path: file.path)
        }
        let name = URL(filePath: file.path).lastPathComponent.lowercased()
        if name.contains("100") || ["train.bin", "test.bin"].contains(name) { return .cifar100 }
        if name.contains("10") || name.contains("batch") { return .cifar10 }
        let message = "The file's size fits CIFAR-10 and CIFAR-100, and its name tells neither. Say which one it is."
        throw FormatError(.unsupported, message, path: file.path)
    }
}
