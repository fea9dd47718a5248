import Testing
import VolleyEvaluation
import VolleyFormats
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

@Suite struct BatchLoaderTests {
    static let preprocessing = Preprocessing(
        channels: 3, height: 8, width: 8, resize: .shorterSide(10), interpolation: .bicubic, mean: [0.5, 0.4, 0.3],
        deviation: [0.2, 0.3, 0.4])

    static func batches(
        _ dataset: Dataset, size: Int, threads: Int = 2, skips: Bool = false, start: Int = 0, prefetched: Int = 1
    ) throws -> [Batch] {
        let loader = try BatchLoader(
            dataset, preprocessing: preprocessing, inputShape: dataset.sampleShape ?? [3, 8, 8], batchSize: size,
            threads: threads, skipsUnreadable: skips, startingAt: start, prefetched: prefetched)
        var batches: [Batch] = []
        while let batch = try loader.next() { batches.append(batch) }
        #expect(try loader.next() == nil)
        return batches
    }

    @Test func batchesComeInOrder() throws {
        let folder = try ClassFolderTests.threeClasses()
        let dataset = try Dataset.open(folder.path)
        let preprocessor = try ImagePreprocessor(Self.preprocessing)
        let batches = try Self.batches(dataset, size: 3)
        #expect(batches.map(\.indices) == [0..<3, 3..<6, 6..<8])
        #expect(batches.flatMap(\.samples) == Array(0..<dataset.count))
        for batch in batches {
            let expected = try batch.indices.map { index in
                guard case .image(let image) = try dataset.sample(index) else { throw CancellationError() }
                return preprocessor.tensor(from: image)
            }
            #expect(batch.inputs == Tensor.stacking(expected))
            #expect(batch.skipped.isEmpty)
        }
    }

    @Test(arguments: [1, 2, 3, 7], [1, 3, 8, 100])
    func neitherThreadsNorPrefetchingShow(threads: Int, size: Int) throws {
        let folder = try ClassFolderTests.threeClasses()
        let dataset = try Dataset.open(folder.path)
        let expected = try Self.batches(dataset, size: size, threads: 1, prefetched: 0)
        for prefetched in [0, 1, 5] {
            #expect(try Self.batches(dataset, size: size, threads: threads, prefetched: prefetched) == expected)
        }
    }

    @Test func loadingGoesOnWhereItStopped() throws {
        let folder = try ClassFolderTests.threeClasses()
        let dataset = try Dataset.open(folder.path)
        let all = try Self.batches(dataset, size: 2)
        #expect(try Self.batches(dataset, size: 2, start: 4) == Array(all[2...]))
        #expect(try Self.batches(dataset, size: 2, start: 8).isEmpty)
    }

    @Test(arguments: [1, 2, 7]) func damagedImagesCanBeSkipped(threads: Int) throws {
        let folder = try ClassFolderTests.threeClasses()
        let whole = try Self.batches(Dataset.open(folder.path), size: 4)
        try folder.copy("images/corrupt-tables.jpg", to: "a/2.jpg")
        try folder.write([1], to: "c/w.jpg")
        let batches = try Self.batches(Dataset.open(folder.path), size: 4, threads: threads, skips: true)
        #expect(batches.map(\.indices) == [0..<4, 4..<8])
        #expect(batches.map(\.samples) == [[0, 1, 3], [5, 6, 7]])
        #expect(batches.map { $0.skipped.map(\.index) } == [[2], [4]])
        #expect(batches.flatMap(\.skipped).map(\.name) == ["a/2.jpg", "c/w.jpg"])
        #expect(batches.flatMap(\.skipped).allSatisfy { $0.reason.contains($0.name) })
        #expect(batches[0].inputs == .concatenatingRows([whole[0].inputs.rows(0..<2), whole[0].inputs.rows(3..<4)]))
        #expect(batches[1].inputs == whole[1].inputs.rows(1..<4))
    }

    @Test func aBatchOfNothingButDamagedImagesIsEmpty() throws {
        let folder = try TemporaryDirectory()
        try folder.write([1], to: "a/1.jpg")
        let batches = try Self.batches(Dataset.open(folder.path), size: 4, skips: true)
        #expect(batches.count == 1)
        #expect(batches[0].inputs == Tensor([0, 3, 8, 8], []) && batches[0].samples.isEmpty)
    }

    @Test(arguments: [1, 2, 7]) func aDamagedImageEndsTheLoading(threads: Int) throws {
        let folder = try ClassFolderTests.threeClasses()
        try folder.copy("images/corrupt-tables.jpg", to: "a/3.png")
        try folder.copy("images/corrupt-tables.jpg", to: "c/w.jpg")
        let loader = try BatchLoader(
            Dataset.open(folder.path), preprocessing: Self.preprocessing, inputShape: [3, 8, 8], batchSize: 3,
            threads: threads)
        #expect(try loader.next()?.indices == 0..<3)
        for _ in 0..<3 {
            let error = #expect(throws: EvaluationError.self) { try loader.next() }
            #expect(error?.context.file == folder.file("a/3.png"))
        }
    }

    @Test func aLoaderMayBeAbandoned() throws {
        let folder = try ClassFolderTests.threeClasses()
        let dataset = try Dataset.open(folder.path)
        for _ in 0..<20 {
            let loader = try BatchLoader(
                dataset, preprocessing: Self.preprocessing, inputShape: [3, 8, 8], batchSize: 1, threads: 2,
                prefetched: 3)
            #expect(try loader.next()?.indices == 0..<1)
        }
    }

    @Test func floatsPassUnchanged() throws {
        let folder = try TemporaryDirectory()
        let tensor = SeededNoise.tensor([5, 2, 3])
        try NpzArchive.write(
            [("x", .float32(tensor)), ("y", .int64([0, 1, 2, 3, 4]))], to: folder.file("test.npz"))
        let batches = try Self.batches(Dataset.open(folder.file("test.npz")), size: 2, threads: 3)
        #expect(Tensor.concatenatingRows(batches.map(\.inputs)) == tensor)
        #expect(batches.map(\.samples) == [[0, 1], [2, 3], [4]])
    }

    @Test func shapesHaveToBeTheNetworks() throws {
        let folder = try ClassFolderTests.threeClasses()
        let images = try Dataset.open(folder.path)
        try NpzArchive.write([("x", .float32(Tensor([1, 64]))), ("y", .int64([0]))], to: folder.file("test.npz"))
        let values = try Dataset.open(folder.file("test.npz"))
        func failure(_ dataset: Dataset, _ preprocessing: Preprocessing?, _ shape: Shape) -> EvaluationError? {
            #expect(throws: EvaluationError.self) {
                try BatchLoader(dataset, preprocessing: preprocessing, inputShape: shape, batchSize: 1, threads: 1)
            }
        }
        let flat = failure(values, nil, [1, 8, 8])
        #expect(flat?.code == .shapeMismatch)
        #expect(flat?.context.expected == "[1, 8, 8]" && flat?.context.found == "[64]")
        let small = failure(images, Self.preprocessing, [3, 32, 32])
        #expect(small?.code == .shapeMismatch)
        #expect(small?.context.expected == "[3, 32, 32]" && small?.context.found == "[3, 8, 8]")
        #expect(failure(images, nil, [3, 8, 8])?.code == .preprocessing)
    }
}

enum SeededNoise {
    static func tensor(_ shape: Shape) -> Tensor {
        var generator = SeededGenerator(seed: 11)
        return generator.normalTensor(shape)
    }
}
