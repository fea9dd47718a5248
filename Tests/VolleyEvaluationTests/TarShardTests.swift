import Testing
import VolleyEvaluation
import VolleyFormats
import VolleyTensors
import VolleyTestSupport

/// Images in tar archives, as WebDataset packs them.
@Suite struct TarShardTests {
    private static let images = ["images/rgb.png", "images/rgb-420.jpg"]

    private static func sample(_ key: String, _ image: Int, _ kind: String, label: String?) throws -> [(name: String, content: [UInt8])] {
        [("\(key).\(kind)", try Fixture.bytes(images[image]))] + (label.map { [("\(key).cls", Array($0.utf8))] } ?? [])
    }

    private static func folder() throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        let first = try sample("000", 0, "png", label: "2") + sample("001", 1, "jpg", label: "0\n") + [("001.json", [1])]
        let second = try sample("train/a.b", 1, "JPEG", label: " 1 ")
        try folder.write(TarWriter.archive(first), to: "b-0.tar")
        try folder.write(TarWriter.archive(second), to: "b-1.TAR")
        return folder
    }

    @Test func aFolderOfShards() throws {
        let folder = try Self.folder()
        try folder.write([1], to: "README.md")
        let dataset = try Dataset.open(folder.path)
        // Up to the first dot a name is that of the sample; so "a.b.JPEG" is no image, but something of sample "a".
        #expect((0..<dataset.count).map(dataset.sampleName) == ["b-0.tar/000.png", "b-0.tar/001.jpg"])
        #expect(try dataset.labels(for: ClassList(count: 3)).indices == [2, 0])
        for index in 0..<2 {
            let expected = try ImageDecoder.decode(Fixture.bytes(Self.images[index]), name: "image")
            #expect(try dataset.sample(index) == .image(expected))
        }
        let told = dataset.diagnostics.map(\.message).joined(separator: "\n")
        #expect(told.contains("b-0.tar/001.json") && told.contains("b-1.TAR/train/a.b.JPEG") && told.contains("README.md"), "\(told)")
    }

    /// The same samples in class folders and in one archive: same identities.
    @Test func identities() throws {
        let folder = try TemporaryDirectory()
        let files = try Self.sample("0", 0, "png", label: "0") + Self.sample("1", 1, "jpg", label: "1")
        try folder.write(TarWriter.archive(files), to: "x.tar")
        try folder.copy(Self.images[0], to: "classes/0/0.png")
        try folder.copy(Self.images[1], to: "classes/1/1.jpg")
        let (packed, loose) = (try Dataset.open(folder.file("x.tar")), try Dataset.open(folder.file("classes")))
        withExtendedLifetime(folder) { #expect((0..<2).map(packed.identity) == (0..<2).map(loose.identity)) }
        #expect(try packed.labels(for: ClassList(count: 2)).indices == loose.labels(for: ClassList(count: 2)).indices)
        #expect(packed.prefix(1).count == 1 && packed.prefix(1).sampleName(0) == "x.tar/0.png")
    }

    private static func failure(_ files: [(name: String, content: [UInt8])], labelled: Bool = false) throws -> String {
        let folder = try TemporaryDirectory()
        try folder.write(TarWriter.archive(files), to: "x.tar")
        let error = #expect(throws: EvaluationError.self) {
            let dataset = try Dataset.open(folder.file("x.tar"))
            if labelled { _ = try dataset.labels(for: ClassList(count: 3)) }
        }
        return error.map { "\($0)" } ?? ""
    }

    @Test func errors() throws {
        let two = try Self.sample("a", 0, "png", label: "0") + Self.sample("a", 1, "jpg", label: nil)
        #expect(try Self.failure(two).contains("a.png and a.jpg"))
        let apart = try Self.sample("a", 0, "png", label: "0") + Self.sample("b", 1, "jpg", label: "1") + [("a.json", [1])]
        #expect(try Self.failure(apart).contains("side by side"))
        #expect(try Self.failure(Self.sample("a", 0, "png", label: "cat")).contains("\"cat\""))
        #expect(try Self.failure(Self.sample("a", 0, "png", label: "-1")).contains("\"-1\""))
        #expect(try Self.failure(Self.sample("a", 0, "png", label: String(repeating: "1", count: 40))).contains("40 bytes"))
        #expect(try Self.failure([("a.cls", [48])]).contains("no samples"))
        #expect(try Self.failure(Self.sample("a", 0, "png", label: nil), labelled: true).contains("none beside 1 of 1"))
        #expect(try Self.failure(Self.sample("a", 0, "png", label: "3"), labelled: true).contains("label 3"))
        let folder = try Self.folder()
        for name in ["x.tar.gz", "x.tgz"] {
            try folder.write([1], to: name)
            #expect(throws: EvaluationError.self) { try Dataset.open(folder.file(name)) }
        }
        #expect(throws: EvaluationError.self) { try Dataset.open(folder.path, .init(labels: "labels.csv")) }
    }

    /// Without classes the samples can be calibrated with.
    @Test func withoutClasses() throws {
        let folder = try TemporaryDirectory()
        try folder.write(TarWriter.archive(Self.sample("a", 0, "png", label: nil)), to: "x.tar")
        #expect(try Dataset.open(folder.file("x.tar")).count == 1)
    }
}
