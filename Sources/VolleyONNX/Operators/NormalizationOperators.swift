import VolleyGraph
import VolleyTensors

/// Normalisations, in their trained form.
enum NormalizationOperators {
    static let handlers: [String: Handler] = [
        "LayerNormalization": layer,
        "RMSNormalization": { [try rootMeanSquare($0, axis: -1)] },
        "SimplifiedLayerNormalization": { [try rootMeanSquare($0, axis: -1)] },
        "BatchNormalization": batch,
        "InstanceNormalization": instance,
        "GroupNormalization": group,
        "LpNormalization": power,
    ]

    /// The last axes as one row, the rows normalised, and the shape put back.
    private static func overRows(
        _ call: Call, _ value: Value, axis: Int, _ body: (_ rows: Value, _ width: Int, _ part: String?) throws -> Value
    ) throws -> Value {
        let trailing = value.shape.dimensions[axis...]
        guard !trailing.contains(where: \.scalesWithBatch) else { throw call.unsupported("it mixes the samples of a batch") }
        let width = trailing.reduce(1) { $0 * $1.size }
        if axis == value.rank - 1 { return try body(value, width, nil) }
        let rows = try call.reshape(
            value, to: SymbolicShape(value.shape.dimensions[..<axis] + [SymbolicLength(width)]), "rows")
        return try call.reshape(try body(rows, width, "normalized"), to: value.shape)
    }

    /// A scale or an offset as one row; nil where it is not the same for all rows.
    private static func row(_ call: Call, _ parameter: Value, like trailing: [SymbolicLength], width: Int) throws -> Value? {
        let used = parameter.shape.dimensions.drop { $0 == 1 }
        guard used.count <= trailing.count else { return nil }
        let full = try call.expand(
            try call.reshape(parameter, to: SymbolicShape(Array(used)), "parameter"), to: SymbolicShape(trailing), "parameter")
        guard full.rank == trailing.count else { return nil }
        return try call.reshape(full, to: [SymbolicLength(width)], "parameter")
    }

    private static func layer(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let axis = try call.axis(try call.int("axis", -1), rank: value.rank)
        let trailing = Array(value.shape.dimensions[axis...])
        let operation = LayerNormalization(epsilon: call.float("epsilon", 1e-5))
        let scale = try call.input(1)
        let result = try overRows(call, value, axis: axis) { rows, width, part in
            let offset = call.optional(2) ?? Value(0)
            guard let gamma = try row(call, scale, like: trailing, width: width),
                let beta = try row(call, offset, like: trailing, width: width)
            else { throw call.unsupported("its scale of shape \(scale.shape) differs from row to row") }
            return try call.emit(.layerNormalization(operation), [rows, gamma, beta], part)
        }
        guard call.node.output.dropFirst().contains(where: { !$0.isEmpty }) else { return [result] }
        let found = try statistics(call, value, axes: Array(axis..<value.rank), epsilon: operation.epsilon)
        return [result, found.mean, found.scale]
    }

    private struct Statistics {
        var mean: Value
        var variance: Value
        /// One over the deviation.
        var scale: Value
    }

    private static func statistics(_ call: Call, _ value: Value, axes: [Int], epsilon: Float) throws -> Statistics {
        let mean = try call.reduce(.mean, value, axes: axes, keepsAxes: true, "mean")
        let squares = try call.binary(.power, call.binary(.subtract, value, mean, "centred"), Value(2), "squares")
        let variance = try call.reduce(.mean, squares, axes: axes, keepsAxes: true, "variance")
        let deviation = try call.unary(.sqrt, call.binary(.add, variance, Value(epsilon), "widened"), "deviation")
        return Statistics(mean: mean, variance: variance, scale: try call.unary(.reciprocal, deviation, "scale"))
    }

    private static func rootMeanSquare(_ call: Call, axis standard: Int) throws -> Value {
        let value = try call.input(0)
        let axis = try call.axis(try call.int("axis", standard), rank: value.rank)
        let trailing = Array(value.shape.dimensions[axis...])
        let operation = RMSNormalization(epsilon: call.float("epsilon", 1e-5))
        let scale = try call.input(1)
        return try overRows(call, value, axis: axis) { rows, width, part in
            guard let gamma = try row(call, scale, like: trailing, width: width) else {
                throw call.unsupported("its scale of shape \(scale.shape) differs from row to row")
            }
            return try call.emit(.rmsNormalization(operation), [rows, gamma], part)
        }
    }

    /// `x·a + b` with `a = γ/√(variance + ε)` and `b = β − mean·a` for each channel.
    private static func batch(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        if try call.flag("training_mode") { return try batchByOwnStatistics(call, value) }
        let epsilon = Value(call.float("epsilon", 1e-5))
        let deviation = try call.unary(.sqrt, call.binary(.add, call.input(4), epsilon, "variance"), "deviation")
        let factor = try call.binary(.divide, call.input(1), deviation, "factor")
        let offset = try call.binary(.subtract, call.input(2), call.binary(.multiply, call.input(3), factor, "shift"), "offset")
        return [try perChannel(call, value, factor, offset)]
    }

    /// With mean and variance of the value itself, which must be no batch: weights are standardised that way.
    private static func batchByOwnStatistics(_ call: Call, _ value: Value) throws -> [Value?] {
        guard value.rank >= 2 else { throw call.mismatch("an input [N, C, …] is needed, found \(value.shape)") }
        let axes = value.shape.dimensions.indices.filter { $0 != 1 }
        guard !axes.contains(where: { value.shape[$0].scalesWithBatch }) else {
            throw call.unsupported("it normalises by the statistics of the batch; export the model in evaluation mode")
        }
        let found = try statistics(call, value, axes: axes, epsilon: call.float("epsilon", 1e-5))
        let centred = try call.binary(.subtract, value, found.mean, "whole.centred")
        let normalized = try call.binary(.multiply, centred, found.scale, "normalized")
        let result = try perChannel(call, normalized, call.input(1), call.input(2))
        guard call.node.output.dropFirst().contains(where: { !$0.isEmpty }) else { return [result] }
        let momentum = call.float("momentum", 0.9)
        func running(_ old: Value, _ new: Value, _ part: String) throws -> Value {
            let own = try call.reshape(new, to: [value.shape[1]], part + ".own")
            let kept = try call.binary(.multiply, old, Value(momentum), part + ".kept")
            return try call.binary(.add, kept, call.binary(.multiply, own, Value(1 - momentum), part + ".added"), part)
        }
        return [
            result, try running(call.input(3), found.mean, "mean.running"),
            try running(call.input(4), found.variance, "variance.running"),
        ]
    }

    private static func perChannel(_ call: Call, _ value: Value, _ factor: Value, _ offset: Value) throws -> Value {
        guard value.rank >= 2 else { throw call.mismatch("an input [N, C, …] is needed, found \(value.shape)") }
        let tail = [SymbolicLength](repeating: 1, count: value.rank - 2)
        let factors = try call.reshape(factor, to: SymbolicShape([value.shape[1]] + tail), "factors")
        let offsets = try call.reshape(offset, to: SymbolicShape([value.shape[1]] + tail), "offsets")
        return try call.binary(.add, call.binary(.multiply, value, factors, "scaled"), offsets)
    }

    private static func instance(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        guard value.rank > 2 else { throw call.mismatch("an input [N, C, …] is needed, found \(value.shape)") }
        return [try grouped(call, value, groups: value.shape[1].size)]
    }

    private static func group(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let groups = try call.int("num_groups", 0)
        guard value.rank > 2, groups > 0, value.shape[1].size % groups == 0 else {
            throw call.mismatch("\(groups) groups do not fit an input of shape \(value.shape)")
        }
        return [try grouped(call, value, groups: groups)]
    }

    /// Groups of channels normalised by their own mean and variance, then scaled by channel (until version 21 by group).
    private static func grouped(_ call: Call, _ value: Value, groups: Int) throws -> Value {
        let lengths = value.shape.dimensions
        guard !lengths[1...].contains(where: \.scalesWithBatch) else { throw call.unsupported("N is no first axis") }
        let width = lengths[1...].reduce(1) { $0 * $1.size } / max(1, groups)
        let rows = try call.reshape(value, to: [lengths[0], SymbolicLength(groups), SymbolicLength(width)], "groups")
        let ones = Value(Known(Tensor([width], repeating: 1)))
        let zeros = Value(Known(Tensor([width], repeating: 0)))
        let operation = LayerNormalization(epsilon: call.float("epsilon", 1e-5))
        let normalized = try call.emit(.layerNormalization(operation), [rows, ones, zeros], "normalized")
        let restored = try call.reshape(normalized, to: value.shape, "restored")
        func perChannel(_ parameter: Value) throws -> Value {
            guard parameter.shape != [lengths[1]], parameter.shape == [SymbolicLength(groups)] else { return parameter }
            let column = try call.reshape(parameter, to: [SymbolicLength(groups), 1], "parameter")
            let full = try call.expand(column, to: [SymbolicLength(groups), SymbolicLength(lengths[1].size / groups)], "parameter")
            return try call.reshape(full, to: [lengths[1]], "parameter")
        }
        return try self.perChannel(call, restored, try perChannel(call.input(1)), try perChannel(call.input(2)))
    }

    /// `x / ‖x‖` along one axis.
    private static func power(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let axis = try call.axis(try call.int("axis", -1), rank: value.rank)
        let norm: Value
        switch try call.int("p", 2) {
        case 1: norm = try call.reduce(.sum, call.unary(.absolute, value, "sizes"), axes: [axis], keepsAxes: true, "norm")
        case 2:
            let squares = try call.binary(.power, value, Value(2), "squares")
            norm = try call.unary(.sqrt, call.reduce(.sum, squares, axes: [axis], keepsAxes: true, "sum"), "norm")
        case let other: throw call.unsupported("its p is \(other)")
        }
        // Zeros stay zeros.
        let divisor = try call.binary(.maximum, norm, Value(Float.leastNormalMagnitude), "divisor")
        return [try call.binary(.divide, value, divisor)]
    }
}
