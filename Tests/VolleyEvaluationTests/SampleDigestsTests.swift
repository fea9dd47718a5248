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

    /// The digests of what is fed, and the loader that feeds it again.
    static func loader(_ dataset: Dataset, threads: Int = 2, skips: Bool = false) throws -> BatchLoader {
        try BatchLoader(
            dataset, preprocessing: BatchLoaderTests.preprocessing, inputShape: dataset.sampleShape ?? [3, 8, 8], batchSize: 3,
            threads: threads, skipsUnreadable: skips)
    }

    static func digests(_ dataset: Dataset, threads: Int = 2) throws -> SampleDigests {
        let loader = try loader(dataset, threads: threads)
        var digests = SampleDigests()
        while let batch = try loader.next() { digests.add(["x": batch.inputs]) }
        return digests
    }

    @Test func digestsSurviveJSON() throws {
        let digests = SampleDigests([SampleDigest(of: [1]), SampleDigest(of: [2, 3])])
        let data = try JSONEncoder().encode(digests)
        #expect(try JSONDecoder().decode(SampleDigests.self, from: data) == digests)
        #expect(String(decoding: data, as: UTF8.self).filter { $0 == " " }.count == 1)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(SampleDigests.self, from: Data("\"1:2\"".utf8)) }
    }

    @Test(arguments: [1, 2, 7]) func commonSamplesAreFound(threads: Int) throws {
        let calibration = try TemporaryDirectory()
        try calibration.copy("images/rgb-444.jpg", to: "cat/9.jpg")
        try calibration.copy("images/gray.png", to: "dog/1.png")
        let test = try TemporaryDirectory()
        try test.copy("images/rgb-420.jpg", to: "cat/1.jpg")
        try test.copy("images/gray.png", to: "cat/2.png")
        try test.copy("images/palette.png", to: "dog/1.png")
        try test.copy("images/rgb-444.jpg", to: "dog/9.jpg")
        let seen = try Dataset.open(calibration.path)
        let digests = try Self.digests(seen, threads: threads)
        func overlap(_ dataset: Dataset) throws -> [String] { try digests.overlap(with: Self.loader(dataset, threads: threads)) }
        #expect(try overlap(Dataset.open(test.path)) == ["cat/2.png", "dog/9.jpg"])
        #expect(try overlap(seen) == ["cat/9.jpg", "dog/1.png"])
    }

    @Test func networksOfEarlierVersionsKeepDigestsOfFiles() throws {
        let folder = try ClassFolderTests.threeClasses()
        let digests = SampleDigests([SampleDigest(of: try Fixture.bytes("images/rgb.png"))])
        #expect(try digests.overlap(with: Self.loader(Dataset.open(folder.path))) == ["a/10.PNG", "a/3.png"])
    }

    @Test func theSameSamplesAreFoundAsImagesAndAsArrays() throws {
        let folder = try ClassFolderTests.threeClasses()
        let images = try Dataset.open(folder.path)
        let digests = try Self.digests(images)
        let loader = try Self.loader(images)
        var inputs: [Tensor] = []
        while let batch = try loader.next() { inputs.append(batch.inputs) }
        let fed = Tensor.concatenatingRows(inputs)
        // Other samples, then two of those seen, in another order.
        var mixed = SeededNoise.tensor([2, 3, 8, 8])
        mixed = .concatenatingRows([mixed, fed.rows(5..<6), fed.rows(1..<2)])
        try NpzArchive.write([("x", .float32(mixed))], to: folder.file("mixed.npz"))
        let arrays = try Dataset.open(folder.file("mixed.npz"))
        #expect(try digests.overlap(with: Self.loader(arrays)) == ["mixed.npz[2]", "mixed.npz[3]"])
        #expect(try Self.digests(arrays).overlap(with: Self.loader(images)).contains("c/w.jpg"))
    }

    @Test func whatCannotBeReadIsPassedOverWhereAskedFor() throws {
        let folder = try ClassFolderTests.threeClasses()
        let digests = try Self.digests(Dataset.open(folder.path))
        try folder.write([1], to: "c/w.jpg")
        try FileManager.default.removeItem(atPath: folder.file("c/x.jpg"))
        try FileManager.default.createSymbolicLink(atPath: folder.file("c/x.jpg"), withDestinationPath: folder.file("nowhere"))
        let dataset = try Dataset.open(folder.path)
        #expect(dataset.count == 8)
        #expect(throws: EvaluationError.self) { try digests.overlap(with: Self.loader(dataset)) }
        #expect(throws: EvaluationError.self) { try dataset.digest(threads: 1) }
        #expect(try digests.overlap(with: Self.loader(dataset, skips: true)).count == 6)
        #expect(try dataset.digest(skipsUnreadable: true, threads: 1) == dataset.digest(skipsUnreadable: true, threads: 3))
    }

    @Test func commonArrayElementsAreFoundWhateverTheLayout() throws {
        let folder = try TemporaryDirectory()
        var planar = NpzBuilder()
        planar.add("x", descr: "|u1", shape: [2, 3, 2, 2], data: [UInt8](1...24))
        var interleaved = NpzBuilder()
        let mixed: [UInt8] = [13, 17, 21, 14, 18, 22, 15, 19, 23, 16, 20, 24]
        interleaved.add("x", descr: "|u1", shape: [1, 2, 2, 3], data: mixed)
        let calibration = try Dataset.open(folder.write(interleaved.bytes, to: "calibration.npz"))
        let test = try Dataset.open(folder.write(planar.bytes, to: "test.npz"))
        #expect(try Self.digests(calibration).overlap(with: Self.loader(test)) == ["test.npz[1]"])
    }

    @Test func inputsAreDigestedAsLittleEndianBytes() throws {
        let bytes: [UInt8] = [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0]
        #expect(SampleDigest(ofInputs: [[1, -2]]) == SampleDigest(of: bytes))
        #expect(SampleDigest(ofInputs: [[1], [-2]]) == SampleDigest(of: bytes))
        var digests = SampleDigests()
        digests.add(["b": Tensor([1, 1], [-2]), "a": Tensor([1], [1])])
        #expect(digests.digests == [SampleDigest(of: bytes)])
    }

    @Test func aDataSetsDigestDependsOnSamplesLabelsAndOrder() throws {
        let folder = try ClassFolderTests.threeClasses()
        let dataset = try Dataset.open(folder.path)
        let labels = try dataset.labels(for: ClassList(count: 3)).indices
        let digest = try dataset.digest(labels: labels, threads: 1)
        #expect(try dataset.digest(labels: labels, threads: 3) == digest)
        #expect(try dataset.digest(threads: 1) != digest)
        #expect(try dataset.prefix(7).digest(labels: Array(labels.prefix(7)), threads: 1) != digest)
        let lines = try labels.indices.map { index in
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: folder.file(dataset.sampleName(index)))))
            return "\(SampleDigest(of: bytes)) \(labels[index])\n"
        }
        #expect(SHA256.digest(of: Array(lines.joined().utf8)) == digest)
    }
}
