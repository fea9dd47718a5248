internal import VolleyTensors

/// A call of a kernel on seeded data whose result has been checked: ready to be timed.
public struct KernelWorkload {
    public let name: String
    /// What one call does: multiply-accumulates, synaptic operations, or elements.
    public let work: Double
    private let body: () -> Void

    init(_ name: String, work: Double, body: @escaping () -> Void) {
        self.name = name
        self.work = work
        self.body = body
    }

    public func run() { body() }
}

/// A kernel's result that is not what it must be. A defect of Volley or of the machine, not of the input.
public struct KernelCheckError: Error, CustomStringConvertible {
    public let description: String

    init(_ kernels: Kernels, _ what: String, expected: Any, found: Any) {
        description = "\(kernels.name): \(what): expected \(expected), found \(found); the kernel is wrong, please report it"
    }

    /// Holds an array against what it must be, bit for bit.
    static func check(_ found: [Float], _ expected: [Float], _ kernels: Kernels, _ what: String) throws {
        for (index, (one, other)) in zip(found, expected).enumerated() where one.bitPattern != other.bitPattern {
            throw KernelCheckError(kernels, "\(what), element \(index)", expected: other, found: one)
        }
    }

    /// Holds a value against one in double precision.
    static func check(_ found: Float, near expected: Double, tolerance: Double, _ kernels: Kernels, _ what: String) throws {
        guard abs(Double(found) - expected) <= tolerance else {
            throw KernelCheckError(kernels, what, expected: expected, found: found)
        }
    }
}
