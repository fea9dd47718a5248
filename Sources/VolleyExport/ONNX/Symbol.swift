internal import VolleyGraph
internal import VolleyONNX

/// A value of the ONNX graph that is being written. What is done with symbols puts operators into the graph, so that equations are
/// written as they stand in papers: `let potential = t * input - sent`.
struct Symbol {
    let name: String
    unowned let writer: GraphWriter

    func applying(_ type: String, _ attributes: [(name: String, value: ONNXDocument.Attribute)] = []) -> Symbol {
        writer.operation(type, [self], attributes)
    }
}

// MARK: Arithmetic

extension Symbol {
    static func + (a: Symbol, b: Symbol) -> Symbol { a.writer.operation("Add", [a, b]) }
    static func - (a: Symbol, b: Symbol) -> Symbol { a.writer.operation("Sub", [a, b]) }
    static func * (a: Symbol, b: Symbol) -> Symbol { a.writer.operation("Mul", [a, b]) }
    static func / (a: Symbol, b: Symbol) -> Symbol { a.writer.operation("Div", [a, b]) }
    static prefix func - (a: Symbol) -> Symbol { a.applying("Neg") }

    static func + (a: Symbol, b: Float) -> Symbol { a + a.writer.scalar(b) }
    static func - (a: Symbol, b: Float) -> Symbol { a - a.writer.scalar(b) }
    static func * (a: Symbol, b: Float) -> Symbol { a * a.writer.scalar(b) }
    static func / (a: Symbol, b: Float) -> Symbol { a / a.writer.scalar(b) }

    var magnitude: Symbol { applying("Abs") }
    /// To whole numbers downwards, upwards, to the nearest with halves to the even one.
    var floor: Symbol { applying("Floor") }
    var ceiling: Symbol { applying("Ceil") }
    var rounded: Symbol { applying("Round") }
    var squareRoot: Symbol { applying("Sqrt") }

    func atLeast(_ bound: Symbol) -> Symbol { writer.operation("Max", [self, bound]) }
    func atMost(_ bound: Symbol) -> Symbol { writer.operation("Min", [self, bound]) }
    func atLeast(_ bound: Float) -> Symbol { atLeast(writer.scalar(bound)) }
    func atMost(_ bound: Float) -> Symbol { atMost(writer.scalar(bound)) }
    func limited(from low: Float, to high: Float) -> Symbol {
        writer.operation("Clip", [self, writer.scalar(low), writer.scalar(high)])
    }
}

// MARK: Truth

extension Symbol {
    // Comparisons give truth values, which `choose` takes.
    static func < (a: Symbol, b: Symbol) -> Symbol { a.writer.operation("Less", [a, b]) }
    static func <= (a: Symbol, b: Symbol) -> Symbol { a.writer.operation("LessOrEqual", [a, b]) }
    static func > (a: Symbol, b: Symbol) -> Symbol { a.writer.operation("Greater", [a, b]) }
    static func >= (a: Symbol, b: Symbol) -> Symbol { a.writer.operation("GreaterOrEqual", [a, b]) }
    static func < (a: Symbol, b: Float) -> Symbol { a < a.writer.scalar(b) }
    static func <= (a: Symbol, b: Float) -> Symbol { a <= a.writer.scalar(b) }
    static func > (a: Symbol, b: Float) -> Symbol { a > a.writer.scalar(b) }
    static func >= (a: Symbol, b: Float) -> Symbol { a >= a.writer.scalar(b) }
    func equals(_ other: Symbol) -> Symbol { writer.operation("Equal", [self, other]) }
    func equals(_ other: Float) -> Symbol { equals(writer.scalar(other)) }

    static func && (a: Symbol, b: Symbol) -> Symbol { a.writer.operation("And", [a, b]) }
    static func || (a: Symbol, b: Symbol) -> Symbol { a.writer.operation("Or", [a, b]) }
    static prefix func ! (a: Symbol) -> Symbol { a.applying("Not") }

    /// Element by element, one value where this is true and another where it is not.
    func choose(_ yes: Symbol, _ no: Symbol) -> Symbol { writer.operation("Where", [self, yes, no]) }
    func choose(_ yes: Float, _ no: Float) -> Symbol { choose(writer.scalar(yes), writer.scalar(no)) }
    func choose(_ yes: Symbol, _ no: Float) -> Symbol { choose(yes, writer.scalar(no)) }
    func choose(_ yes: Float, _ no: Symbol) -> Symbol { choose(writer.scalar(yes), no) }

    // Volley's truth values are 0 and 1, and what is not 0 counts as true.
    var asTruth: Symbol { !equals(0) }
    var asNumber: Symbol { cast(to: .float) }
}

// MARK: Types and layout

extension Symbol {
    /// The element types that values pass through, by their numbers in the format.
    enum Kind: Int { case float = 1, integer = 7, truth = 9, double = 11 }

    func cast(to kind: Kind) -> Symbol { applying("Cast", [("to", .int(kind.rawValue))]) }

    func transposed(_ permutation: [Int]) -> Symbol {
        permutation == Array(permutation.indices) ? self : applying("Transpose", [("perm", .ints(permutation))])
    }

    func reshaped(to shape: SymbolicShape) -> Symbol {
        // Otherwise 0 would stand for the length that was there.
        let holdsNothing = shape.dimensions.contains { $0.size == 0 }
        return writer.operation(
            "Reshape", [self, writer.lengths(shape, infersOne: true)], holdsNothing ? [("allowzero", .int(1))] : [])
    }

    /// The slices of an axis that constant positions name.
    func gathered(_ positions: [Int], axis: Int) -> Symbol {
        writer.operation("Gather", [self, writer.integers(positions)], [("axis", .int(axis))])
    }
}
