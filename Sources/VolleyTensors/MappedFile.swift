import Foundation

/// The bytes of a file, mapped into memory: pages are read when they are first touched.
public struct MappedFile: Sendable {
    public let path: String
    private let data: Data

    /// - Throws: the system's error when the file cannot be opened.
    public init(path: String) throws {
        self.path = path
        data = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped)
    }

    /// The file's length in bytes.
    public var count: Int { data.count }

    /// Copies bytes out.
    /// - Precondition: `range` lies inside the file.
    public func bytes(_ range: Range<Int>) -> [UInt8] {
        let start = data.startIndex
        return [UInt8](data[start + range.lowerBound..<start + range.upperBound])
    }

    public var allBytes: [UInt8] { bytes(0..<count) }
}
