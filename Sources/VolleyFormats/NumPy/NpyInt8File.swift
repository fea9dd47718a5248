import Foundation
internal import Synchronization
public import VolleyTensors

/// An `.npy` file of bytes with a sign (dtype `|i1`) that is filled in any order, by several threads at once. What is not written is 0.
public final class NpyInt8File: Sendable {
    public let path: String
    private let start: Int
    private let count: Int
    private let handle: Mutex<FileHandle>

    /// Makes the file at its full length.
    /// - Throws: `FormatError` (`writeFailed`).
    public init(path: String, shape: Shape) throws {
        self.path = path
        count = shape.count
        let header = NpyHeader.encoded("'|i1'", shape)
        start = header.count
        do {
            let url = URL(filePath: path)
            try Data(header).write(to: url)
            let file = try FileHandle(forUpdating: url)
            try file.truncate(atOffset: UInt64(start + count))
            handle = Mutex(file)
        } catch {
            throw AtomicFile.failure(error, path)
        }
    }

    deinit { handle.withLock { try? $0.close() } }

    /// Puts elements at their place in row-major order.
    /// - Precondition: all of them lie inside the array.
    /// - Throws: `FormatError` (`writeFailed`) when the disk is full or fails.
    public func write(_ elements: ArraySlice<Int8>, at place: Int) throws {
        precondition(place >= 0 && place + elements.count <= count, "elements outside the array")
        let bytes = elements.map { UInt8(bitPattern: $0) }
        do {
            try handle.withLock { file in
                try file.seek(toOffset: UInt64(start + place))
                try file.write(contentsOf: bytes)
            }
        } catch {
            throw AtomicFile.failure(error, path)
        }
    }

    /// Reads elements back.
    /// - Throws: `FormatError` (`unreadable`) when the disk fails.
    public func elements(_ range: Range<Int>) throws -> [Int8] {
        do {
            let data = try handle.withLock { file in
                try file.seek(toOffset: UInt64(start + range.lowerBound))
                return try file.read(upToCount: range.count) ?? Data()
            }
            guard data.count == range.count else { throw FormatError(.truncated, "The file became shorter while it was written.", path: path) }
            return data.map { Int8(bitPattern: $0) }
        } catch let error as FormatError {
            throw error
        } catch {
            throw FormatError(.unreadable, "The file cannot be read again. \(error.localizedDescription)", path: path)
        }
    }

    /// Brings all of it to the disk.
    /// - Throws: `FormatError` (`writeFailed`) when the disk is full or fails.
    public func synchronize() throws {
        do {
            try handle.withLock { try $0.synchronize() }
        } catch {
            throw AtomicFile.failure(error, path)
        }
    }
}
