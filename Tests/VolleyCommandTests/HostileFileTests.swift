import Foundation
import Testing
import Volley
import VolleyTestSupport

/// Small files that ask for much: they are refused before any of it is taken.
@Suite struct HostileFileTests {
    /// The whole address space of the tool, in KiB; Linux only, macOS does not limit it.
    private static let limit = "ulimit -v 1600000 2> /dev/null; exec \"$@\""

    private let folder: TemporaryDirectory
    private let model = Fixture.path("digits-vit")

    init() throws { folder = try TemporaryDirectory() }

    private func refuse(_ arguments: [String], mentioning words: String...) throws {
        let outcome = try CommandLineTool.run(arguments + ["--threads", "1"], shell: Self.limit)
        #expect(outcome.code == 2 && outcome.output.isEmpty, "\(outcome.code) \(outcome.errors)")
        for word in words { #expect(outcome.errors.contains(word), "'\(word)' in: \(outcome.errors)") }
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }

    private func calibrate(on data: String) -> [String] { ["convert", model, "--calibration", data, "-o", folder.file("net.volley")] }

    /// 300 MB of zeros, which gzip makes a thousandth of.
    @Test func dataThatInflatesBeyondBelief() throws {
        let images = folder.file("t-images-idx3-ubyte.gz")
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        // 4 687 500 images of 8 × 8.
        process.arguments = [
            "-c", "(printf '\\0\\0\\010\\003\\0\\107\\206\\214\\0\\0\\0\\010\\0\\0\\0\\010'; head -c 300000000 /dev/zero) | gzip -9 > \"$0\"", images,
        ]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        try refuse(calibrate(on: images), mentioning: images, "not how data compresses")
    }

    @Test func picturesLargerThanTheirFiles() throws {
        try folder.write(png(width: 60_000, height: 60_000), to: "large/a/1.png")
        try refuse(calibrate(on: folder.file("large")), mentioning: "a/1.png", "60000 × 60000")
        try folder.write(png(width: 10_000, height: 10_000), to: "empty/a/1.png")
        try refuse(calibrate(on: folder.file("empty")), mentioning: "a/1.png", "cannot hold 10000 × 10000 pixels")
    }

    @Test func headersLargerThanAnyNetworks() throws {
        try folder.copy("digits-vit/config.json", to: "model/config.json")
        func write(_ header: String) throws {
            var bytes = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
            bytes += Array(header.utf8)
            try folder.write(bytes, to: "model/model.safetensors")
        }
        func inspect(_ word: String) throws {
            let outcome = try CommandLineTool.run(["inspect", folder.file("model")], shell: Self.limit)
            #expect(outcome.code == 2 && outcome.errors.contains(word), "\(outcome.errors)")
        }
        try write("{\"a\":{\"dtype\":\"F32\",\"shape\":[" + String(repeating: "1,", count: 8_000_000) + "1],\"data_offsets\":[0,4]}}")
        try inspect("model.safetensors")
        try write(String(repeating: " ", count: 40_000_000))
        try inspect("at most")
    }

    /// Converting a network with a site that has no elements: a silent site, and a note.
    @Test(arguments: ["ecmt", "differential"]) func aSiteWithoutElements(method: String) throws {
        let site = Fixture.path("empty-site")
        let outcome = try CommandLineTool.run(
            ["convert", site + "/m.onnx", "--calibration", site + "/in.npz", "--spiking-head", "--method", method, "-o", folder.file("net.volley")])
        #expect(outcome.code == 0 && outcome.errors.contains("never fire"), "\(outcome.code) \(outcome.errors)")
        let run = try CommandLineTool.run(
            ["run", folder.file("net.volley"), "--input", site + "/in.npz", "--steps", "4", "-o", folder.file("out.npz")])
        #expect(run.code == 0, "\(run.errors)")
    }

    /// A PNG file of colours with 16 bits and transparency, whose pixels are all but missing.
    private func png(width: UInt32, height: UInt32) -> [UInt8] {
        func big(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
        func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
            let content = Array(name.utf8) + data
            var checksum = UInt32.max
            for byte in content {
                checksum ^= UInt32(byte)
                for _ in 0..<8 { checksum = checksum & 1 == 1 ? checksum >> 1 ^ 0xEDB8_8320 : checksum >> 1 }
            }
            return big(UInt32(data.count)) + content + big(~checksum)
        }
        // A zlib stream of one stored block with a single zero.
        let pixels: [UInt8] = [0x78, 0x01, 0x01, 0x01, 0x00, 0xFE, 0xFF, 0x00, 0x00, 0x01, 0x00, 0x01]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", big(width) + big(height) + [16, 6, 0, 0, 0]) + chunk("IDAT", pixels) + chunk("IEND", [])
    }
}
