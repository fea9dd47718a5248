import VolleyGraph

/// Sums of products over named axes, such as `bhid,bhjd->bhij`.
///
/// Every input is brought to the axes [shared and kept, own and kept, summed]; the inputs are then multiplied as matrices from
/// left to right.
enum EinsumOperator {
    static let handlers: [String: Handler] = ["Einsum": einsum]

    /// A value whose axes have names.
    private struct Term {
        var value: Value
        var axes: [Character]
    }

    private static func einsum(_ call: Call) throws -> [Value?] {
        let equation = call.string("equation", "").filter { $0 != " " }
        guard call.inputs.count <= Limits.factors else {
            throw call.unsupported("\(call.inputs.count) inputs are more than \(Limits.factors)")
        }
        let ranks = try call.inputs.indices.map { try call.input($0).rank }
        let (inputs, output) = try parse(call, equation, ranks)
        var terms = try inputs.enumerated().map { index, axes in
            try diagonal(call, Term(value: try call.input(index), axes: axes), "diagonal\(index)")
        }
        guard var result = terms.first else { throw call.mismatch("it has no inputs") }
        terms.removeFirst()
        result = try summed(call, result, keeping: Set(output + terms.flatMap(\.axes)), "sum0")
        for (index, term) in terms.enumerated() {
            let needed = Set(output + terms[(index + 1)...].flatMap(\.axes))
            let other = try summed(call, term, keeping: needed.union(result.axes), "sum\(index + 1)")
            result = try summed(call, result, keeping: needed.union(other.axes), "left\(index)")
            result = try product(call, result, other, keeping: needed, "\(index)")
        }
        guard Set(result.axes) == Set(output), result.axes.count == output.count else {
            throw call.mismatch("the equation \(equation.quoted) names axes that no input has")
        }
        return [try call.transpose(result.value, output.map { result.axes.firstIndex(of: $0)! })]
    }

    /// The axes' names of every input and of the output. An ellipsis stands for the axes that are not named.
    private static func parse(
        _ call: Call, _ equation: String, _ ranks: [Int]
    ) throws -> (inputs: [[Character]], output: [Character]) {
        let sides = equation.components(of: "->")
        let texts = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard sides.count <= 2, texts.count == ranks.count else {
            throw call.mismatch("the equation \(equation.quoted) does not fit \(ranks.count) inputs")
        }
        let digits: [Character] = ["0", "1", "2", "3", "4", "5", "6", "7"]
        func expand(_ text: String, rank: Int?) throws -> [Character] {
            let parts = text.components(of: "...")
            let named = parts.joined().map { $0 }
            guard parts.count <= 2, named.allSatisfy(\.isLetter) else { throw call.mismatch("the equation \(equation.quoted) makes no sense") }
            guard parts.count == 2 else { return named }
            let missing = rank.map { $0 - named.count } ?? longest
            guard (0...digits.count).contains(missing) else { throw call.mismatch("the equation \(equation.quoted) has more names than axes") }
            return Array(parts[0]) + digits.suffix(missing) + Array(parts[1])
        }
        var longest = 0
        for (text, rank) in zip(texts, ranks) where text.components(of: "...").count == 2 {
            longest = max(longest, rank - (text.count - 3))
        }
        let inputs = try zip(texts, ranks).map { text, rank in
            let axes = try expand(text, rank: rank)
            guard axes.count == rank else { throw call.mismatch("\(text.quoted) does not name \(rank) axes") }
            return axes
        }
        if sides.count == 2 { return (inputs, try expand(sides[1], rank: nil)) }
        let all = inputs.flatMap(\.self)
        let once = Set(all.filter { name in name.isLetter && all.count { $0 == name } == 1 }).sorted()
        return (inputs, digits.suffix(longest) + once)
    }

    /// A name that stands twice in one input means the elements where both axes agree.
    private static func diagonal(_ call: Call, _ term: Term, _ part: String) throws -> Term {
        guard Set(term.axes).count < term.axes.count else { return term }
        guard term.axes.count == 2 || Set(term.axes).count == term.axes.count - 1,
            let name = term.axes.first(where: { name in term.axes.count { $0 == name } == 2 })
        else { throw call.unsupported("a name stands more than twice in one input") }
        let first = term.axes.firstIndex(of: name)!
        let second = term.axes.lastIndex(of: name)!
        let size = term.value.shape[first]
        guard term.value.shape[second] == size, !size.scalesWithBatch else { throw call.mismatch("axes named alike are not equally long") }
        let others = term.axes.indices.filter { $0 != first && $0 != second }
        let moved = try call.transpose(term.value, others + [first, second], part + ".moved")
        let shape = others.map { term.value.shape[$0] }
        let flat = try call.reshape(moved, to: SymbolicShape(shape + [SymbolicLength(size.size * size.size)]), part + ".flat")
        let value = try call.slice(flat, axis: shape.count, start: 0, length: size.size, step: size.size + 1, part)
        return Term(value: value, axes: others.map { term.axes[$0] } + [name])
    }

    private static func summed(_ call: Call, _ term: Term, keeping names: Set<Character>, _ part: String) throws -> Term {
        let dropped = term.axes.indices.filter { !names.contains(term.axes[$0]) }
        if dropped.isEmpty { return term }
        return Term(
            value: try call.reduce(.sum, term.value, axes: dropped, keepsAxes: false, part),
            axes: term.axes.filter { names.contains($0) })
    }

    private static func product(
        _ call: Call, _ left: Term, _ right: Term, keeping names: Set<Character>, _ part: String
    ) throws -> Term {
        let common = left.axes.filter { right.axes.contains($0) }
        let shared = common.filter { names.contains($0) }
        let contracted = common.filter { !names.contains($0) }
        let rows = left.axes.filter { !common.contains($0) }
        let columns = right.axes.filter { !common.contains($0) }
        func lengths(_ names: [Character], _ term: Term) -> [SymbolicLength] { names.map { term.value.shape[term.axes.firstIndex(of: $0)!] } }
        func merged(_ lengths: [SymbolicLength]) throws -> SymbolicLength {
            guard lengths.count(where: \.scalesWithBatch) <= 1 else { throw call.unsupported("N appears twice") }
            return SymbolicLength(lengths.reduce(1) { $0 * $1.size }, scalesWithBatch: lengths.contains(where: \.scalesWithBatch))
        }
        func arranged(_ term: Term, _ order: [Character], _ shape: [SymbolicLength], _ side: String) throws -> Value {
            let moved = try call.transpose(term.value, order.map { term.axes.firstIndex(of: $0)! }, "\(side)\(part).moved")
            return try call.reshape(moved, to: SymbolicShape(shape), "\(side)\(part).matrix")
        }
        let inner = try merged(lengths(contracted, left))
        guard try merged(lengths(contracted, right)) == inner else { throw call.mismatch("axes named alike are not equally long") }
        let a = try arranged(
            left, shared + rows + contracted, lengths(shared, left) + [try merged(lengths(rows, left)), inner], "left")
        let b = try arranged(
            right, shared + contracted + columns, lengths(shared, right) + [inner, try merged(lengths(columns, right))], "right")
        let full = try LayerOperators.product(call, a, b, "product\(part)")
        let outer = Array(full.shape.dimensions.prefix(shared.count))
        let value = try call.reshape(
            full, to: SymbolicShape(outer + lengths(rows, left) + lengths(columns, right)), "result\(part)")
        return Term(value: value, axes: shared + rows + columns)
    }
}

extension String {
    /// The parts between occurrences of `separator`.
    fileprivate func components(of separator: String) -> [String] {
        var parts: [String] = [""]
        var rest = self[...]
        while !rest.isEmpty {
            if rest.hasPrefix(separator) {
                parts.append("")
                rest = rest.dropFirst(separator.count)
            } else {
                parts[parts.count - 1].append(rest.removeFirst())
            }
        }
        return parts
    }
}
