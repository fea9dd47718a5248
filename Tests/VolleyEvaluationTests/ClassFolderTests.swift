import Foundation
import Testing
import VolleyTensors
import VolleyEvaluation
import VolleyFormats
import VolleyTestSupport

@Suite struct ClassFolderTests {
    /// Folders `a`, `B`, `c` with 3, 1 and 4 images.
    static func threeClasses() throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        for name in ["a/3.png", "a/10.PNG", "a/2.jpg", "B/only.JPEG", "c/w.jpg", "c/x.jpg", "c/y.jpg", "c/z.jpg"] {
            try folder.copy(name.lowercased().hasSuffix("png") ? "images/rgb.png" : "images/rgb-420.jpg", to: name)
        }
        return folder
    }

    @Test func sortedFoldersAreTheClasses() throws {
        let folder = try Self.threeClasses()
        let dataset = try Dataset.open(folder.path)
        #expect(try dataset.labels(for: ClassList(count: 3)).indices == [0, 1, 1, 1, 2, 2, 2, 2])
        #expect(dataset.count == 8)
        #expect(
            (0..<8).map(dataset.sampleName)
                == ["B/only.JPEG", "a/10.PNG", "a/2.jpg", "a/3.png", "c/w.jpg", "c/x.jpg", "c/y.jpg", "c/z.jpg"])
        #expect(dataset.diagnostics.isEmpty && dataset.sampleShape == nil)
        for (index, fixture) in [(0, "images/rgb-420.jpg"), (1, "images/rgb.png")] {
            let expected = try ImageDecoder.decode(Fixture.bytes(fixture), name: fixture)
            #expect(try dataset.sample(index) == .image(expected))
        }
    }

    @Test func aSlashAtTheEndChangesNothing() throws {
        let folder = try Self.threeClasses()
        let dataset = try Dataset.open(folder.path + "//")
        #expect(dataset.path == folder.path)
        #expect(dataset.name == folder.path.split(separator: "/").last.map(String.init))
    }

    @Test func whatIsLeftOutIsTold() throws {
        let folder = try Self.threeClasses()
        try folder.write([1], to: "a/notes.txt")
        try folder.write([1], to: "README.md")
        try folder.write([1], to: ".hidden")
        try folder.write([1], to: "a/.DS_Store")
        try folder.write([1], to: ".git/x.jpg")
        let dataset = try Dataset.open(folder.path)
        #expect(dataset.count == 8)
        #expect(dataset.diagnostics.count == 1)
        #expect(dataset.diagnostics.first?.message.contains("2 entries") == true)
        #expect(dataset.diagnostics.first?.message.contains("README.md, a/notes.txt") == true)
    }

    @Test func linkedClassFoldersCount() throws {
        let folder = try Self.threeClasses()
        let linked = try TemporaryDirectory()
        for name in ["a", "B"] {
            try FileManager.default.createSymbolicLink(
                atPath: linked.file(name), withDestinationPath: folder.file(name))
        }
        #expect(try Dataset.open(linked.path).labels(for: ClassList(count: 2)).indices == [0, 1, 1, 1])
    }

    @Test func aPrefixIsSpreadOverTheClasses() throws {
        let folder = try Self.threeClasses()
        let dataset = try Dataset.open(folder.path)
        #expect(dataset.prefix(0).count == 0)
        func labels(_ dataset: Dataset) throws -> [Int] {
            try dataset.labels(for: ClassList(count: 3, names: ["B", "a", "c"])).indices
        }
        #expect(try labels(dataset.prefix(2)) == [0, 1])
        #expect(try labels(dataset.prefix(5)) == [0, 1, 1, 2, 2])
        let five = dataset.prefix(5)
        #expect((0..<5).map(five.sampleName) == ["B/only.JPEG", "a/10.PNG", "a/2.jpg", "c/w.jpg", "c/x.jpg"])
        #expect(try labels(dataset.prefix(7)) == [0, 1, 1, 1, 2, 2, 2])
        #expect(try labels(dataset.prefix(8)) == labels(dataset) && dataset.prefix(99).count == 8)
        for count in 0...8 {
            let direct = dataset.prefix(count)
            let nested = dataset.prefix(min(8, count + 2)).prefix(count)
            #expect((0..<count).map(direct.sampleName) == (0..<count).map(nested.sampleName))
        }
    }

    /// Labels are asked for only when something is measured; the data itself can be read.
    private func refusal(_ folder: TemporaryDirectory, count: Int) throws -> String {
        let dataset = try Dataset.open(folder.path)
        #expect(dataset.count == count)
        let error = #expect(throws: EvaluationError.self) { try dataset.labels(for: ClassList(count: 3)) }
        #expect(error?.code == .malformedDataset)
        #expect(error?.context.file == folder.path)
        return error?.description ?? ""
    }

    @Test func aClassWithoutImagesHasNoLabels() throws {
        let folder = try Self.threeClasses()
        try folder.makeFolder("logs")
        #expect(try refusal(folder, count: 8).contains("logs"))
    }

    @Test func aFolderAboveHasNoLabels() throws {
        let folder = try TemporaryDirectory()
        try folder.copy("images/rgb.png", to: "test/cat/1.png")
        try folder.copy("images/rgb.png", to: "train/cat/1.png")
        #expect(try refusal(folder, count: 2).contains("test/cat/1.png"))
        #expect(try Dataset.open(folder.file("test")).labels(for: ClassList(count: 2, names: ["dog", "cat"])).indices == [1])
    }

    @Test func flatAndMixedFoldersHaveNoLabels() throws {
        let folder = try TemporaryDirectory()
        for name in ["b.png", "a.png"] { try folder.copy("images/rgb.png", to: name) }
        #expect(try refusal(folder, count: 2).contains("\(Remedy(.classTable)) FILE.csv"))
        let dataset = try Dataset.open(folder.path)
        #expect((0..<2).map(dataset.sampleName) == ["a.png", "b.png"])
        #expect((0..<1).map(dataset.prefix(1).sampleName) == ["a.png"])
        try folder.copy("images/rgb.png", to: "cat/1.png")
        #expect(try refusal(folder, count: 3).contains("2 of 3"))
    }

    @Test func aLinkToTheFolderAboveIsAnError() throws {
        let folder = try Self.threeClasses()
        try FileManager.default.createSymbolicLink(atPath: folder.file("a/again"), withDestinationPath: folder.path)
        let error = #expect(throws: EvaluationError.self) { try Dataset.open(folder.path) }
        #expect(error?.code == .unrecognizedDataset && error?.description.contains("nested") == true)
    }

    @Test func foldersWithoutImagesAreErrors() throws {
        let folder = try TemporaryDirectory()
        func failure() -> String {
            let error = #expect(throws: EvaluationError.self) { try Dataset.open(folder.path) }
            #expect(error?.code == .unrecognizedDataset)
            #expect(error?.context.file == folder.path)
            return error?.description ?? ""
        }
        #expect(failure().contains("nothing"))
        try folder.write([1], to: "notes.txt")
        #expect(failure().contains("notes.txt"))
        try folder.write([1], to: "batches.meta")
        #expect(failure().contains("Python"))
        for name in ["data_batch_1.bin", "test_batch.bin"] { try folder.write([1], to: name) }
        #expect(failure().contains("data_batch_1.bin, test_batch.bin"))
    }

    @Test func whatIsNotThereIsAnError() {
        let error = #expect(throws: EvaluationError.self) { try Dataset.open("/nowhere/at all") }
        #expect(error?.code == .unrecognizedDataset && error?.context.file == "/nowhere/at all")
    }

    @Test func aDamagedImageIsAnErrorThatNamesIt() throws {
        let folder = try Self.threeClasses()
        try folder.copy("images/corrupt-tables.jpg", to: "a/2.jpg")
        try folder.write([], to: "c/w.jpg")
        let dataset = try Dataset.open(folder.path)
        for (index, name) in [(2, "a/2.jpg"), (4, "c/w.jpg")] {
            let error = #expect(throws: EvaluationError.self) { try dataset.sample(index) }
            #expect(error?.code == .unreadableSample)
            #expect(error?.context.file == folder.file(name))
        }
    }

    @Test func aFileThatVanishedIsAnErrorThatNamesIt() throws {
        let folder = try Self.threeClasses()
        let dataset = try Dataset.open(folder.path)
        try FileManager.default.removeItem(atPath: folder.file("c/y.jpg"))
        let error = #expect(throws: EvaluationError.self) { try dataset.sample(6) }
        #expect(error?.description.contains("c/y.jpg") == true)
    }
}
