public import VolleyTensors

/// `c = f(a, b)` element by element; axes are aligned at the end, a length of 1 stretches.
///
/// Sums, and products and quotients with a static value, are affine (<doc:Semantics>, section 2); products of two values that
/// change over time are bilinear (<doc:Semantics>, section 4.2); everything else is nonlinear (<doc:Semantics>, section 4.1).
public struct Elementwise: GraphOperation {
    public var function: BinaryFunction

    public init(_ function: BinaryFunction) { self.function = function }

    public var arity: ClosedRange<Int> { 2...2 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        guard let shape = inputs[0].broadcast(with: inputs[1]) else {
            throw GraphError(.shapeMismatch, "\(function.rawValue): shapes \(inputs[0]) and \(inputs[1]) do not broadcast")
        }
        return shape
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? { inputs.common(rank: inputs.map(\.shape.rank).max()!) }

    public func kind(timeVarying: [Bool]) -> OperatorKind {
        switch function {
        case .add, .subtract: .affine
        case .multiply: timeVarying[0] && timeVarying[1] ? .bilinear : .affine
        case .divide: timeVarying[1] ? .nonlinear : .affine
        default: .nonlinear
        }
    }

    public func synapticInputs(timeVarying: [Bool]) -> [Int] {
        kind(timeVarying: timeVarying) == .bilinear ? [0, 1] : []
    }

    public func multiplyAccumulates(inputs: [Shape], output: Shape) -> Int {
        function == .multiply ? output.count : 0
    }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        let (a, b) = (inputs[0], inputs[1])
        let runs = BroadcastRuns(a.shape, b.shape, output.shape)
        if let kernel = function.kernel {
            runs.forEach { outOffset, aOffset, bOffset in
                kernels.apply(
                    kernel, count: runs.length, a.values, offset: aOffset, stride: runs.aStride, b.values,
                    offset: bOffset, stride: runs.bStride, into: &output.values, offset: outOffset)
            }
            return
        }
        let plain = function.plain
        runs.forEach { outOffset, aOffset, bOffset in
            for index in 0..<runs.length {
                output.values[outOffset + index] = plain(
                    a.values[aOffset + index * runs.aStride], b.values[bOffset + index * runs.bStride])
            }
        }
    }
}

/// A broadcast element-wise operation cut into runs in which each operand either advances by one or stands still.
struct BroadcastRuns {
    private(set) var length = 1
    private(set) var aStride = 0
    private(set) var bStride = 0
    private var outer: [(length: Int, a: Int, b: Int)] = []
    private let count: Int

    init(_ a: Shape, _ b: Shape, _ target: Shape) {
        count = target.count
        let aStrides = a.strides(broadcastTo: target)
        let bStrides = b.strides(broadcastTo: target)
        var runIsOpen = true
        for axis in (0..<target.rank).reversed() where target[axis] != 1 {
            let (aStep, bStep) = (aStrides[axis], bStrides[axis])
            if runIsOpen, length == 1, aStep <= 1, bStep <= 1 {
                (length, aStride, bStride) = (target[axis], aStep, bStep)
            } else if runIsOpen, length > 1, aStep == aStride * length, bStep == bStride * length {
                length *= target[axis]
            } else {
                runIsOpen = false
                outer.insert((target[axis], aStep, bStep), at: 0)
            }
        }
    }

    /// Calls `body` with the offsets of each run in the result and in both operands.
    func forEach(_ body: (_ out: Int, _ a: Int, _ b: Int) -> Void) {
        guard count > 0 else { return }
        var position = [Int](repeating: 0, count: outer.count)
        var (aOffset, bOffset) = (0, 0)
        for run in 0..<count / length {
            body(run * length, aOffset, bOffset)
            var axis = outer.count - 1
            while axis >= 0 {
                position[axis] += 1
                aOffset += outer[axis].a
                bOffset += outer[axis].b
                if position[axis] < outer[axis].length { break }
                aOffset -= outer[axis].a * outer[axis].length
                bOffset -= outer[axis].b * outer[axis].length
                position[axis] = 0
                axis -= 1
            }
        }
    }
}
