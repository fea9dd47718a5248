import VolleyGraph

/// Linear layers, products and convolutions.
enum LayerOperators {
    static let handlers: [String: Handler] = [
        "MatMul": matrixProduct, "Gemm": gemm, "Conv": convolution, "ConvTranspose": transposedConvolution,
    ]

    private static func matrixProduct(_ call: Call) throws -> [Value?] {
        [try product(call, try call.input(0), try call.input(1))]
    }

    /// `A·B`; a constant matrix on the right makes it a linear layer.
    static func product(_ call: Call, _ a: Value, _ b: Value, _ part: String? = nil) throws -> Value {
        guard a.rank > 0, b.rank > 0 else { throw call.mismatch("a scalar is no factor of a matrix product") }
        if let weight = b.known, a.known == nil, let matrix = matrix(weight, below: a.rank) {
            let transposed = try call.transpose(Value(matrix), [1, 0])
            return try call.emit(.linear(Linear()), [a, transposed], part)
        }
        if a.rank > 1, b.rank > 1 { return try call.emit(.matrixProduct(MatrixProduct()), [a, b], part) }
        // A vector on the left is a row, on the right a column; the axis goes again.
        let row = a.rank == 1 ? try call.reshape(a, to: SymbolicShape([1] + a.shape.dimensions), "row") : a
        let column = b.rank == 1 ? try call.reshape(b, to: SymbolicShape(b.shape.dimensions + [1]), "column") : b
        let full = try call.emit(.matrixProduct(MatrixProduct()), [row, column], "product")
        var shape = full.shape.dimensions
        if b.rank == 1 { shape.removeLast() }
        if a.rank == 1 { shape.remove(at: shape.count - (b.rank == 1 ? 1 : 2)) }
        return try call.reshape(full, to: SymbolicShape(shape), part)
    }

    /// A weight that acts on the last axis alone: a matrix, but for leading axes of 1.
    private static func matrix(_ weight: Known, below rank: Int) -> Known? {
        guard weight.shape.count >= 2, weight.shape.count <= max(2, rank), weight.shape.dropLast(2).allSatisfy({ $0 == 1 })
        else { return nil }
        return weight.reshaped(Array(weight.shape.suffix(2)))
    }

    /// `α·A·B + β·C`, either matrix perhaps transposed.
    private static func gemm(_ call: Call) throws -> [Value?] {
        var (a, b) = (try call.input(0), try call.input(1))
        guard a.rank == 2, b.rank == 2 else { throw call.mismatch("matrices are needed, found \(a.shape) and \(b.shape)") }
        if try call.flag("transA") { a = try call.transpose(a, [1, 0], "a") }
        let isTransposed = try call.flag("transB")
        let alpha = call.float("alpha", 1)
        let addend = try call.optional(2).map { try call.binary(.multiply, $0, Value(call.float("beta", 1)), "addend") }
        guard b.known != nil else {
            if isTransposed { b = try call.transpose(b, [1, 0], "b") }
            let isLast = alpha == 1 && addend == nil
            var result = try call.emit(.matrixProduct(MatrixProduct()), [a, b], isLast ? nil : "product")
            if alpha != 1 { result = try call.binary(.multiply, result, Value(alpha), addend == nil ? nil : "scaled") }
            return [try addend.map { try call.binary(.add, result, $0) } ?? result]
        }
        if !isTransposed { b = try call.transpose(b, [1, 0]) }
        if alpha != 1 { b = try call.binary(.multiply, b, Value(alpha)) }
        guard let addend else { return [try call.emit(.linear(Linear()), [a, b])] }
        let outputs = b.shape[0]
        if addend.known != nil, let full = addend.shape.broadcast(with: [1, outputs]), full == [1, outputs] {
            let bias = try call.reshape(try call.expand(addend, to: [1, outputs], "bias"), to: [outputs], "bias")
            return [try call.emit(.linear(Linear()), [a, b, bias])]
        }
        return [try call.binary(.add, call.emit(.linear(Linear()), [a, b], "product"), addend)]
    }

    private static func convolution(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        if value.rank == 5 { return [try VolumeConvolution.emit(call)] }
        let kernel = try kernel(call, mostAxes: 3)
        let windows = try Windows(call, kernel: kernel, lengths: Array(value.shape.dimensions[2...]))
        let layer = (kernel.count == 2 ? windows : windows.onImages).convolution(try call.int("group", 1))
        return [try emit(call, .convolution(layer), try windows.cropped(call, value))]
    }

    private static func transposedConvolution(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let kernel = try kernel(call, mostAxes: 2)
        let spread = try Spread(call, kernel: kernel, lengths: Array(value.shape.dimensions[2...]))
        let layer = (kernel.count == 2 ? spread : spread.onImages).convolution(try call.int("group", 1))
        return [try emit(call, .transposedConvolution(layer), value)]
    }

    /// The lengths of a kernel that slides along one axis or two.
    /// - Parameter mostAxes: what is supported in all, for the error.
    private static func kernel(_ call: Call, mostAxes: Int) throws -> [Int] {
        let (value, weight) = (try call.input(0), try call.input(1))
        let axes = value.rank - 2
        guard (1...2).contains(axes), weight.rank == value.rank else {
            throw axes > 2
                ? call.unsupported("it slides along \(axes) axes; at most \(mostAxes) are supported")
                : call.mismatch("a weight of shape \(weight.shape) does not fit an input of shape \(value.shape)")
        }
        guard !weight.shape.scalesWithBatch else { throw call.unsupported("its weight depends on the batch size") }
        let kernel = weight.shape.dimensions[2...].map(\.size)
        if let stated = try call.ints("kernel_shape"), stated != kernel {
            throw call.mismatch("its kernel is \(stated), but its weight has the shape \(weight.shape)")
        }
        return kernel
    }

    /// Applies a layer of images to images, or to rows of positions as images one pixel high.
    private static func emit(_ call: Call, _ layer: VolleyGraph.Operator, _ value: Value) throws -> Value {
        let weight = try call.input(1)
        let bias = call.optional(2).map { [$0] } ?? []
        if value.rank == 4 { return try call.emit(layer, [value, weight] + bias) }
        let image = try call.reshape(value, to: [value.shape[0], value.shape[1], 1, value.shape[2]], "image")
        let taps = try call.reshape(weight, to: [weight.shape[0], weight.shape[1], 1, weight.shape[2]])
        let full = try call.emit(layer, [image, taps] + bias, "layer")
        return try call.reshape(full, to: [full.shape[0], full.shape[1], full.shape[3]])
    }
}

extension Windows {
    fileprivate func convolution(_ groups: Int) -> Convolution {
        Convolution(stride: stride, dilation: dilation, padding: addedPadding, groups: groups)
    }
}

extension Spread {
    fileprivate func convolution(_ groups: Int) -> TransposedConvolution {
        TransposedConvolution(stride: stride, dilation: dilation, crop: crop, groups: groups)
    }
}
