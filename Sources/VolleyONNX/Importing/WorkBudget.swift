import VolleyGraph
import VolleyTensors

/// How much an import may compute: a small file must ask for neither gigabytes nor hours.
///
/// Everything is counted before it is made. What a file may ask for grows with what it holds itself.
struct WorkBudget {
    /// Bytes of the values that are known now, those of the file's own tensors left out.
    private(set) var living = 0
    /// Bytes that belong to the graph.
    private var kept = 0
    /// About how many nanoseconds were spent.
    private var work = 0
    /// How many elements the file's own tensors have.
    var fileElements = 0

    private var memoryLimit: Int { (1 << 29).saturatingAdd(fileElements.saturatingMultiply(16)) }
    private var workLimit: Int { (1 << 29).saturatingAdd(fileElements.saturatingMultiply(64)) }
    private var countLimit: Int { (1 << 25).saturatingAdd(fileElements.saturatingMultiply(4)) }

    /// Counts elements that are about to be computed by the kernels or by arithmetic on numbers.
    mutating func make<Element>(_ count: Int, as type: Element.Type) throws {
        guard count <= countLimit else { throw Self.tooLarge }
        try spend(count.saturatingMultiply(Self.cost(type)))
        try hold(count.saturatingMultiply(MemoryLayout<Element>.stride))
    }

    mutating func spend(_ nanoseconds: Int) throws {
        work = work.saturatingAdd(nanoseconds)
        guard work <= workLimit else {
            throw ONNXError(.tooLarge, "computing the model's constants takes more than a model of this size needs")
        }
    }

    /// Counts a value that stays until it is released.
    mutating func hold(_ bytes: Int) throws {
        living = living.saturatingAdd(bytes)
        try checkMemory()
    }

    /// Counts what the graph holds from now on.
    mutating func keep(_ bytes: Int) throws {
        kept = kept.saturatingAdd(bytes)
        try checkMemory()
    }

    /// Forgets what lay between: only so much is still there.
    mutating func settle(_ bytes: Int) { living = min(living, bytes) }

    mutating func release(_ bytes: Int) { living = max(0, living - bytes) }

    /// About how long it takes to make or read an element.
    private static func cost(_ type: Any.Type) -> Int { type == Float.self ? 1 : 16 }

    private static let tooLarge = ONNXError(
        .tooLarge, "the model's constants expand to more than a model of this size needs")

    private func checkMemory() throws {
        guard living.saturatingAdd(kept) <= memoryLimit else { throw Self.tooLarge }
    }
}

extension Int {
    func saturatingAdd(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    func saturatingMultiply(_ other: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }
}

extension Operator {
    /// About how many numbers an evaluation reads and writes, products counted at the rate of the kernels.
    /// A kernel takes about a nanosecond for each.
    func work(inputs: [Shape], output: Shape) -> Int {
        let window = if case .pooling(let pooling) = self { pooling.kernel.reduce(1) { $0.saturatingMultiply($1) } } else { 1 }
        let read = inputs.reduce(0) { $0 + $1.count }
        let products = operation.multiplyAccumulates(inputs: inputs, output: output) / 32
        return read.saturatingAdd(output.count.saturatingMultiply(window)).saturatingAdd(products)
    }
}
