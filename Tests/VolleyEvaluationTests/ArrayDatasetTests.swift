import Foundation
import Testing
import VolleyEvaluation
import VolleyFormats
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

@Suite struct ArrayDatasetTests {
    let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    /// Writes an archive with bytes `x` and labels `y`.
    func imageArchive(_ shape: [Int], _ pixels: [UInt8], labels: [UInt8]) throws -> String {
        var builder = NpzBuilder()
        builder.add("x", descr: "|u1", shape: shape, data: pixels)
        builder.add("y", descr: "|u1", shape: [labels.count], data: labels)
        return try folder.write(builder.bytes, to: "test.npz")
    }

    /// The labels for a network of more classes than any label here.
    static func labels(_ dataset: Dataset) throws -> [Int] { try dataset.labels(for: ClassList(count: 1 << 24)).indices }

    func valueArchive(_ arrays: [(String, NpyContent)]) throws -> String {
        try NpzArchive.write(arrays, to: folder.file("test.npz"))
        return folder.file("test.npz")
    }

    /// What is said of data that cannot be opened, or whose labels cannot be used.
    func failure(_ path: String) -> String {
        let error = #expect(throws: EvaluationError.self) { try Self.labels(try Dataset.open(path)) }
        #expect(error?.code == .malformedDataset)
        return error?.description ?? ""
    }

    /// What an archive holds besides arrays is said to be left out, by both ways of reading one.
    @Test func otherMembersAreNoted() throws {
        var builder = NpzBuilder()
        builder.add("x", descr: "|u1", shape: [1, 2, 2], data: [1, 2, 3, 4])
        builder.addMember("README.txt", Array("how it was made".utf8))
        let path = try folder.write(builder.bytes, to: "test.npz")
        #expect(try Dataset.open(path).diagnostics.contains { $0.message.contains("README.txt") })
        var graph = GraphBuilder()
        graph.output("y", try graph.input("x", shape: [.batch, 2, 2]))
        #expect(try NamedArrays(path: path, for: graph.build()).diagnostics.contains { $0.message.contains("README.txt") })
    }

    @Test func floatsAreFedAsTheyAre() throws {
        let tensor = Tensor([3, 2, 2], (0..<12).map(Float.init))
        let dataset = try Dataset.open(valueArchive([("y", .int64([2, 0, 5])), ("x", .float32(tensor))]))
        #expect(try Self.labels(dataset) == [2, 0, 5])
        let error = #expect(throws: EvaluationError.self) { try dataset.labels(for: ClassList(count: 5)) }
        #expect(error?.description.contains("labels 0…4; found label 5 of test.npz[2]") == true)
        #expect(dataset.sampleShape == [2, 2])
        #expect(try dataset.sample(1) == .values(Tensor([2, 2], [4, 5, 6, 7])))
        #expect(dataset.sampleName(1) == "test.npz[1]")
        let two = dataset.prefix(2)
        #expect(try Self.labels(two) == [2, 0])
        #expect(try two.sample(1) == dataset.sample(1))
    }

    @Test func otherArraysAreTold() throws {
        let path = try valueArchive([
            ("x", .float32(Tensor([1, 1]))), ("y", .int64([0])), ("mean", .float32(Tensor([1]))),
        ])
        let diagnostics = try Dataset.open(path).diagnostics
        #expect(diagnostics.count == 1 && diagnostics[0].message.contains("mean"))
    }

    @Test func bytesAreImagesInEitherLayout() throws {
        let pixels = [UInt8](1...24)
        let interleaved = try Dataset.open(imageArchive([2, 2, 2, 3], pixels, labels: [7, 8]))
        #expect(interleaved.sampleShape == nil)
        let color = RasterImage(width: 2, height: 2, channels: 3, pixels: [UInt8](13...24))
        #expect(try interleaved.sample(1) == .image(color))
        let planar = try Dataset.open(imageArchive([2, 3, 2, 2], pixels, labels: [7, 8]))
        let mixed: [UInt8] = [13, 17, 21, 14, 18, 22, 15, 19, 23, 16, 20, 24]
        #expect(try planar.sample(1) == .image(RasterImage(width: 2, height: 2, channels: 3, pixels: mixed)))
        let grey = RasterImage(width: 6, height: 2, channels: 1, pixels: [UInt8](13...24))
        for shape in [[2, 2, 6], [2, 2, 6, 1], [2, 1, 2, 6]] {
            #expect(try Dataset.open(imageArchive(shape, pixels, labels: [7, 8])).sample(1) == .image(grey))
        }
    }

    @Test(arguments: [[12], [3, 4], [1, 3, 4, 1], [3, 2, 1, 2], [1, 1, 3, 2, 2]])
    func bytesThatAreNoImagesAreAnError(_ shape: [Int]) throws {
        let path = try imageArchive(shape, [UInt8](0..<12), labels: [UInt8](repeating: 0, count: shape[0]))
        #expect(failure(path).contains("\(Shape(shape))"))
    }

    @Test func emptyArraysAreErrors() throws {
        #expect(try failure(imageArchive([0, 2, 2], [], labels: [])).contains("no samples"))
        #expect(try failure(imageArchive([1, 0, 2], [], labels: [0])).contains("[1, 0, 2]"))
        #expect(try failure(valueArchive([("x", .float32(Tensor([0, 4]))), ("y", .int64([]))])).contains("no samples"))
    }

    @Test func missingArraysAreErrors() throws {
        let x = ("x", NpyContent.float32(Tensor([1, 1])))
        #expect(try failure(valueArchive([x])).contains("ound x"))
        #expect(try failure(valueArchive([("y", .int64([0]))])).contains("ound y"))
        #expect(try failure(valueArchive([("first", x.1), ("second", .int64([0]))])).contains("first, second"))
    }

    @Test func labelsHaveToFit() throws {
        let x = ("x", NpyContent.float32(Tensor([2, 3])))
        #expect(try failure(valueArchive([x, ("y", .int64([0, 1, 2]))])).contains("found [3]"))
        #expect(try failure(valueArchive([x, ("y", .int64([0, -1]))])).contains("y[1] = -1"))
        #expect(try failure(valueArchive([x, ("y", .int64([1 << 40, 0]))])).contains("y[0]"))
        #expect(try failure(valueArchive([x, ("y", .float32(Tensor([2], [1, 0.5])))])).contains("y[1] = 0.5"))
        #expect(try failure(valueArchive([x, ("y", .float32(Tensor([2], [.nan, 0])))])).contains("y[0] = nan"))
        #expect(try failure(valueArchive([x, ("y", .float32(Tensor([2, 10])))])).contains("y[0]"))
        #expect(try Self.labels(Dataset.open(valueArchive([x, ("y", .float32(Tensor([2], [1, 3])))]))) == [1, 3])
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity]) func samplesHaveToBeFinite(_ value: Float) throws {
        var tensor = Tensor([3, 2])
        tensor.values[3] = value
        #expect(try failure(valueArchive([("x", .float32(tensor)), ("y", .int64([0, 0, 0]))])).contains("sample 1"))
    }

    @Test func integersAreNoSamples() throws {
        let x = ("x", NpyContent.int64([2, 2], [1, 2, 3, 4]))
        #expect(try failure(valueArchive([x, ("y", .int64([0, 0]))])).contains("int64"))
    }

    @Test func aScalarIsNoArrayOfSamples() throws {
        #expect(try failure(valueArchive([("x", .float32(Tensor(scalar: 1))), ("y", .int64([0]))])).contains("[]"))
    }

    @Test func cifarBatches() throws {
        let planes = (0..<3072).map { UInt8(truncatingIfNeeded: $0 / 1024 * 50 + $0 % 3) }
        let path = try folder.write([3] + planes + [9] + planes.reversed(), to: "test_batch.bin")
        let dataset = try Dataset.open(path)
        #expect(try Self.labels(dataset) == [3, 9])
        guard case .image(let image) = try dataset.sample(0) else { throw CancellationError() }
        #expect(image.width == 32 && image.height == 32)
        #expect(Array(image.pixels.prefix(6)) == [0, 51, 102, 1, 52, 100])
        let fine = try folder.write([1, 77] + planes, to: "test.bin")
        #expect(try Self.labels(Dataset.open(fine)) == [77])
    }

    @Test(arguments: [
        ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"), ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
    ])
    func idxFindsItsLabels(images: String, labels: String) throws {
        let path = try folder.write([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 11, 12, 13], to: images)
        #expect(failure(path).contains(labels))
        try folder.write([0, 0, 8, 1, 0, 0, 0, 2, 4, 9], to: labels)
        let dataset = try Dataset.open(path)
        #expect(try Self.labels(dataset) == [4, 9])
        #expect(try dataset.sample(1) == .image(RasterImage(width: 2, height: 1, channels: 1, pixels: [12, 13])))
        try folder.write([0, 0, 8, 1, 0, 0, 0, 1, 4], to: labels)
        #expect(failure(path).contains("found 1"))
    }

    /// Whether the images, the labels, both or none are compressed.
    @Test(arguments: ["", ".gz"], ["", ".gz"]) func idxMayBeCompressed(images: String, labels: String) throws {
        let path = folder.file("images-idx3-ubyte" + images)
        try folder.copy("formats/images-idx3-ubyte" + images, to: "images-idx3-ubyte" + images)
        try folder.copy("formats/labels-idx1-ubyte" + labels, to: "labels-idx1-ubyte" + labels)
        let dataset = try Dataset.open(path)
        #expect(try Self.labels(dataset) == [7, 0, 9])
        guard case .image(let image) = try dataset.sample(0) else { throw CancellationError() }
        #expect(image.height == 4 && image.width == 5 && image.pixels.starts(with: [186, 39, 47]))
    }

    @Test func idxHasToHoldImages() throws {
        let path = try folder.write([0, 0, 8, 1, 0, 0, 0, 2, 10, 11], to: "t10k-images-idx3-ubyte")
        #expect(failure(path).contains("uint8 [2]"))
    }

    @Test func otherFilesAreErrors() throws {
        for name in ["t10k-labels-idx1-ubyte", "model.safetensors", "picture.png"] {
            let path = try folder.write([1], to: name)
            let error = #expect(throws: EvaluationError.self) { try Dataset.open(path) }
            #expect(error?.code == .unrecognizedDataset)
        }
    }

    @Test func damagedFilesAreErrors() throws {
        for name in ["x.npz", "x.bin", "x-images-ubyte", "x-images-ubyte.gz"] {
            let path = try folder.write([1, 2, 3], to: name)
            #expect(throws: FormatError.self) { try Dataset.open(path) }
        }
    }
}
