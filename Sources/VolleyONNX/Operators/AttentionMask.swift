import VolleyGraph

/// Which keys each query of an attention sees.
enum AttentionMask {
    private static var lowest: Value { Value(-Float.infinity) }

    /// What is added to the scores: the mask, and the lowest number where a query must not see a key. It is chosen rather than
    /// added up, since sums of lowest numbers overflow.
    static func bias(_ call: Call, queries: Int, keys: Int, past: Int) throws -> Value? {
        let mask = try call.optional(3).map { try added(call, $0, keys: keys) }
        let window = Window(
            isCausal: try call.flag("is_causal"), left: try call.int("left_window_size", -1),
            right: try call.int("right_window_size", -1))
        if let lengths = call.optional(6) {
            return try bias(call, mask, window, lengths: lengths, queries: queries, keys: keys)
        }
        guard window.isLimited else { return mask }
        try call.importer.reserve(queries * keys)
        let allowed = (0..<queries).flatMap { query in
            (0..<keys).map { key in KnownNumber(window.contains(distance: query + past - key)) }
        }
        let condition = Value(Known(.boolean, [queries, keys], .numbers(allowed)))
        return try call.select(condition, mask ?? Value(0), lowest, "window")
    }

    private struct Window {
        var isCausal: Bool
        /// How far back and ahead a query sees; −1 without limit.
        var left: Int
        var right: Int

        var isLimited: Bool { isCausal || left >= 0 || right >= 0 }

        func contains(distance: Int) -> Bool {
            (!isCausal || distance >= 0) && (left < 0 || distance <= left) && (right < 0 || -distance <= right)
        }
    }

    /// The mask as numbers to add, for all keys: it may end before them.
    private static func added(_ call: Call, _ given: Value, keys: Int) throws -> Value {
        guard given.rank > 0 else { throw call.mismatch("its mask has no axes") }
        var whole = given
        let missing = keys - given.shape[given.rank - 1].size
        if missing > 0, given.shape[given.rank - 1] != 1 {
            var amounts = [[Int]](repeating: [0, 0], count: given.rank)
            amounts[given.rank - 1] = [0, missing]
            let filler: Float = given.kind == .boolean ? 0 : -Limits.infinity
            whole = try call.emit(.padding(Padding(.constant, amounts: amounts, value: filler)), [given], "mask.padded")
        }
        return given.kind == .boolean ? try call.select(whole, Value(0), lowest, "mask") : whole
    }

    /// With as many keys as each sample has. The last query stands at a sample's last key: query i is `length − queries + i`,
    /// and its distance to key j is `length − (j − i + queries)`.
    private static func bias(
        _ call: Call, _ mask: Value?, _ window: Window, lengths: Value, queries: Int, keys: Int
    ) throws -> Value {
        guard lengths.rank == 1 else { throw call.mismatch("one number of keys per sample is needed, found \(lengths.shape)") }
        let length = try call.reshape(lengths, to: [lengths.shape[0], 1, 1, 1], "lengths")
        let positions = Value(Known(integers: Array(0..<keys)))
        var result = try call.select(
            call.binary(.less, positions, length, kind: .boolean, "present"), mask ?? Value(0), lowest, "present.mask")
        guard window.isLimited else { return result }
        try call.importer.reserve(queries * keys)
        let offsets = (0..<queries).flatMap { query in (0..<keys).map { KnownNumber($0 - query + queries) } }
        let distance = try call.binary(
            .subtract, length, Value(Known(.integer, [queries, keys], .numbers(offsets))), "distance")
        func limit(_ function: BinaryFunction, _ bound: Int, _ part: String) throws {
            let seen = try call.binary(function, distance, Value(Float(bound)), kind: .boolean, part)
            result = try call.select(seen, result, lowest, part + ".mask")
        }
        if window.isCausal { try limit(.greaterOrEqual, 0, "causal") }
        if window.left >= 0 { try limit(.lessOrEqual, window.left, "left") }
        if window.right >= 0 { try limit(.greaterOrEqual, -window.right, "right") }
        return result
    }

    /// 0 for queries that see no key at all, whose result is 0; nil where there are none.
    static func seenRows(_ call: Call, _ mask: Value) throws -> Value? {
        if let known = mask.known, let width = known.shape.last, width > 0 {
            let numbers = known.numbers.map(\.value)
            let rows = stride(from: 0, to: numbers.count, by: width)
            if rows.allSatisfy({ numbers[$0..<$0 + width].contains { $0 > Double(-Limits.beyond) } }) { return nil }
        }
        guard mask.rank > 0 else { return nil }
        let best = try call.reduce(.maximum, mask, axes: [mask.rank - 1], keepsAxes: true, "mask.best")
        return try call.binary(.greater, best, Value(-Limits.beyond), kind: .float, "mask.seen")
    }
}
