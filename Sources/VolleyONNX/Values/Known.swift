import VolleyGraph
import VolleyTensors

/// An array whose elements are known at import.
struct Known {
    enum Content {
        /// Weights and tables.
        case floats([Float])
        /// Shapes and indices: exact, and perhaps multiples of N.
        case numbers([KnownNumber])
    }

    var kind: ElementKind
    var shape: [Int]
    var content: Content
    /// The name of the value in the file, where it has one: its constant in the graph is called the same.
    var name: String?
    /// The same for copies: they share one constant of the graph.
    let identity = Identity()

    final class Identity: Sendable {}

    /// - Precondition: the content fills the shape.
    init(_ kind: ElementKind, _ shape: [Int], _ content: Content, name: String? = nil) {
        self.kind = kind
        self.shape = shape
        self.content = content
        self.name = name
    }

    init(_ tensor: Tensor, kind: ElementKind = .float) {
        self.init(kind, tensor.shape.dimensions, .floats(tensor.values))
    }

    /// One number without axes.
    init(_ kind: ElementKind, _ number: KnownNumber) { self.init(kind, [], .numbers([number])) }

    /// A list of integers.
    init(integers: [KnownNumber]) { self.init(.integer, [integers.count], .numbers(integers)) }
    init(integers: [Int]) { self.init(integers: integers.map { KnownNumber($0) }) }

    var count: Int {
        switch content {
        case .floats(let values): values.count
        case .numbers(let values): values.count
        }
    }

    /// The memory that the elements take.
    var byteCount: Int {
        switch content {
        case .floats(let values): values.count * MemoryLayout<Float>.stride
        case .numbers(let values): values.count * MemoryLayout<KnownNumber>.stride
        }
    }

    var numbers: [KnownNumber] {
        switch content {
        case .floats(let values): values.map { KnownNumber(Double($0)) }
        case .numbers(let values): values
        }
    }

    /// Which elements are not zero.
    var truths: [Bool] {
        switch content {
        case .floats(let values): values.map { $0 != 0 }
        case .numbers(let values): values.map { $0.value != 0 }
        }
    }

    /// The elements as integers.
    /// - Throws: ``ONNXError`` where one depends on the batch size.
    func integers() throws -> [Int] {
        try numbers.map { number in
            guard !number.scalesWithBatch else {
                throw ONNXError(.unsupported, "a number that depends on the batch size stands where a constant is needed")
            }
            return number.integer
        }
    }

    var scalesWithBatch: Bool {
        switch content {
        case .floats: false
        case .numbers(let values): values.contains(where: \.scalesWithBatch)
        }
    }

    /// The elements as floats.
    /// - Throws: ``ONNXError`` where one depends on the batch size.
    func tensor() throws -> Tensor {
        switch content {
        case .floats(let values): return Tensor(Shape(shape), values)
        case .numbers(let values):
            guard !scalesWithBatch else {
                throw ONNXError(.unsupported, "the batch size itself is computed with as if it were data")
            }
            return Tensor(Shape(shape), values.map { Float($0.value) })
        }
    }

    /// The same elements under another shape.
    /// - Precondition: both have the same count.
    func reshaped(_ shape: [Int]) -> Known { Known(kind, shape, content, name: name) }

    /// The elements at `indices`.
    func selecting(_ indices: some Sequence<Int>, shape: [Int]) -> Known {
        switch content {
        case .floats(let values): Known(kind, shape, .floats(indices.map { values[$0] }))
        case .numbers(let values): Known(kind, shape, .numbers(indices.map { values[$0] }))
        }
    }

    /// The elements at `offset + Σ index·strides`, in row-major order of `shape`.
    func view(shape: [Int], offset: Int, strides: [Int]) -> Known {
        switch content {
        case .floats(let values):
            var result = Tensor(Shape(shape))
            result.fill(from: values, offset: offset, strides: strides)
            return Known(kind, shape, .floats(result.values), name: name)
        case .numbers:
            return selecting(rowMajorOffsets(shape, offset: offset, strides: strides), shape: shape)
        }
    }
}
