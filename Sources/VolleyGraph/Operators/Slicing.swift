public import VolleyTensors

/// The positions `start, start + step, …` of one axis, `length` of them. A negative step walks backwards.
///
/// It is affine (<doc:Semantics>, section 2).
public struct Slicing: GraphOperation {
    public var axis: Int
    /// The first position taken.
    public var start: Int
    /// How many are taken.
    public var length: Int
    /// Not 0.
    public var step: Int

    public init(axis: Int, start: Int, length: Int, step: Int = 1) {
        self.axis = axis
        self.start = start
        self.length = length
        self.step = step
    }

    public var arity: ClosedRange<Int> { 1...1 }

    public func outputShape(_ inputs: [SymbolicShape]) throws -> SymbolicShape {
        guard (0..<inputs[0].rank).contains(axis), !inputs[0][axis].scalesWithBatch, step != 0, length >= 0,
            fits(inputs[0][axis].size)
        else {
            let positions = step == 1 ? "positions \(start) to \(start &+ length)" : "\(length) positions from \(start) by \(step)"
            throw GraphError(.shapeMismatch, "slice: \(positions) of axis \(axis) lie outside the shape \(inputs[0])")
        }
        var shape = inputs[0]
        shape[axis] = SymbolicLength(length)
        return shape
    }

    private func fits(_ size: Int) -> Bool {
        if length == 0 { return (0...size).contains(start) }
        let (distance, overflow) = (length - 1).multipliedReportingOverflow(by: step)
        let (last, beyond) = start.addingReportingOverflow(distance)
        return !overflow && !beyond && (0..<size).contains(start) && (0..<size).contains(last)
    }

    public func batchAxis(_ inputs: [BatchOperand]) -> BatchAxis? { inputs[0].axis.unless { $0 == axis } }

    public func kind(timeVarying: [Bool]) -> OperatorKind { .affine }

    public func evaluate(_ inputs: [Tensor], into output: inout Tensor, on kernels: Kernels) {
        var strides = inputs[0].shape.strides
        let offset = start * strides[axis]
        strides[axis] *= length > 1 ? step : 1
        output.fill(from: inputs[0].values, offset: offset, strides: strides)
    }
}

extension Slicing {
    private enum CodingKeys: CodingKey { case axis, start, length, step }

    /// A file without a step means 1.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            axis: try container.decode(Int.self, forKey: .axis), start: try container.decode(Int.self, forKey: .start),
            length: try container.decode(Int.self, forKey: .length),
            step: try container.decodeIfPresent(Int.self, forKey: .step) ?? 1)
    }
}
