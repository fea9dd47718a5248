import Foundation

/// The processes that a launcher of MPI started together, and bytes between them.
///
/// The library is found while the program runs: the one that belongs to the launcher, Open MPI's or one with the binary interface of MPICH
/// (MPICH, Intel MPI, Cray). It is begun when it is asked for, at most once in a process. Where a call fails, MPI itself ends all
/// processes, as its standard has it. Source: MPI: A Message-Passing Interface Standard, version 4.0, chapters 3 and 11.
@safe
public final class MessagePassing {
    /// From 0 on.
    public let rank: Int
    public let count: Int

    /// What the two kinds of libraries call things. A handle is a pointer in the one and a number of 32 bits in the other; both are passed
    /// in a whole register.
    private struct Names {
        var world: Int
        var byte: Int
        var noStatus: Int
    }

    private typealias Send = @convention(c) (UnsafeRawPointer, Int32, Int, Int32, Int32, Int) -> Int32
    private typealias Receive = @convention(c) (UnsafeMutableRawPointer, Int32, Int, Int32, Int32, Int, Int) -> Int32
    private typealias Ask = @convention(c) (Int, UnsafeMutablePointer<Int32>) -> Int32
    private typealias Finish = @convention(c) () -> Int32
    private typealias Begin = @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Int32

    /// Counts of elements have 32 bits.
    private static let largestPiece = 1 << 30
    private static let tag: Int32 = 0

    private let names: Names
    private let sendBytes: Send
    private let receiveBytes: Receive
    private let finishAll: Finish

    /// Joins the others; nil where no launcher of MPI started this process.
    /// - Parameter environment: the variables of this process.
    /// - Throws: `FormatError` (`libraryMissing`) where the launcher's library is not there.
    public init?(_ environment: [String: String]) throws {
        let library: DynamicLibrary
        if environment["OMPI_COMM_WORLD_RANK"] != nil {
            library = try DynamicLibrary(
                "Open MPI", files: ["libmpi.so.40", "libmpi.40.dylib"], purpose: "Gathering the results of several processes",
                debianPackage: "libopenmpi3", homebrewFormula: "open-mpi", isGlobal: true)
            names = Names(world: try library.address(of: "ompi_mpi_comm_world"), byte: try library.address(of: "ompi_mpi_byte"), noStatus: 0)
        } else if environment["PMI_RANK"] != nil {
            library = try DynamicLibrary(
                "MPICH", files: ["libmpich.so.12", "libmpi.so.12", "libmpi.12.dylib"], purpose: "Gathering the results of several processes",
                debianPackage: "libmpich12", homebrewFormula: "mpich", isGlobal: true)
            names = Names(world: 0x4400_0000, byte: 0x4C00_010D, noStatus: 1)
        } else {
            return nil
        }
        let begin: Begin = unsafe try library.function("MPI_Init")
        let askRank: Ask = unsafe try library.function("MPI_Comm_rank")
        let askCount: Ask = unsafe try library.function("MPI_Comm_size")
        unsafe sendBytes = try library.function("MPI_Send")
        unsafe receiveBytes = try library.function("MPI_Recv")
        finishAll = try library.function("MPI_Finalize")
        _ = begin(nil, nil)
        var (rank, count): (Int32, Int32) = (0, 1)
        _ = unsafe askRank(names.world, &rank)
        _ = unsafe askCount(names.world, &count)
        (self.rank, self.count) = (Int(rank), Int(count))
    }

    /// Sends bytes to another process, which has to receive them.
    public func send(_ bytes: [UInt8], to rank: Int) {
        var length = UInt64(bytes.count).littleEndian
        unsafe withUnsafeBytes(of: &length) { unsafe send($0, to: rank) }
        unsafe bytes.withUnsafeBytes { unsafe send($0, to: rank) }
    }

    private func send(_ bytes: UnsafeRawBufferPointer, to rank: Int) {
        for start in stride(from: 0, to: bytes.count, by: Self.largestPiece) {
            let length = min(bytes.count - start, Self.largestPiece)
            _ = unsafe sendBytes(bytes.baseAddress! + start, Int32(length), names.byte, Int32(rank), Self.tag, names.world)
        }
    }

    /// Waits for bytes from another process.
    public func receive(from rank: Int) -> [UInt8] {
        var length: UInt64 = 0
        unsafe withUnsafeMutableBytes(of: &length) { unsafe receive(into: $0, from: rank) }
        var bytes = [UInt8](repeating: 0, count: Int(UInt64(littleEndian: length)))
        unsafe bytes.withUnsafeMutableBytes { unsafe receive(into: $0, from: rank) }
        return bytes
    }

    private func receive(into bytes: UnsafeMutableRawBufferPointer, from rank: Int) {
        for start in stride(from: 0, to: bytes.count, by: Self.largestPiece) {
            let length = min(bytes.count - start, Self.largestPiece)
            _ = unsafe receiveBytes(
                bytes.baseAddress! + start, Int32(length), names.byte, Int32(rank), Self.tag, names.world, names.noStatus)
        }
    }

    /// Leaves the others; nothing can be sent any more.
    public func finish() { _ = finishAll() }
}
