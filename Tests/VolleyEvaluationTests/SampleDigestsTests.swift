import Foundation
import Testing
import VolleyEvaluation
import VolleyFormats
import VolleyTensors
import VolleyTestSupport

@Suite struct SampleDigestsTests {
    @Test func aDigestIsALengthAndHalfAHash() {
        // SHA-256 of "abc", FIPS 180-2 appendix B.1: ba7816bf 8f01cfea …
        let digest = SampleDigest(of: Array("abc".utf8))
        #expect(digest.description == "3:ba7816bf8f01cfea")
        #expect(SampleDigest("3:ba7816bf8f01cfea") == digest)
        #expect(SampleDigest("12:00000000000000ff")?.description == "12:00000000000000ff")
    }

    @Test(arguments: [
        "", ":", "3", "3:ba78", "-3:ba7816bf8f01cfea", "3:ba7816bf8f01cfeg", "3:ba7816bf8f01cfea:",
        "x:ba7816bf8f01cfea", "3:+a7816bf8f01cfea",
    ])
    func otherTextIsNoDigest(_ text: String) {
        #expect(SampleDigest(text) == nil)
    }

    @Test func filesAreDigestedByTheirBytes() throws {
        let folder = try ClassFolderTests.threeClasses()
        let digests = try SampleDigests(of: Dataset.open(folder.path), threads: 2)
        let jpeg = try SampleDigest(of: Fixture.bytes("images/rgb-420.jpg"))
        let png = try SampleDigest(of: Fixture.bytes("images/rgb.png"))
        #expect(digests.digests == [jpeg, png, jpeg, png, jpeg, jpeg, jpeg, jpeg])
    }

    @Test func digestsSurviveJSON() throws {
        let digests = SampleDigests([SampleDigest(of: [1]), SampleDigest(of: [2, 3])])
        let data = try JSONEncoder().encode(digests)
        #expect(try JSONDecoder().decode(SampleDigests.self, from: data) == digests)
        #expect(String(decoding: data, as: UTF8.self).filter { $0 == " " }.count == 1)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(SampleDigests.self, from: Data("\"1:2\"".utf8)) }
    }

    @Test(arguments: [1, 2, 7]) func commonFilesAreFound(threads: Int) throws {
        let calibration = try TemporaryDirectory()
        try calibration.copy("images/rgb-444.jpg", to: "cat/9.jpg")
        try calibration.copy("images/gray.png", to: "dog/1.png")
        let test = try TemporaryDirectory()
        try test.copy("images/rgb-420.jpg", to: "cat/1.jpg")
        try test.copy("images/gray.png", to: "cat/2.png")
        var altered = try Fixture.bytes("images/gray.png")
        altered[altered.count - 1] ^= 1
        try test.write(altered, to: "dog/1.png")
        try test.copy("images/rgb-444.jpg", to: "dog/9.jpg")
        let seen = try Dataset.open(calibration.path)
        let digests = try SampleDigests(of: seen, threads: threads)
        #expect(try digests.overlap(with: Dataset.open(test.path), threads: threads) == ["cat/2.png", "dog/9.jpg"])
        #expect(try digests.overlap(with: seen, threads: threads) == ["cat/9.jpg", "dog/1.png"])
    }

    @Test func commonArrayElementsAreFoundWhateverTheLayout() throws {
        let folder = try TemporaryDirectory()
        var planar = NpzBuilder()
        planar.add("x", descr: "|u1", shape: [2, 3, 2, 2], data: [UInt8](1...24))
        planar.add("y", descr: "|u1", shape: [2], data: [0, 1])
        var interleaved = NpzBuilder()
        let mixed: [UInt8] = [13, 17, 21, 14, 18, 22, 15, 19, 23, 16, 20, 24]
        interleaved.add("x", descr: "|u1", shape: [1, 2, 2, 3], data: mixed)
        interleaved.add("y", descr: "|u1", shape: [1], data: [0])
        let calibration = try Dataset.open(folder.write(interleaved.bytes, to: "calibration.npz"))
        let test = try Dataset.open(folder.write(planar.bytes, to: "test.npz"))
        #expect(try SampleDigests(of: calibration, threads: 1).overlap(with: test, threads: 1) == ["test.npz[1]"])
    }

    @Test func floatsAreDigestedAsLittleEndianBytes() throws {
        let folder = try TemporaryDirectory()
        try NpzArchive.write(
            [("x", .float32(Tensor([1, 2], [1, -2]))), ("y", .int64([0]))], to: folder.file("test.npz"))
        let digests = try SampleDigests(of: Dataset.open(folder.file("test.npz")), threads: 1)
        #expect(digests.digests == [SampleDigest(of: [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0])])
    }

    @Test func aDataSetsDigestDependsOnSamplesLabelsAndOrder() throws {
        let folder = try ClassFolderTests.threeClasses()
        let dataset = try Dataset.open(folder.path)
        let digest = try dataset.digest(threads: 1)
        #expect(try dataset.digest(threads: 3) == digest)
        #expect(try dataset.prefix(7).digest(threads: 1) != digest)
        let lines = try dataset.labels.indices.map { index in
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: folder.file(dataset.sampleName(index)))))
            return "\(SampleDigest(of: bytes)) \(dataset.labels[index])\n"
        }
        #expect(SHA256.digest(of: Array(lines.joined().utf8)) == digest)
    }
}
