import VolleyGraph
import VolleyTensors

/// Images of other sizes.
enum ResizeOperators {
    static let handlers: [String: Handler] = ["Resize": resize, "Upsample": resize]

    private static let roundings: [String: Resize.Rounding] = [
        "round_prefer_floor": .halfDown, "round_prefer_ceil": .halfUp, "floor": .down, "ceil": .up,
    ]

    private static let coordinates: [String: Resize.Coordinates] = [
        "half_pixel": .halfPixel, "half_pixel_symmetric": .halfPixelSymmetric, "pytorch_half_pixel": .halfPixelOrFirst,
        "align_corners": .alignedCorners, "asymmetric": .asymmetric, "tf_half_pixel_for_nn": .halfPixelUnshifted,
        "tf_crop_and_resize": .region,
    ]

    private static func resize(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        let isOld = call.opset < 11 || call.node.opType == "Upsample"
        let interpolation: Resize.Interpolation
        switch call.string("mode", "nearest") {
        case "nearest": interpolation = .nearest
        case "linear", "bilinear": interpolation = .linear
        case "cubic": interpolation = .cubic
        case let other: throw call.unsupported("its mode is \(other.quoted)")
        }
        let named = call.string("coordinate_transformation_mode", isOld ? "asymmetric" : "half_pixel")
        guard let coordinates = coordinates[named] else { throw call.unsupported("its coordinates are \(named.quoted)") }
        let nearest = call.string("nearest_mode", "round_prefer_floor")
        guard let rounding = isOld ? .towardsLonger : roundings[nearest] else {
            throw call.unsupported("it rounds by \(nearest.quoted)")
        }
        let axes = try axes(call, value, isOld: isOld, coordinates)
        // Where no length changes nothing does, nor along an axis whose scale is 1: so do runtimes.
        let grown = axes.filter { value.shape[$0.axis].size != $0.length }
        if grown.isEmpty { return [value] }
        let changed = try call.flag("antialias") ? grown : axes.filter { $0.scale != 1 }
        let operation = Resize(
            axes: changed, interpolation: interpolation, coordinates: coordinates, rounding: rounding,
            cubicCoefficient: call.float("cubic_coeff_a", -0.75), excludesOutside: try call.flag("exclude_outside"),
            antialiases: try call.flag("antialias"), outside: call.float("extrapolation_value", 0))
        return [try call.emit(.resize(operation), [value])]
    }

    /// What happens to each axis but the batch.
    private static func axes(
        _ call: Call, _ value: Value, isOld: Bool, _ coordinates: Resize.Coordinates
    ) throws -> [Resize.Axis] {
        let named = try call.ints("axes")?.map { try call.axis($0, rank: value.rank) } ?? Array(0..<value.rank)
        var region = [Float](repeating: 0, count: named.count) + [Float](repeating: 1, count: named.count)
        if coordinates == .region {
            region = try call.known(1, "the region").tensor().values
            guard region.count == 2 * named.count else { throw call.mismatch("a region of \(region.count) numbers for \(named.count) axes") }
        }
        func given(_ index: Int, _ what: String) throws -> [KnownNumber]? {
            guard let list = call.optional(index), list.shape != [0] else { return nil }
            let numbers = try call.known(index, what).numbers
            guard numbers.count == named.count else { throw call.mismatch("\(numbers.count) \(what) for \(named.count) axes") }
            return numbers
        }
        var scales = try given(isOld ? 1 : 2, "scales")
        if isOld, scales == nil, let list = call.attribute("scales") { scales = list.floats.map { KnownNumber(Double($0)) } }
        if let scales {
            guard scales.count == named.count else { throw call.mismatch("\(scales.count) scales for \(named.count) axes") }
            return try named.enumerated().compactMap { index, axis in
                let scale = Float(scales[index].value)
                if value.shape[axis].scalesWithBatch {
                    guard scale == 1, !scales[index].scalesWithBatch else { throw call.unsupported("it changes the batch") }
                    return nil
                }
                let (start, end) = (region[index], region[named.count + index])
                let length = (Float(value.shape[axis].size) * scale).rounded(.down)
                guard !scales[index].scalesWithBatch, scale > 0, (0...Float(Limits.length)).contains(length) else {
                    throw call.mismatch("a scale of \(scales[index]) for axis \(axis) of \(value.shape)")
                }
                return Resize.Axis(axis: axis, length: Int(length), scale: scale, start: start, end: end)
            }
        }
        guard let sizes = try given(3, "sizes") else { throw call.mismatch("it has neither scales nor sizes") }
        return try lengths(call, value, named, sizes, region)
    }

    private static func lengths(
        _ call: Call, _ value: Value, _ named: [Int], _ sizes: [KnownNumber], _ region: [Float]
    ) throws -> [Resize.Axis] {
        var changes: [Resize.Axis] = []
        for (index, axis) in named.enumerated() {
            let length = value.shape[axis]
            if length.scalesWithBatch {
                let isSame =
                    sizes[index] == KnownNumber(length)
                    || length == .batch && call.importer.freedBatch.map { KnownNumber($0) } == sizes[index]
                guard isSame else { throw call.unsupported("it changes the batch") }
                continue
            }
            guard let wanted = sizes[index].dimension, !wanted.scalesWithBatch, length.size > 0 else {
                throw call.mismatch("a length of \(sizes[index]) for axis \(axis) of \(value.shape)")
            }
            changes.append(
                Resize.Axis(
                    axis: axis, length: wanted.size, scale: Float(wanted.size) / Float(length.size), start: region[index],
                    end: region[named.count + index]))
        }
        let policy = call.string("keep_aspect_ratio_policy", "stretch")
        guard policy != "stretch" else { return changes }
        let scales = changes.map(\.scale)
        guard let scale = policy == "not_larger" ? scales.min() : scales.max(), ["not_larger", "not_smaller"].contains(policy) else {
            throw call.unsupported("its policy is \(policy.quoted)")
        }
        return changes.map { change in
            var change = change
            change.scale = scale
            change.length = Int((scale * Float(value.shape[change.axis].size)).rounded())
            return change
        }
    }
}
