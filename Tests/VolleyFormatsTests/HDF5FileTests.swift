import Foundation
import Testing
import VolleyFormats
import VolleyTensors
import VolleyTestSupport

/// Trees of groups and arrays that go through libhdf5; Tools/check_nir.py holds them against h5py.
@Suite struct HDF5FileTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    /// Whether libhdf5 is there; Tools/test installs it.
    static let isInstalled: Bool = {
        do {
            let folder = try TemporaryDirectory()
            try HDF5File.write([:], to: folder.file("empty.h5"))
            return true
        } catch let error as FormatError where error.code == .libraryMissing {
            return false
        } catch {
            return true
        }
    }()

    private static let objects: [String: HDF5Object] = [
        "version": .text("1.0"), "empty": .group([:]), "none": .floats(Tensor([0, 3])), "nothing": .text(""),
        "node": .group([
            "weight": .floats(Tensor([2, 3], [1, -2.5, .infinity, Float.leastNonzeroMagnitude, 0, -0.0])), "stride": .integers([1, -1]),
            "groups": .integer(Int(Int64.min)), "scalar": .floats(Tensor(scalar: 0.1)),
            "edges": .texts([2, 2], ["input", "größer", "", "output"]), "inner": .group(["deep": .group(["x": .integer(7)])]),
        ]),
    ]

    @Test(.enabled(if: isInstalled, "libhdf5 is not installed")) func everythingComesBack() throws {
        let path = folder.file("file.h5")
        try HDF5File.write(Self.objects, to: path)
        #expect(try HDF5File.read(path) == Self.objects)
        #expect(try Data(contentsOf: URL(filePath: path)).starts(with: [0x89] + Array("HDF\r\n".utf8)))
    }

    /// The same tree is the same file, whenever it is written.
    @Test(.enabled(if: isInstalled, "libhdf5 is not installed")) func filesHoldNoTime() async throws {
        try HDF5File.write(Self.objects, to: folder.file("first.h5"))
        try await Task.sleep(for: .milliseconds(1100))
        try HDF5File.write(Self.objects, to: folder.file("second.h5"))
        let bytes = try ["first.h5", "second.h5"].map { try Data(contentsOf: URL(filePath: folder.file($0))) }
        #expect(bytes[0] == bytes[1])
    }

    @Test(arguments: ["", ".", "a/b", "a\0b"]) func namesHaveToBeParts(_ name: String) {
        #expect { try HDF5File.write(["node": .group([name: .integer(1)])], to: folder.file("file.h5")) } throws: {
            ($0 as? FormatError)?.code == .unsupported
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file("file.h5")))
    }

    @Test(.enabled(if: isInstalled, "libhdf5 is not installed")) func damagedFilesAreRefused() throws {
        let path = folder.file("file.h5")
        try HDF5File.write(Self.objects, to: path)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        for length in [0, 7, 100, bytes.count / 2] {
            try Data(bytes[..<length]).write(to: URL(filePath: path))
            #expect(throws: FormatError.self, "\(length) bytes") { try HDF5File.read(path) }
        }
        try Data("no such file".utf8).write(to: URL(filePath: path))
        #expect { try HDF5File.read(path) } throws: { "\($0)".contains("no HDF5 file") }
    }
}
