import VolleyGraph
import VolleyTensors

/// Reads, decodes and preprocesses some samples of a data set.
struct BatchReader: Sendable {
    let dataset: Dataset
    private let preprocessor: ImagePreprocessor?
    private let inputShape: Shape
    /// How the axes of samples are arranged beside those of the network's input.
    private let layout: ArrayLayout
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
        let found: Shape
        if let sampleShape = dataset.sampleShape {
            preprocessor = nil
            found = sampleShape
        } else {
            guard let preprocessing else {
                let remedies = [Remedy(.imageFile), Remedy(.imageMean), Remedy(.imageDeviation)]
                throw EvaluationError(
                    .preprocessing,
                    "The samples are images, but the network does not know how to preprocess them: say it when it is converted, "
                        + "with \(remedies[0]) or with \(remedies[1]) and \(remedies[2]).", context: .init(file: dataset.path),
                    remedies: remedies)
            }
            let preprocessor = try ImagePreprocessor(preprocessing)
            self.preprocessor = preprocessor
            found = preprocessor.shape
        }
        guard let layout = ArrayLayout(of: found, as: inputShape) else {
            if preprocessor == nil { throw ArrayLayout.mismatch(found, inputShape, file: dataset.path) }
            throw EvaluationError(
                .shapeMismatch, "Preprocessed images do not have the shape of the network's input.",
                context: .init(file: dataset.path, expected: "\(inputShape)", found: "\(found)"))
        }
        self.layout = layout
    }

    /// Where several samples cannot be read, the error names the first.
    func batch(_ indices: Range<Int>) throws -> Batch {
        let parts = try parallelRanges(indices.count, threads: threads) { _, range in
            try part(range.lowerBound + indices.lowerBound..<range.upperBound + indices.lowerBound)
        }
        let inputs = parts.map { Tensor(Shape([$0.samples.count] + inputShape.dimensions), $0.values) }
        return Batch(
            indices: indices, inputs: .concatenatingRows(inputs), samples: parts.flatMap(\.samples),
            skipped: parts.flatMap(\.skipped))
    }

    private struct Part: Sendable {
        var values: [Float] = []
        var samples: [Int] = []
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
                part.samples.append(index)
            } catch let error where skipsUnreadable {
                part.skipped.append(
                    SkippedSample(index: index, name: dataset.sampleName(index), reason: "\(error)"))
            }
        }
        part.values = layout.apply(to: part.values, shape: inputShape)
        return part
    }
}
