internal import VolleyFormats
internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// How a task reads an output and the data, found and checked before anything is run.
struct TaskReading: Sendable {
    let task: Evaluation.Task
    let output: TaskOutput
    /// The class of each sample, where samples have classes.
    let classes: ClassLabels?
    /// By sample and position of the output, what is right there, −1 where none counts; empty where the task takes none.
    private(set) var targets: [Int] = []
    /// What a regression should find, by sample and element.
    private(set) var values: [Float] = []
    /// By sample and position, whether it counts; nil where all do.
    private(set) var mask: [Bool]?
    /// Labels and masks that were read.
    private(set) var rows: [EvaluationData.Rows] = []
    /// How it was read, in sentences.
    private(set) var notes: [String] = []

    /// What stands for "none" among labels, as in PyTorch.
    static let ignored = -100

    private let data: EvaluationData

    /// - Parameter task: nil for a classification of samples.
    /// - Throws: `SpikingError` for an output that does not fit the task, ``EvaluationError`` for data that do not.
    init(_ task: Evaluation.Task?, of network: SpikingNetwork, on data: EvaluationData, output name: String?) throws {
        let graph = network.graph
        output = try TaskOutput(of: graph, for: task, named: name)
        self.task = task ?? .classification
        self.data = data
        if self.task == .classification, output.shape.rank == 1 {
            do {
                classes = try data.labels(for: ClassList(count: output.shape[0], names: network.classNames))
            } catch var error as EvaluationError {
                guard case .failure = data.labels, error.code == .malformedDataset || error.code == .unrecognizedDataset else { throw error }
                let remedy = Remedy(.task, Evaluation.Task.agreement.rawValue)
                error = EvaluationError(
                    error.code, error.message + " Without labels, measure the agreement with the ANN: \(remedy).", context: error.context,
                    underlying: error.underlying, remedies: error.remedies + [remedy])
                throw error
            }
            targets = classes!.indices
            return
        }
        classes = nil
        switch self.task {
        case .classification:
            try readMask()
            targets = try labels(shape: positions, below: width, "the class of every position")
            for index in targets.indices where mask?[index] == false { targets[index] = -1 }
        case .languageModel:
            try readMask()
            try readTokens(graph)
        case .agreement: try readMask()
        case .embedding:
            try readMask()
            guard positions.rank > 0 else { break }
            notes.append(
                mask == nil
                    ? "A sample's vector is the mean over all its \(positions.count) positions: there is no mask."
                    : "A sample's vector is the mean over the positions that '\(data.mask?.name ?? "")' keeps.")
        case .regression: try readValues()
        }
        try requirePositions()
    }

    /// The axes of one sample's positions.
    private var positions: Shape { Shape(Array(output.shape.dimensions.dropLast())) }
    private var width: Int { output.shape.dimensions.last ?? 1 }

    private func failure(_ message: String, expected: String? = nil, found: String? = nil, _ remedies: [Remedy] = []) -> EvaluationError {
        EvaluationError(
            .malformedDataset, message, context: .init(file: data.path, expected: expected, found: found), remedies: remedies)
    }

    // MARK: Masks

    private mutating func readMask() throws {
        guard positions.rank > 0, let rows = data.mask else { return }
        let shape = rows.array.shape
        guard Array(shape.dimensions.dropFirst()) == positions.dimensions else {
            let remedy = Remedy(.arrays, "mask=NAME")
            throw failure(
                "The mask '\(rows.name)' needs a number for every position of the output '\(output.name)'; name another one with \(remedy).",
                expected: "[\(data.count), \(positions.dimensions.map(String.init).joined(separator: ", "))]", found: "\(shape)", [remedy])
        }
        let values = rows.array.rows(0..<data.count).values
        guard let wrong = values.firstIndex(where: { $0 != 0 && $0 != 1 }) else {
            mask = values.map { $0 == 1 }
            self.rows.append(rows)
            notes.append("Only positions count that '\(rows.name)' keeps.")
            return
        }
        throw failure(
            "A mask is 1 where a position counts and 0 elsewhere.",
            found: "\(values[wrong]) in '\(rows.name)' of \(data.sampleName(wrong / positions.count))")
    }

    /// - Throws: where nothing is left to count.
    private func requirePositions() throws {
        if !targets.isEmpty, targets.allSatisfy({ $0 < 0 }) {
            throw failure(
                "No position counts: every label is \(Self.ignored), or the mask leaves none.", expected: "one position that counts at least")
        }
        guard targets.isEmpty, let mask else { return }
        for sample in 0..<data.count {
            let own = mask[sample * positions.count..<(sample + 1) * positions.count]
            if task == .embedding, !own.contains(true) {
                throw failure(
                    "The mask leaves no position of \(data.sampleName(sample)), so it has no vector.", expected: "a 1 for every sample at least")
            }
        }
        guard mask.contains(true) else { throw failure("No position counts: the mask leaves none.", expected: "one position that counts at least") }
    }

    // MARK: Labels

    /// Labels as an array `[N] + shape`, −1 for those that are ignored.
    private mutating func labels(shape: Shape, below limit: Int, _ what: String) throws -> [Int] {
        let rows = try labelRows(what)
        let expected = "whole numbers [\(data.count), \(shape.dimensions.map(String.init).joined(separator: ", "))]"
        guard Array(rows.array.shape.dimensions.dropFirst()) == shape.dimensions else {
            throw failure(
                "The task '\(task.rawValue)' on the output '\(output.name)' reads \(what) from '\(rows.name)'.", expected: expected,
                found: "\(rows.array.shape)")
        }
        self.rows.append(rows)
        return try whole(rows, below: limit, "labels 0…\(limit - 1), or \(Self.ignored) for none", allowsIgnored: true)
    }

    private func labelRows(_ what: String) throws -> EvaluationData.Rows {
        do {
            return try data.labels.get()
        } catch {
            let remedy = Remedy(.task, Evaluation.Task.agreement.rawValue)
            throw EvaluationError(
                error.code,
                "The task '\(task.rawValue)' reads \(what). \(error.message) Without labels, measure the agreement with the ANN: \(remedy).",
                context: error.context, underlying: error.underlying, remedies: error.remedies + [remedy])
        }
    }

    private func whole(_ rows: EvaluationData.Rows, below limit: Int, _ expected: String, allowsIgnored: Bool) throws -> [Int] {
        let values = rows.array.rows(0..<data.count).values
        return try values.enumerated().map { index, value in
            if allowsIgnored, value == Float(Self.ignored) { return -1 }
            guard let number = Int(exactly: value), 0..<limit ~= number else {
                let row = rows.array.shape.rowCount
                throw failure(
                    "The array '\(rows.name)' holds what the output '\(output.name)' \(output.shape) does not tell apart.", expected: expected,
                    found: "\(value) at position \(index % row) of \(data.sampleName(index / row))")
            }
            return number
        }
    }

    /// Labels `[N, …]` as floats, of the output's shape.
    private mutating func readValues() throws {
        let rows = try labelRows("a number for every element of the output '\(output.name)'")
        let (found, expected) = (rows.array.shape.dimensions.dropFirst(), output.shape.dimensions)
        guard Array(found) == expected || (found.isEmpty && output.shape.count == 1) else {
            throw failure(
                "Labels of a regression have the shape of the output '\(output.name)'.",
                expected: "[\(([data.count] + expected).map(String.init).joined(separator: ", "))]", found: "'\(rows.name)' \(rows.array.shape)")
        }
        values = rows.array.rows(0..<data.count).values
        if let index = values.firstIndex(where: { !$0.isFinite }) {
            throw failure(
                "Labels of a regression have to be finite.",
                found: "\(values[index]) in '\(rows.name)' of \(data.sampleName(index / output.shape.count))")
        }
        self.rows.append(rows)
        if output.shape.count > RegressionTally.mostElements {
            notes.append("R² is left out: the output has more than \(RegressionTally.mostElements) elements.")
        }
    }

    // MARK: Tokens

    /// The token at every position, shifted by one: what is right at a position is the token at the next one.
    private mutating func readTokens(_ graph: Graph) throws {
        let length = output.shape[0]
        let tokens: [Int]
        if case .success(let rows) = data.labels {
            tokens = try labels(shape: [length], below: width, "the token at every position")
            notes.append("Tokens are those of '\(rows.name)', shifted by one: at each position the token at the next one counts.")
        } else {
            tokens = try inputTokens(graph, length)
        }
        targets = tokens.indices.map { index in
            guard (index + 1) % length != 0 else { return -1 }
            // Where the mask begins there is nothing before that could tell.
            return mask.map { $0[index] && $0[index + 1] } ?? true ? tokens[index + 1] : -1
        }
    }

    private mutating func inputTokens(_ graph: Graph, _ length: Int) throws -> [Int] {
        guard case .arrays(let arrays, _) = data.source else {
            throw failure("A language model is measured on tokens: give an .npz file with the arrays of its inputs.")
        }
        let usual = "input_ids"
        let names = graph.inputs.map { graph[$0].name }
        guard let name = names.contains(usual) ? usual : names.count == 1 ? names[0] : nil else {
            throw failure(
                "Which input holds the tokens cannot be told: none is called '\(usual)'. Add an array of labels with the token at every position.",
                expected: "an input '\(usual)', or labels", found: names.listed(12), [Remedy(.arrays, "y=NAME")])
        }
        let tensor = arrays.arrays[name]!
        guard tensor.shape.dimensions == [data.count, length] else {
            throw failure(
                "The tokens in '\(name)' are not as many as the positions of the output '\(output.name)'.", expected: "[\(data.count), \(length)]",
                found: "\(tensor.shape)")
        }
        notes.append("Tokens are those of the input '\(name)', shifted by one: at each position the token at the next one counts.")
        return try tensor.values.enumerated().map { index, value in
            // A token that is masked may be any.
            if mask?[index] == false { return -1 }
            guard let token = Int(exactly: value), 0..<width ~= token else {
                throw failure(
                    "The input '\(name)' holds a token that the output '\(output.name)' has no logit for.", expected: "0…\(width - 1)",
                    found: "\(value) at position \(index % length) of \(data.sampleName(index / length))")
            }
            return token
        }
    }

    // MARK: What is left out

    /// A note on labels and masks that stand in the file and are not read.
    func unread(inputs: Set<String>) -> [Diagnostic] {
        let labels = classes == nil ? try? data.labels.get() : nil
        return [labels.map { ("labels", $0.name) }, data.mask.map { ("mask", $0.name) }].compactMap(\.self).compactMap { what, name in
            guard !rows.contains(where: { $0.name == name }), !inputs.contains(name) else { return nil }
            return Diagnostic(data.path, "The \(what) '\(name)' is left out: the task '\(task.rawValue)' on '\(output.name)' reads none.")
        }
    }

    // MARK: Samples

    /// What a network answered to some samples, one by one.
    /// - Parameters:
    ///   - ann: the ANN's output, `[N, …]`.
    ///   - estimates: the spiking network's, `[T, N, …]`.
    func samples(_ samples: [Int], ann: Tensor?, estimates: Tensor, timeSteps: Int) -> [MeasuredSample] {
        let (count, rows) = (output.shape.count, positions.count)
        func part<T>(_ values: [T], _ sample: Int, _ length: Int) -> ArraySlice<T> {
            values.isEmpty ? [] : values[sample * length..<(sample + 1) * length]
        }
        return samples.enumerated().map { row, sample in
            MeasuredSample(
                index: sample, shape: output.shape, ann: ann.map { part($0.values, row, count) },
                steps: (0..<timeSteps).map { part(estimates.values, $0 * samples.count + row, count) },
                targets: part(targets, sample, rows), values: part(values, sample, count), mask: mask.map { part($0, sample, rows) })
        }
    }
}
