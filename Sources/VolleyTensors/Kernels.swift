internal import CVolleyKernels

/// The numeric kernels for one instruction set. All sets give the same bits.
@safe public struct Kernels: @unchecked Sendable {
    /// An element-wise function of two values.
    public enum Binary: String, Sendable, Hashable, Codable, CaseIterable {
        case add, subtract, multiply, divide, maximum, minimum

        var code: vk_binary_op {
            switch self {
            case .add: VK_ADD
            case .subtract: VK_SUBTRACT
            case .multiply: VK_MULTIPLY
            case .divide: VK_DIVIDE
            case .maximum: VK_MAXIMUM
            case .minimum: VK_MINIMUM
            }
        }
    }

    /// An element-wise function of one value.
    public enum Unary: String, Sendable, Hashable, Codable, CaseIterable {
        case exp, erf, tanh, sigmoid, relu, gelu, geluTanh, quickGELU, silu, sqrt, relu6, hardSwish

        var code: vk_unary_op {
            switch self {
            case .exp: VK_EXP
            case .erf: VK_ERF
            case .tanh: VK_TANH
            case .sigmoid: VK_SIGMOID
            case .relu: VK_RELU
            case .gelu: VK_GELU
            case .geluTanh: VK_GELU_TANH
            case .quickGELU: VK_QUICK_GELU
            case .silu: VK_SILU
            case .sqrt: VK_SQRT
            case .relu6: VK_RELU6
            case .hardSwish: VK_HARD_SWISH
            }
        }
    }

    let table: UnsafePointer<vk_kernels>

    private init(_ table: UnsafePointer<vk_kernels>) { unsafe self.table = table }

    /// The kernels for the widest instruction set of this machine.
    public static let best = unsafe Kernels(vk_best())

    /// The kernels for every instruction set of this machine; the first is the scalar one that all are held against.
    public static var available: [Kernels] {
        var all: [Kernels] = []
        while let table = unsafe vk_available(Int32(all.count)) { unsafe all.append(Kernels(table)) }
        return all
    }

    /// The instruction set's usual name.
    public var name: String { unsafe String(cString: table.pointee.name) }

    /// `c[cOffset…] = a[aOffset…] · b (+ bias)`, where a holds `rows` rows of `b.rows` elements, one after the other.
    public func multiply(
        _ a: [Float], offset aOffset: Int = 0, rows: Int, by b: PackedMatrix, bias: [Float]? = nil,
        into c: inout [Float], offset cOffset: Int = 0
    ) {
        precondition(aOffset >= 0 && aOffset + rows * b.rows <= a.count, "left matrix outside its values")
        precondition(cOffset >= 0 && cOffset + rows * b.columns <= c.count, "product outside its values")
        guard rows * b.columns > 0 else { return }
        func run(_ bias: UnsafePointer<Float>?) {
            unsafe a.withUnsafeBufferPointer { a in
                unsafe c.withUnsafeMutableBufferPointer { c in
                    unsafe b.buffer.withPointer { packed in
                        unsafe table.pointee.gemm(
                            rows, b.columns, b.rows, a.baseAddress.map { unsafe $0 + aOffset }, b.rows, packed, bias,
                            c.baseAddress! + cOffset, b.columns)
                    }
                }
            }
        }
        if let bias {
            precondition(bias.count == b.columns, "one bias per column")
            unsafe bias.withUnsafeBufferPointer { unsafe run($0.baseAddress) }
        } else {
            run(nil)
        }
    }

    /// `out[i] = op(in[i])`.
    public func apply(_ op: Unary, to input: [Float], into output: inout [Float]) {
        precondition(input.count == output.count, "as many results as inputs")
        unsafe input.withUnsafeBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                guard let from = input.baseAddress, let to = output.baseAddress else { return }
                unsafe table.pointee.unary(op.code, input.count, from, to)
            }
        }
    }

    /// `out[outOffset + i] = op(a[aOffset + i·aStride], b[bOffset + i·bStride])` for `count` elements, strides 0 or 1.
    public func apply(
        _ op: Binary, count: Int, _ a: [Float], offset aOffset: Int, stride aStride: Int, _ b: [Float],
        offset bOffset: Int, stride bStride: Int, into output: inout [Float], offset outOffset: Int
    ) {
        guard count > 0 else { return }
        precondition(aOffset >= 0 && aOffset + (count - 1) * aStride < a.count, "first operand outside its values")
        precondition(bOffset >= 0 && bOffset + (count - 1) * bStride < b.count, "second operand outside its values")
        precondition(outOffset >= 0 && outOffset + count <= output.count, "result outside its values")
        unsafe a.withUnsafeBufferPointer { a in
            unsafe b.withUnsafeBufferPointer { b in
                unsafe output.withUnsafeMutableBufferPointer { output in
                    unsafe table.pointee.binary(
                        op.code, count, a.baseAddress! + aOffset, Int32(aStride), b.baseAddress! + bOffset,
                        Int32(bStride), output.baseAddress! + outOffset)
                }
            }
        }
    }

    /// `softmax` of each of the rows of `width` elements.
    public func softmax(width: Int, _ input: [Float], into output: inout [Float]) {
        precondition(input.count == output.count && Self.holdsWholeRows(input, width), "whole rows")
        guard !input.isEmpty else { return }
        unsafe input.withUnsafeBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                guard let from = input.baseAddress, let to = output.baseAddress else { return }
                unsafe table.pointee.softmax(input.count / width, width, from, to)
            }
        }
    }

    private static func holdsWholeRows(_ values: [Float], _ width: Int) -> Bool {
        values.isEmpty || (width > 0 && values.count.isMultiple(of: width))
    }

    /// `(x − mean) / √(variance + ε) · γ + β` of each of the rows of γ's length.
    public func layerNorm(
        epsilon: Float, gamma: [Float], beta: [Float], _ input: [Float],
        into output: inout [Float]
    ) {
        let width = gamma.count
        precondition(beta.count == width && input.count == output.count, "γ, β and rows of one width")
        precondition(Self.holdsWholeRows(input, width), "whole rows")
        guard !input.isEmpty else { return }
        unsafe input.withUnsafeBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                unsafe gamma.withUnsafeBufferPointer { gamma in
                    unsafe beta.withUnsafeBufferPointer { beta in
                        guard let from = input.baseAddress, let to = output.baseAddress else { return }
                        unsafe table.pointee.layer_norm(
                            input.count / width, width, epsilon, gamma.baseAddress!, beta.baseAddress!, from, to)
                    }
                }
            }
        }
    }

    /// The sum of each of the rows of `width` elements.
    public func sumRows(width: Int, _ input: [Float], into output: inout [Float]) {
        precondition(input.count == output.count * width, "whole rows")
        unsafe input.withUnsafeBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                guard let from = input.baseAddress, let to = output.baseAddress else { return }
                unsafe table.pointee.sum_rows(output.count, width, from, to)
            }
        }
    }

    /// Whether no element is infinite or NaN.
    public func allFinite(_ input: [Float]) -> Bool {
        unsafe input.withUnsafeBufferPointer { input in
            guard let from = input.baseAddress else { return true }
            return unsafe table.pointee.all_finite(input.count, from) != 0
        }
    }

    /// How often a code stands among so many.
    func countEqual(_ count: Int, _ codes: UnsafePointer<Int8>, _ code: Int8) -> Int {
        Int(unsafe table.pointee.count_equal(count, codes, code))
    }

    /// How many elements differ from zero.
    public func countNonzero(_ input: [Float]) -> Int {
        unsafe input.withUnsafeBufferPointer { input in
            guard let from = input.baseAddress else { return 0 }
            return unsafe table.pointee.count_nonzero(input.count, from)
        }
    }

    /// Adds to `counts[i]` how many of the elements of column i, or of row i, differ from zero.
    public func countNonzero(
        of axis: MatrixAxis, width: Int, _ input: [Float], offset: Int, rows: Int, adding counts: inout [Int64],
        at countOffset: Int
    ) {
        let count = unsafe axis == .columns ? table.pointee.count_nonzero_columns : table.pointee.count_nonzero_rows
        unsafe self.count(input, axis, width, offset, rows, &counts, countOffset, by: count!)
    }

    /// The same for signed levels of spikes.
    public func countNonzero(
        of axis: MatrixAxis, width: Int, _ input: [Int8], offset: Int, rows: Int, adding counts: inout [Int64],
        at countOffset: Int
    ) {
        let count = unsafe axis == .columns ? table.pointee.count_codes_columns : table.pointee.count_codes_rows
        unsafe self.count(input, axis, width, offset, rows, &counts, countOffset, by: count!)
    }

    private func count<Element>(
        _ input: [Element], _ axis: MatrixAxis, _ width: Int, _ offset: Int, _ rows: Int, _ counts: inout [Int64],
        _ countOffset: Int, by count: (Int, Int, UnsafePointer<Element>?, UnsafeMutablePointer<Int64>?) -> Void
    ) {
        precondition(offset >= 0 && offset + rows * width <= input.count, "matrix outside its values")
        let results = axis == .columns ? width : rows
        precondition(countOffset >= 0 && countOffset + results <= counts.count, "counts outside their array")
        unsafe input.withUnsafeBufferPointer { input in
            unsafe counts.withUnsafeMutableBufferPointer { counts in
                guard let from = input.baseAddress, let to = counts.baseAddress else { return }
                unsafe count(rows, width, from + offset, to + countOffset)
            }
        }
    }

    public enum MatrixAxis: Sendable { case rows, columns }

    /// One time-step of a layer of neurons in estimate form.
    ///
    /// `sent` and `baseline` are the layer's state (see ``NeuronKernel``), `emitted` receives `x(t)` and `estimate`
    /// receives `φ(t)`; `counts[2·levels]` is added to. Returns how many membrane potentials were not finite.
    public func step(
        _ neuron: NeuronKernel, step: Int, input: [Float], sent: inout [Float], baseline: inout [Float],
        emitted: inout [Float], estimate: inout [Float], counts: inout [Int64]
    ) -> Int {
        let count = input.count
        precondition(step >= 1, "time-steps count from 1")
        precondition(sent.count == count && emitted.count == count && estimate.count == count, "one value per neuron")
        precondition(counts.count == 2 * neuron.levels, "one count per level and sign")
        precondition(baseline.count == (neuron.resetsToZero ? count : 0), "a baseline just for reset to zero")
        guard count > 0 else { return 0 }
        return unsafe input.withUnsafeBufferPointer { input in
            unsafe sent.withUnsafeMutableBufferPointer { sent in
                unsafe baseline.withUnsafeMutableBufferPointer { baseline in
                    unsafe emitted.withUnsafeMutableBufferPointer { emitted in
                        unsafe estimate.withUnsafeMutableBufferPointer { estimate in
                            unsafe counts.withUnsafeMutableBufferPointer { counts in
                                unsafe table.pointee.neuron(
                                    neuron.parameters.start, Int32(step), 1, count, input.baseAddress!, 0, sent.baseAddress!,
                                    neuron.resetsToZero ? baseline.baseAddress! : nil, nil, emitted.baseAddress!,
                                    estimate.baseAddress!, count, counts.baseAddress!)
                            }
                        }
                    }
                }
            }
        }
    }
}
