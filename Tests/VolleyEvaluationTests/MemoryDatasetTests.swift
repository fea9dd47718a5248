import Testing
import VolleyEvaluation
import VolleyFormats
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

/// Samples that a program has in memory are the same as those that it could have written to a file.
@Suite struct MemoryDatasetTests {
    private let samples = Tensor([3, 2, 2], (0..<12).map(Float.init))

    private func failure(_ make: () throws -> Dataset) -> String {
        let error = #expect(throws: EvaluationError.self) { try make() }
        #expect(error?.code == .malformedDataset)
        return error?.description ?? ""
    }

    /// Shape, elements, labels, digests and notes are those of a file with the same arrays.
    @Test func itIsTheDataSetOfAFile() throws {
        let folder = try TemporaryDirectory()
        try NpzArchive.write([("x", .float32(samples)), ("y", .int64([2, 0, 5]))], to: folder.file("test.npz"))
        let (stored, here) = (try Dataset.open(folder.file("test.npz")), try Dataset(samples, labels: [2, 0, 5]))
        #expect(here.count == 3 && here.sampleShape == [2, 2])
        for index in 0..<3 {
            #expect(try here.sample(index) == stored.sample(index))
            #expect(here.identity(of: index) == stored.identity(of: index))
        }
        let classes = ClassList(count: 6)
        #expect(try here.labels(for: classes) == stored.labels(for: classes))
        #expect(try here.digest(labels: [2, 0, 5], threads: 1) == stored.digest(labels: [2, 0, 5], threads: 1))
        #expect(try here.prefix(2).labels(for: classes).indices == [2, 0])
        let preprocessing = Preprocessing(
            channels: 1, height: 2, width: 2, resize: .exact(height: 2, width: 2), interpolation: .bilinear, mean: [0.5], deviation: [0.5])
        let notes = here.feedingNotes(inputShape: [2, 2], preprocessing: preprocessing)
        #expect(!notes.isEmpty && notes.map(\.message) == stored.feedingNotes(inputShape: [2, 2], preprocessing: preprocessing).map(\.message))
    }

    @Test func messagesCallItByItsName() throws {
        #expect(try Dataset(samples).sampleName(1) == "memory[1]")
        let named = try Dataset(samples, labels: [2, 0, 5], name: "mine")
        let error = #expect(throws: EvaluationError.self) { try named.labels(for: ClassList(count: 5)) }
        #expect(error?.description.contains("labels 0…4; found label 5 of mine[2]") == true)
    }

    /// Calibration needs no labels; measuring says that they are missing.
    @Test func labelsMayBeMissing() throws {
        let error = #expect(throws: EvaluationError.self) { try Dataset(samples).labels(for: ClassList(count: 6)) }
        #expect(error?.description.contains("No labels") == true)
    }

    @Test func whatIsWrongIsSaid() {
        #expect(failure { try Dataset(Tensor([0, 2])) }.contains("no samples"))
        #expect(failure { try Dataset(Tensor(scalar: 1)) }.contains("no samples"))
        #expect(failure { try Dataset(samples, labels: [1, 2]) }.contains("Expected 3 labels; found 2"))
        #expect(failure { try Dataset(samples, labels: [1, 2, -1]) }.contains("labels[2] = -1"))
        for value in [Float.nan, .infinity, -.infinity] {
            var broken = samples
            broken.values[7] = value
            #expect(failure { try Dataset(broken) }.contains("\(value) in sample 1"))
        }
    }

    // MARK: Several inputs

    /// Two inputs that are added up.
    private func graph() throws -> Graph {
        var builder = GraphBuilder()
        let (a, b) = (try builder.input("a", shape: [.batch, 2]), try builder.input("b", shape: [.batch, 2]))
        builder.output("sum", try builder.add("sum", .elementwise(Elementwise(.add)), [a, b]))
        return try builder.build()
    }

    @Test func namedArraysAreThoseOfAFile() throws {
        let (graph, folder) = (try graph(), try TemporaryDirectory())
        let (a, b) = (Tensor([3, 2], [1, 2, 3, 4, 5, 6]), Tensor([3, 2], [6, 5, 4, 3, 2, 1]))
        try NpzArchive.write([("a", .float32(a)), ("b", .float32(b))], to: folder.file("in.npz"))
        let (stored, here) = (try NamedArrays(path: folder.file("in.npz"), for: graph), try NamedArrays(["a": a, "b": b], for: graph))
        #expect(here.count == 3 && here.arrays == stored.arrays && here.digest == stored.digest)
        #expect((0..<3).allSatisfy { here.identity(of: $0) == stored.identity(of: $0) })
        #expect(try NamedArrays(["a": a, "b": b, "c": a], for: graph).diagnostics.map(\.message) == ["The network has no input for c."])
        let missing = #expect(throws: EvaluationError.self) { try NamedArrays(["a": a], for: graph) }
        #expect(missing?.description.contains("Expected a, b; found a") == true)
        let uneven = #expect(throws: EvaluationError.self) { try NamedArrays(["a": a, "b": b.rows(0..<2)], for: graph) }
        #expect(uneven?.description.contains("a 3, b 2") == true)
    }

    @Test func labelsAndMasksCountTheSamples() throws {
        let a = Tensor([3, 2])
        let arrays = try NamedArrays(["a": a, "b": a], for: try graph())
        #expect(try EvaluationData(arrays, labels: Tensor([3], [0, 1, 1]), mask: Tensor([3, 2], repeating: 1)).count == 3)
        for (name, make) in [
            ("labels", { try EvaluationData(arrays, labels: Tensor([2])) }), ("mask", { try EvaluationData(arrays, mask: Tensor([4, 2])) }),
        ] {
            let error = #expect(throws: EvaluationError.self) { try make() }
            #expect(error?.description.contains("The \(name) need a row for each of 3 samples") == true)
        }
    }
}
