import VolleyGraph
import VolleyTensors

/// Reads, decodes and preprocesses some samples of a data set.
struct BatchReader: Sendable {
    let dataset: Dataset
    private let preprocessor: ImagePreprocessor?
    private let inputShape: Shape
    private let threads: Int
    private let skipsUnreadable: Bool

    /// - Throws: `EvaluationError` where the samples will not have the shape of the network's input.
    init(
        dataset: Dataset, preprocessing: Preprocessing?, inputShape: Shape, threads: Int, skipsUnreadable: Bool
    ) throws {
        self.dataset = dataset
        self.inputShape = inputShape
        self.threads = threads
        self.skipsUnreadable = skipsUnreadable
        if let sampleShape = dataset.sampleShape {
            preprocessor = nil
            guard sampleShape == inputShape else {
                throw EvaluationError(
                    .shapeMismatch,
                    "the samples are fed as they are, but do not have the shape of the network's input: reshape the array x",
                    context: .init(file: dataset.path, expected: "\(inputShape)", found: "\(sampleShape)"))
            }
        } else {
            guard let preprocessing else {
                throw EvaluationError(
                    .preprocessing, "the samples are images, but the model does not say how to preprocess them",
                    context: .init(file: dataset.path, expected: "sizes, mean and deviation"))
            }
            let preprocessor = try ImagePreprocessor(preprocessing)
            guard preprocessor.shape == inputShape else {
                throw EvaluationError(
                    .shapeMismatch, "preprocessed images do not have the shape of the network's input",
                    context: .init(expected: "\(inputShape)", found: "\(preprocessor.shape)"))
            }
            self.preprocessor = preprocessor
        }
    }

    /// Where several samples cannot be read, the error tells of the first.
    func batch(_ indices: Range<Int>) throws -> Batch {
        let parts = try parallelRanges(indices.count, threads: threads) { _, range in
            try part(range.lowerBound + indices.lowerBound..<range.upperBound + indices.lowerBound)
        }
        let inputs = parts.map { Tensor(Shape([$0.labels.count] + inputShape.dimensions), $0.values) }
        return Batch(
            indices: indices, inputs: .concatenatingRows(inputs), labels: parts.flatMap(\.labels),
            skipped: parts.flatMap(\.skipped))
    }

    private struct Part: Sendable {
        var values: [Float] = []
        var labels: [Int] = []
        var skipped: [SkippedSample] = []
    }

    private func part(_ indices: Range<Int>) throws -> Part {
        var part = Part()
        part.values.reserveCapacity(indices.count * inputShape.count)
        for index in indices {
            do {
                switch try dataset.sample(index) {
                case .values(let tensor): part.values += tensor.values
                case .image(let image): preprocessor!.append(image, to: &part.values)
                }
                part.labels.append(dataset.labels[index])
            } catch where skipsUnreadable {
                part.skipped.append(
                    SkippedSample(index: index, name: dataset.sampleName(index), reason: "\(error)"))
            }
        }
        return part
    }
}
