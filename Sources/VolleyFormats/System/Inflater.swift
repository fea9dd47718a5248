import CLibraryStructs

/// Undoes the compression "deflate" (RFC 1951) a piece at a time, by means of zlib.
@safe
struct Inflater: ~Copyable {
    enum Container {
        /// Nothing but the compressed data, as in a zip archive.
        case raw
        /// One gzip member after another (RFC 1952).
        case gzip
    }

    /// The most bytes that are decompressed.
    private static let largestOutput = 1 << 32
    private static let longestPiece = 1 << 20
    /// From so many bytes on, data that shrinks to less than one part in `steepestRatio` is not believed.
    private static let largestSteepOutput = 1 << 28
    private static let steepestRatio = 256

    private let zlib: Zlib
    private let input: [UInt8]
    private let container: Container
    private let path: String
    /// zlib remembers the stream's address, so the stream must not move.
    private let stream: UnsafeMutablePointer<zlib_stream>
    private var consumed = 0
    private var hasEnded = false

    /// - Throws: `FormatError` (`libraryMissing`).
    init(_ input: [UInt8], _ container: Container, path: String) throws {
        let zlib = try Zlib.installed.get()
        let stream = UnsafeMutablePointer<zlib_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: zlib_stream())
        // The largest window: its logarithm, negative for no header, plus 16 for gzip's header.
        let windowBits: Int32 = container == .raw ? -15 : 15 + 16
        let size = Int32(unsafe MemoryLayout<zlib_stream>.size)
        guard unsafe zlib.inflateInit2(stream, windowBits, "1.2.11", size) == Zlib.ok else {
            unsafe stream.deallocate()
            throw FormatError(.tooLarge, "There is no memory left to decompress the file.", path: path)
        }
        self.zlib = zlib
        self.input = input
        self.container = container
        self.path = path
        unsafe self.stream = stream
    }

    deinit {
        _ = unsafe zlib.inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// The next `count` bytes.
    /// - Throws: `FormatError`: `truncated` where there are fewer, `malformed` where the data is damaged, `tooLarge`,
    ///   before any memory is taken, where so many can never come.
    mutating func read(_ count: Int) throws -> [UInt8] {
        // Deflate never shrinks anything to less than one part in 1032.
        guard count / 1032 <= input.count else {
            let message = "\(input.count) compressed bytes cannot hold the \(count) bytes that the file announces."
            throw FormatError(.tooLarge, message, path: path)
        }
        guard count <= Inflater.largestSteepOutput || count / Inflater.steepestRatio <= input.count else {
            let message = """
                \(input.count) compressed bytes would become \(count), more than \(Inflater.steepestRatio) times as many, which \
                is not how data compresses. If that is right, save it without compression.
                """
            throw FormatError(.tooLarge, message, path: path)
        }
        guard count <= Inflater.largestOutput else {
            let message = """
                The file announces \(count) bytes when decompressed; at most \(Inflater.largestOutput) are read. \
                Decompress it with another program.
                """
            throw FormatError(.tooLarge, message, path: path)
        }
        let output = try inflate(atMost: count)
        guard output.count == count else {
            let message = "The compressed data ends after \(output.count) of \(count) bytes. Fetch the file again."
            throw FormatError(.truncated, message, path: path)
        }
        return output
    }

    /// - Throws: `FormatError` where more data follows, or where the end that verifies what was read is missing.
    mutating func expectEnd() throws {
        guard try inflate(atMost: 1).isEmpty else {
            throw FormatError(.malformed, "The compressed data is longer than the file announces.", path: path)
        }
        guard hasEnded else {
            throw FormatError(.truncated, "The compressed data lacks its end. Fetch the file again.", path: path)
        }
    }

    /// Produces bytes until there are `count` of them, or the stream or the input ends. Memory grows with what is produced,
    /// not with what is announced.
    private mutating func inflate(atMost count: Int) throws -> [UInt8] {
        var output: [UInt8] = []
        // Memory that is not touched costs nothing; growing by doubling would need it three times over.
        output.reserveCapacity(count)
        var piece = [UInt8](repeating: 0, count: min(count, Inflater.longestPiece))
        while !hasEnded && output.count < count {
            let (status, produced) = step(into: &piece, atMost: count - output.count)
            output += piece[..<produced]
            switch status {
            case Zlib.ok: continue
            case Zlib.streamEnd: try finishMember()
            case Zlib.bufferError: return output
            default:
                let message = "The compressed data is damaged (zlib's status \(status)). Fetch the file again."
                throw FormatError(.malformed, message, path: path)
            }
        }
        return output
    }

    /// Calls zlib once, on what is left of the input.
    private mutating func step(into piece: inout [UInt8], atMost limit: Int) -> (status: Int32, produced: Int) {
        // zlib counts in 32 bits.
        let inputLength = min(input.count - consumed, 1 << 30)
        let outputLength = min(piece.count, limit)
        let status = unsafe input.withUnsafeBufferPointer { source in
            unsafe piece.withUnsafeMutableBufferPointer { destination in
                unsafe stream.pointee.next_in = source.baseAddress.map { unsafe $0 + consumed }
                unsafe stream.pointee.avail_in = UInt32(inputLength)
                unsafe stream.pointee.next_out = destination.baseAddress
                unsafe stream.pointee.avail_out = UInt32(outputLength)
                return unsafe zlib.inflate(stream, 0)
            }
        }
        consumed += inputLength - Int(unsafe stream.pointee.avail_in)
        return (status, outputLength - Int(unsafe stream.pointee.avail_out))
    }

    /// At the end of a gzip member another one may follow; nothing else may.
    private mutating func finishMember() throws {
        if consumed == input.count {
            hasEnded = true
        } else if container == .gzip, unsafe zlib.inflateReset(stream) == Zlib.ok {
            return
        } else {
            throw FormatError(.malformed, "Bytes follow the end of the compressed data.", path: path)
        }
    }
}
