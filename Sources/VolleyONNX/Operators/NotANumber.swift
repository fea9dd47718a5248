import VolleyGraph

/// Where a softmax is no number: in rows that −∞ masks as a whole. Exporters ask with IsNaN and put zeros there. In a graph
/// finite numbers stand for −∞ and the softmax of such a row is a number, so the question goes to what the softmax reads.
enum NotANumber {
    static let handlers: [String: Handler] = ["IsNaN": ask]

    /// The rows of a softmax.
    struct Rows {
        var value: Value
        var axes: [Int]
    }

    private static func ask(_ call: Call) throws -> [Value?] {
        let value = try call.input(0)
        guard case .node(let node) = value.content, let rows = call.importer.softmaxRows[node] else {
            return [try call.unary(.isNaN, value, kind: .boolean)]
        }
        let largest = try call.reduce(.maximum, rows.value, axes: rows.axes, keepsAxes: true, "largest")
        let isMasked = try call.binary(.less, largest, Value(-Limits.beyond), kind: .boolean, "masked")
        return [try call.expand(isMasked, to: value.shape)]
    }
}
