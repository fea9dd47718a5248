public import VolleyFormats
public import VolleyGraph
public import VolleyTensors

/// Samples for a network with any inputs: one array per input.
public struct NamedArrays: Sendable {
    /// Where the arrays were read; what they were called, where they are in memory.
    public let path: String
    public private(set) var arrays: [String: Tensor]
    /// Arrays of the file that are no input's.
    public let others: [String]
    /// What was left out or changed.
    public private(set) var diagnostics: [Diagnostic]
    /// The number of samples.
    public private(set) var count: Int
    private let batching: Batching

    /// Reads the arrays for a network's inputs from an `.npz` file. A network with one input also takes the array `x`.
    /// - Parameters:
    ///   - chosen: by input, the name of its array where it is called otherwise; `x` stands for the only input.
    ///   - beside: arrays that are no input's and are read elsewhere, such as labels.
    /// - Throws: `EvaluationError` when an input's array is missing or the arrays do not count the same samples.
    public init(path: String, for graph: Graph, chosen: [String: String] = [:], beside: Set<String> = []) throws {
        let inputs = graph.inputs.map { graph[$0].name }
        let archive = try NpzArchive(path: path)
        let names = archive.names
        for (input, name) in chosen.sorted(by: { $0.key < $1.key }) {
            guard inputs.contains(input) || (input == "x" && inputs.count == 1), names.contains(name) else {
                let remedy = Remedy(.arrays)
                throw EvaluationError(
                    .malformedDataset, "\(remedy) names an input of the network and one of the file's arrays.",
                    context: .init(
                        file: path, expected: "INPUT=NAME with INPUT of \(inputs.listed(12)) and NAME of \(names.listed(12))",
                        found: "\(input)=\(name)"), remedies: [remedy])
            }
        }
        var arrays: [String: Tensor] = [:]
        var used: Set<String> = []
        for input in inputs {
            let only = inputs.count == 1
            let name = [chosen[input], only ? chosen["x"] : nil, input, only ? "x" : nil].compactMap { $0 }.first(where: names.contains)
            guard let name else { continue }
            arrays[input] = try archive.array(name).tensor
            used.insert(name)
            // Recorded spikes, which an input neuron sends instead of drawing its own.
            let train = BoundInputs.train(of: name)
            guard names.contains(train) else { continue }
            arrays[BoundInputs.train(of: input)] = try archive.array(train).tensor
            used.insert(train)
        }
        for site in graph.nodes where site.isNeuronSite && names.contains(BoundInputs.train(of: site.name)) {
            let train = BoundInputs.train(of: site.name)
            arrays[train] = try archive.array(train).tensor
            used.insert(train)
        }
        let others = names.filter { !used.contains($0) && $0 != "y" && !beside.contains($0) }
        try self.init(arrays, for: graph, path: path, found: names, others: others)
        diagnostics += NpzDataset.membersLeftOut(of: archive)
    }

    /// Arrays in memory, under the names of a network's inputs; they are checked as those of a file are.
    /// - Parameters:
    ///   - arrays: by input, its samples `[N, …]`. Recorded spikes of a site are called `train/SITE`.
    ///   - name: what errors and results call them.
    /// - Throws: ``EvaluationError`` when an input's array is missing or the arrays do not count the same samples.
    public init(_ arrays: [String: Tensor], for graph: Graph, name: String = "memory") throws {
        let inputs = graph.inputs.map { graph[$0].name }
        let sites = graph.nodes.filter(\.isNeuronSite).map(\.name)
        let read = Set(inputs + (inputs + sites).map { BoundInputs.train(of: $0) })
        let names = arrays.keys.sorted()
        try self.init(
            arrays.filter { read.contains($0.key) }, for: graph, path: name, found: names, others: names.filter { !read.contains($0) })
    }

    /// - Parameters:
    ///   - found: the names of all arrays that there are.
    ///   - others: those of them that nothing reads.
    private init(_ arrays: [String: Tensor], for graph: Graph, path: String, found: [String], others: [String]) throws {
        let inputs = graph.inputs.map { graph[$0].name }
        guard inputs.allSatisfy({ arrays[$0] != nil }) else {
            throw EvaluationError(
                .malformedDataset, "There must be an array for every input of the network.",
                context: .init(file: path, expected: inputs.joined(separator: ", "), found: found.joined(separator: ", ")))
        }
        let batching = Batching(graph)
        let counts = batching.inputs.reduce(into: [String: Int]()) { counts, input in
            let (name, position) = (input.key, input.value.position)
            guard let length = arrays[name]?.shape.dimensions.dropFirst(position).first else { return counts[name] = 0 }
            counts[name] = length / batching.lengthPerSample(of: graph, name)
        }
        guard Set(counts.values).count <= 1, counts.values.first != 0 else {
            let found = counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            throw EvaluationError(
                .malformedDataset, "All arrays must hold the same number of samples, at least one.",
                context: .init(file: path, found: found))
        }
        self.path = path
        self.batching = batching
        count = counts.values.first ?? 1
        self.arrays = arrays
        self.others = others
        let unread = Diagnostic(path, "The network has no input for \(others.joined(separator: ", ")).")
        diagnostics = others.isEmpty ? [] : [unread]
    }

    /// Puts arrays with their channels at the other end than a network reads them into its layout, with a note; notes pixels
    /// that are not normalised, too.
    /// - Parameter preprocessing: how the network's only input is made of images, where that is known.
    /// - Throws: `EvaluationError` for an array that fits no layout, but has the right lengths in another order.
    public func fitted(to graph: Graph, preprocessing: Preprocessing?) throws -> NamedArrays {
        var result = self
        for id in graph.inputs {
            let node = graph[id]
            guard let tensor = arrays[node.name], node.shape.dimensions.first == .batch else { continue }
            let expected = Shape(Array(node.shape.perSample.dimensions.dropFirst()))
            let found = Shape(Array(tensor.shape.dimensions.dropFirst()))
            if let layout = ArrayLayout(of: found, as: expected) {
                guard let note = layout.note(found, expected) else { continue }
                result.arrays[node.name] = Tensor(
                    Shape([tensor.shape[0]] + expected.dimensions), layout.apply(to: tensor.values, shape: expected))
                result.diagnostics.append(Diagnostic(path, note))
            } else if found.dimensions.sorted() == expected.dimensions.sorted() {
                throw ArrayLayout.mismatch(found, expected, file: path)
            }
        }
        if let preprocessing, arrays.count == 1, let values = arrays.values.first?.values {
            result.diagnostics += InputRange.note(on: values, in: path, for: preprocessing).map { [$0] } ?? []
        }
        return result
    }

    /// The last part of the path.
    public var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// Some of the samples.
    public func samples(_ range: Range<Int>) -> [String: Tensor] { batching.samples(range, of: count, in: arrays) }

    /// Some of the samples, in the order of their indices here.
    /// - Precondition: there are samples of these indices, at least one.
    public func selecting(_ indices: [Int]) -> NamedArrays {
        var result = self
        result.arrays = batching.joining(inputs: indices.map { samples($0..<$0 + 1) })
        result.count = indices.count
        return result
    }

    /// What tells a sample from others: the digest of its elements in all arrays.
    public func identity(of index: Int) -> SampleDigest {
        SampleDigest(ofInputs: samples(index..<index + 1).sorted { $0.key < $1.key }.map { $0.value.values[...] })
    }

    /// SHA-256 over names, shapes and elements.
    public var digest: Digest {
        var hash = SHA256()
        for (name, tensor) in arrays.sorted(by: { $0.key < $1.key }) {
            hash.update(Array("\(name) \(tensor.shape)\n".utf8))
            hash.update(
                tensor.values.flatMap { value in
                    (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
                })
        }
        return hash.finalize()
    }

    /// Whether an `.npz` file holds an array for every input under the input's name, or one that `chosen` names.
    public static func fits(_ path: String, inputs: [String], chosen: [String: String] = [:]) -> Bool {
        guard path.hasSuffix(".npz"), let names = try? NpzArchive(path: path).names else { return false }
        return inputs.allSatisfy { names.contains(chosen[$0] ?? $0) }
    }
}
