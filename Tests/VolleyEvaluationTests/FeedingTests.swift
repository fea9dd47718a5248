import Testing
import VolleyEvaluation
import VolleyFormats
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

/// Arrays whose axes or units are not the network's.
@Suite struct FeedingTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func dataset(_ tensor: Tensor) throws -> Dataset {
        try NpzArchive.write([("x", .float32(tensor))], to: folder.file("data.npz"))
        return try Dataset.open(folder.file("data.npz"))
    }

    private func fed(_ tensor: Tensor, _ shape: Shape) throws -> Tensor {
        let loader = try BatchLoader(dataset(tensor), preprocessing: nil, inputShape: shape, batchSize: 2, threads: 2)
        var parts: [Tensor] = []
        while let batch = try loader.next() { parts.append(batch.inputs) }
        return .concatenatingRows(parts)
    }

    /// `[N, H, W, C]` by definition.
    private func channelsLast(_ tensor: Tensor) -> Tensor {
        let (n, c, h, w) = (tensor.shape[0], tensor.shape[1], tensor.shape[2], tensor.shape[3])
        var result = Tensor([n, h, w, c])
        for i in 0..<n { for j in 0..<c { for k in 0..<h { for l in 0..<w { result[i, k, l, j] = tensor[i, j, k, l] } } } }
        return result
    }

    @Test func channelsAreMovedWhereTheNetworkReadsThem() throws {
        let tensor = SeededNoise.tensor([3, 2, 4, 5])
        let moved = channelsLast(tensor)
        #expect(try fed(moved, [2, 4, 5]) == tensor)
        #expect(try fed(tensor, [4, 5, 2]) == moved)
        #expect(try fed(tensor, [2, 4, 5]) == tensor)
        let grey = SeededNoise.tensor([3, 4, 5])
        #expect(try fed(grey, [1, 4, 5]) == grey.reshaped(to: [3, 1, 4, 5]))
        #expect(try fed(grey, [4, 5, 1]) == grey.reshaped(to: [3, 4, 5, 1]))
        let notes = try dataset(moved).feedingNotes(inputShape: [2, 4, 5], preprocessing: nil)
        #expect(notes.count == 1 && notes[0].message.contains("transposed to [2, 4, 5]"))
        #expect(try dataset(tensor).feedingNotes(inputShape: [2, 4, 5], preprocessing: nil).isEmpty)
    }

    /// Where both readings fit, the array is fed as it is.
    @Test func aCubeIsNotMoved() throws {
        let tensor = SeededNoise.tensor([2, 3, 3, 3])
        #expect(try fed(tensor, [3, 3, 3]) == tensor)
    }

    @Test func otherOrdersAreRefused() throws {
        let error = #expect(throws: EvaluationError.self) { try fed(SeededNoise.tensor([2, 5, 4, 3]), [3, 4, 5]) }
        #expect(error?.description.contains("transpose") == true)
        #expect(error?.description.contains("reshape") == false)
        let other = #expect(throws: EvaluationError.self) { try fed(SeededNoise.tensor([2, 64]), [1, 8, 8]) }
        #expect(other?.description.contains("shape [") == false && other?.description.contains("transpose") == false)
    }

    @Test func namedArraysAreMovedToo() throws {
        let tensor = SeededNoise.tensor([3, 2, 4, 5])
        var builder = GraphBuilder()
        let input = try builder.input("image", shape: [.batch, 2, 4, 5])
        builder.output("same", try builder.add("relu", .activation(Activation(.relu)), [input]))
        let graph = try builder.build()
        try NpzArchive.write([("image", .float32(channelsLast(tensor)))], to: folder.file("named.npz"))
        let arrays = try NamedArrays(path: folder.file("named.npz"), for: graph).fitted(to: graph, preprocessing: nil)
        #expect(arrays.arrays["image"] == tensor)
        #expect(arrays.diagnostics.count == 1)
        try NpzArchive.write([("image", .float32(Tensor([2, 5, 4, 2])))], to: folder.file("other.npz"))
        let error = #expect(throws: EvaluationError.self) {
            try NamedArrays(path: folder.file("other.npz"), for: graph).fitted(to: graph, preprocessing: nil)
        }
        #expect(error?.description.contains("transpose") == true)
    }

    private static func preprocessing(_ mean: Float, _ deviation: Float) -> Preprocessing {
        Preprocessing(
            channels: 1, height: 1, width: 2, resize: .shorterSide(1), interpolation: .bicubic, mean: [mean], deviation: [deviation])
    }

    @Test(
        arguments: [
            ([0, 1], 0.5, 0.5), ([0, 255], 0.5, 0.5), ([0.1, 0.9], 0.4, 0.2), ([3, 200], 0, 1), ([0, 1], 0, 1 / 255), ([0, 0.5], 0, 0.25),
        ] as [([Float], Float, Float)])
    func barePixelsAreNoted(values: [Float], mean: Float, deviation: Float) throws {
        let notes = try dataset(Tensor([1, 1, 1, 2], values))
            .feedingNotes(inputShape: [1, 1, 2], preprocessing: Self.preprocessing(mean, deviation))
        #expect(notes.count == 1)
        let middle = (values[0] + values[1]) / 2
        #expect(notes.first?.message.contains("mean \(middle == middle.rounded() ? "\(Int(middle))" : "\(middle)")") == true, "\(notes)")
    }

    @Test(
        arguments: [
            ([-1, 1], 0.5, 0.5), ([0, 1], 0, 1), ([0, 255], 0, 1 / 255), ([-2.1, 2.6], 0.485, 0.229), ([0, 300], 0.5, 0.5), ([0, 0], 0.5, 0.5),
        ] as [([Float], Float, Float)])
    func otherValuesAreNot(values: [Float], mean: Float, deviation: Float) throws {
        let notes = try dataset(Tensor([1, 1, 1, 2], values))
            .feedingNotes(inputShape: [1, 1, 2], preprocessing: Self.preprocessing(mean, deviation))
        #expect(notes.isEmpty, "\(notes)")
    }
}
