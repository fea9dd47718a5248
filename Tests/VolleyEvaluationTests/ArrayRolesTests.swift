import Testing
import VolleyEvaluation
import VolleyFormats
import VolleyTensors
import VolleyTestSupport

/// Which arrays of an `.npz` file hold samples and labels, and what labels may look like.
@Suite struct ArrayRolesTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    /// Arrays of two samples each: floats where a name ends in none of "y", "labels" and "target". Each holds its place in the list.
    private func open(_ names: [String], _ options: Dataset.Options = .init()) throws -> Dataset {
        let arrays = names.enumerated().map { index, name in
            let isLabels = ["y", "label", "target"].contains { name.lowercased().contains($0) }
            let content: NpyContent = isLabels ? .int64([index, index]) : .float32(Tensor([2, 1], repeating: Float(index)))
            return (name, content)
        }
        try NpzArchive.write(arrays, to: folder.file("data.npz"))
        return try Dataset.open(folder.file("data.npz"), options)
    }

    /// The places of the samples and of the labels.
    private func roles(_ names: [String], _ options: Dataset.Options = .init()) throws -> [Int] {
        let dataset = try open(names, options)
        guard case .values(let sample) = try dataset.sample(0) else { throw CancellationError() }
        return [Int(sample.values[0]), try dataset.labels(for: ClassList(count: 100)).indices[0]]
    }

    @Test(arguments: [
        ["x", "y"], ["X", "y"], ["x_test", "y_test"], ["X_test", "Y_test"], ["test_images", "test_labels"], ["images", "labels"],
        ["inputs", "targets"], ["data", "label"], ["x_val", "y_val", "y_train"], ["x", "y", "x_test", "y_test"],
    ])
    func usualNamesAreKnown(_ names: [String]) throws { #expect(try roles(names) == [0, 1]) }

    @Test func theNetworksInputIsKnown() throws {
        #expect(try roles(["pixels_4", "labels", "images"], .init(input: "pixels_4")) == [0, 1])
    }

    @Test func severalAreRefusedAndCanBeNamed() throws {
        let names = ["x_train", "y_train", "x_test", "y_test"]
        let error = #expect(throws: EvaluationError.self) { try open(names) }
        #expect(error?.description.contains("\(Remedy(.arrays, "x=x_train"))") == true)
        #expect(try roles(names, .init(arrays: ["x": "x_train"])) == [0, 1])
        #expect(try roles(names, .init(arrays: ["x": "x_test"])) == [2, 3])
        #expect(try roles(names, .init(arrays: ["x": "x_test", "y": "y_train"])) == [2, 1])
    }

    @Test func labelsOfAnotherPartAreNotTaken() throws {
        let dataset = try open(["x_test", "y_train"])
        #expect(dataset.count == 2)
        let error = #expect(throws: EvaluationError.self) { try dataset.labels(for: ClassList(count: 10)) }
        #expect(error?.description.contains("\(Remedy(.arrays, "y=NAME"))") == true)
    }

    @Test func unknownNamesAreRefusedAndCanBeNamed() throws {
        let error = #expect(throws: EvaluationError.self) { try open(["first", "my_labels"]) }
        #expect(error?.description.contains("\(Remedy(.arrays, "x=first"))") == true)
        #expect(try roles(["first", "my_labels"], .init(arrays: ["x": "first", "y": "my_labels"])) == [0, 1])
    }

    @Test func whatIsNamedHasToBeThere() throws {
        for arrays in [["x": "z"], ["y": "z"], ["q": "x"]] {
            #expect(throws: EvaluationError.self) { try open(["x", "y"], .init(arrays: arrays)) }
        }
        #expect(throws: EvaluationError.self) { try Dataset.open(Fixture.path("images"), .init(arrays: ["x": "x"])) }
    }

    @Test func samplesWithoutLabelsCanBeReadAndNotMeasured() throws {
        let dataset = try open(["x"])
        #expect(dataset.count == 2)
        #expect(throws: EvaluationError.self) { try dataset.labels(for: ClassList(count: 10)) }
    }

    private func labels(_ tensor: Tensor, classes: Int = 3) throws -> [Int] {
        try NpzArchive.write([("x", .float32(Tensor([3, 1]))), ("y", .float32(tensor))], to: folder.file("data.npz"))
        return try Dataset.open(folder.file("data.npz")).labels(for: ClassList(count: classes)).indices
    }

    @Test func labelsMayBeAColumnOrOneHot() throws {
        #expect(try labels(Tensor([3, 1], [2, 0, 1])) == [2, 0, 1])
        #expect(try labels(Tensor([3, 3], [0, 0, 1, 1, 0, 0, 0, 1, 0])) == [2, 0, 1])
    }

    @Test func oneHotLabelsHaveToFit() throws {
        func refusal(_ tensor: Tensor, classes: Int = 3) -> String {
            let error = #expect(throws: EvaluationError.self) { try labels(tensor, classes: classes) }
            return error?.description ?? ""
        }
        #expect(refusal(Tensor([3, 3], [0, 0, 1, 1, 0, 0, 0, 1, 0]), classes: 4).contains("4 columns"))
        #expect(refusal(Tensor([3, 2], [0, 1, 1, 1, 1, 0])).contains("y[1]"))
        #expect(refusal(Tensor([3, 2], [0, 1, 1, 0, 0, 0])).contains("y[2]"))
        #expect(refusal(Tensor([3, 2], [0.5, 0.5, 1, 0, 0, 1])).contains("y[0]"))
        #expect(refusal(Tensor([3, 2], [1, .nan, 1, 0, 0, 1])).contains("y[0]"))
        #expect(refusal(Tensor([2, 2], [0, 1, 1, 0])).contains("[2, 2]"))
        #expect(refusal(Tensor([3, 1, 1])).contains("[3, 1, 1]"))
        #expect(refusal(Tensor([3, 0])).contains("[3, 0]"))
    }
}
