import VolleyGraph

/// Recurrent layers, written out step by step: the products with the inputs of all steps are one linear layer, those with the
/// state are one for each step.
enum RecurrentOperators {
    static let handlers: [String: Handler] = [
        "LSTM": { try run($0, gates: 4, functions: ["Sigmoid", "Tanh", "Tanh"], cell: longShortTerm) },
        "GRU": { try run($0, gates: 3, functions: ["Sigmoid", "Tanh"], cell: gatedUnit) },
        "RNN": { try run($0, gates: 1, functions: ["Tanh"], cell: plain) },
    ]

    /// What one step leaves to the next: h, and c of an LSTM, [N, H]. Absent before the first step, where both are 0.
    private struct State {
        var hidden: Value?
        var cell: Value?
    }

    /// One direction of a layer.
    private struct Direction {
        let call: Call
        let part: String
        let functions: [UnaryFunction]
        /// H.
        let width: Int
        /// R [gates·H, H], and the biases of both products [gates·H].
        let recurrent: Value
        let inputBias: Value?
        let stateBias: Value?
        /// Peepholes of an LSTM, [3·H]: input, output, forget.
        let peepholes: Value?
        /// Whether a GRU multiplies by the reset gate behind the product.
        let resetsBehind: Bool

        /// Rows of one gate.
        func gate(_ index: Int, of value: Value, _ name: String) throws -> Value {
            try call.slice(value, axis: value.rank - 1, start: index * width, length: width, name)
        }
    }

    private typealias Cell = (_ layer: Direction, _ input: Value, _ state: State, _ name: String) throws -> State

    private static func run(_ call: Call, gates: Int, functions: [String], cell: Cell) throws -> [Value?] {
        let isBatchFirst = try call.flag("layout")
        var input = try call.input(0)
        guard input.rank == 3 else { throw call.mismatch("sequences [L, N, width] are needed, found \(input.shape)") }
        if isBatchFirst { input = try call.transpose(input, [1, 0, 2], "sequence") }
        guard !input.shape[0].scalesWithBatch else { throw call.unsupported("it runs along the samples of a batch") }
        guard call.optional(4) == nil else { throw call.unsupported("its sequences differ in length") }
        guard call.attribute("clip") == nil, try !call.flag("input_forget") else {
            throw call.unsupported("its gates are clipped or coupled")
        }
        let weights = try (call.known(1, "the weight"), call.known(2, "the weight of the state"))
        let width = weights.1.shape.last ?? 0
        let directions = call.string("direction", "forward")
        let reversed =
            try ["forward": [false], "reverse": [true], "bidirectional": [false, true]][directions]
            ?? { throw call.unsupported("its direction is \(directions.quoted)") }()
        let count = reversed.count
        guard weights.0.shape == [count, gates * width, input.shape[2].size], weights.1.shape == [count, gates * width, width], width > 0
        else { throw call.mismatch("weights \(weights.0.shape) and \(weights.1.shape) do not fit inputs of shape \(input.shape)") }
        let names =
            call.attribute("activations").map { $0.strings.map { String(decoding: $0, as: UTF8.self) } }
            ?? Array(repeating: functions, count: count).flatMap(\.self)
        guard names.count == functions.count * count else { throw call.mismatch("\(names.count) activations for \(count) directions") }

        var ends: [State] = []
        var outputs: [[Value]] = []
        for (index, isReversed) in reversed.enumerated() {
            func row(_ position: Int) throws -> Value? {
                try call.optional(position).map {
                    guard $0.rank > 0, $0.shape[0] == SymbolicLength(count) else {
                        throw call.mismatch("a value for each of \(count) directions is needed, found \($0.shape)")
                    }
                    return try call.reshape(
                        try call.slice($0, axis: 0, start: index, length: 1, "direction\(index)"),
                        to: SymbolicShape(Array($0.shape.dimensions.dropFirst())), "direction\(index)")
                }
            }
            let biases = try row(3)
            let rows = gates * width
            guard biases.map({ $0.shape == [SymbolicLength(2 * rows)] }) ?? true else { throw call.mismatch("its bias does not fit") }
            let layer = Direction(
                call: call, part: "direction\(index)",
                functions: try names[index * functions.count..<(index + 1) * functions.count].map { try function(call, $0) },
                width: width, recurrent: try row(2)!,
                inputBias: try biases.map { try call.slice($0, axis: 0, start: 0, length: rows, "bias") },
                stateBias: try biases.map { try call.slice($0, axis: 0, start: rows, length: rows, "bias") },
                peepholes: try row(7), resetsBehind: try call.flag("linear_before_reset"))
            let products = try call.emit(.linear(Linear()), [input, try row(1)!], "\(layer.part).inputs")
            // The state [N, H] of a batch-first layer lies batch first, too.
            var state =
                isBatchFirst
                ? State(hidden: try first(call, 5, index), cell: try first(call, 6, index))
                : State(hidden: try row(5), cell: try row(6))
            var hidden: [Value] = []
            let steps = 0..<input.shape[0].size
            for step in isReversed ? Array(steps.reversed()) : Array(steps) {
                let name = "\(layer.part).step\(step)"
                let here = try call.reshape(
                    try call.slice(products, axis: 0, start: step, length: 1, name + ".input"),
                    to: [input.shape[1], SymbolicLength(rows)], name + ".input")
                state = try cell(layer, here, state, name)
                hidden.append(state.hidden!)
            }
            guard !hidden.isEmpty else { throw call.mismatch("its sequences are empty") }
            outputs.append(isReversed ? hidden.reversed() : hidden)
            ends.append(state)
        }
        return [
            try sequence(call, outputs, isBatchFirst: isBatchFirst),
            try joined(call, ends.map { $0.hidden! }, isBatchFirst: isBatchFirst, "last"),
            try ends.allSatisfy { $0.cell != nil } ? joined(call, ends.map { $0.cell! }, isBatchFirst: isBatchFirst, "cell") : nil,
        ]
    }

    /// The state of one direction, [N, directions, H].
    private static func first(_ call: Call, _ position: Int, _ index: Int) throws -> Value? {
        try call.optional(position).map {
            guard $0.rank == 3 else { throw call.mismatch("a state [N, directions, H] is needed, found \($0.shape)") }
            return try call.reshape(
                try call.slice($0, axis: 1, start: index, length: 1, "state\(index)"), to: [$0.shape[0], $0.shape[2]], "state\(index)")
        }
    }

    private static func function(_ call: Call, _ name: String) throws -> UnaryFunction {
        switch name {
        case "Sigmoid": .sigmoid
        case "Tanh": .tanh
        case "Relu": .relu
        default: throw call.unsupported("its activation is \(name.quoted)")
        }
    }

    // MARK: Cells

    /// `σ_i, σ_o, σ_f` and `g` from the products; `c = f·c + i·g`, `h = o·tanh(c)`.
    private static func longShortTerm(_ layer: Direction, _ input: Value, _ state: State, _ name: String) throws -> State {
        let call = layer.call
        let sum = try sums(layer, input, state.hidden, name)
        func gate(_ index: Int, _ peephole: Int, _ cell: Value?, _ part: String) throws -> Value {
            var value = try layer.gate(index, of: sum, name + part + ".sum")
            if let cell, let peepholes = layer.peepholes {
                let weight = try layer.gate(peephole, of: peepholes, "peephole")
                value = try call.binary(.add, value, call.binary(.multiply, cell, weight, name + part + ".seen"), name + part + ".both")
            }
            return try call.unary(layer.functions[0], value, name + part)
        }
        let news = try call.unary(layer.functions[1], layer.gate(3, of: sum, name + ".news.sum"), name + ".news")
        var cell = try call.binary(.multiply, gate(0, 0, state.cell, ".enter"), news, name + ".entered")
        if let old = state.cell {
            cell = try call.binary(.add, call.binary(.multiply, gate(2, 2, old, ".keep"), old, name + ".kept"), cell, name + ".cell")
        }
        let shown = try call.unary(layer.functions[2], cell, name + ".shown")
        return State(hidden: try call.binary(.multiply, gate(1, 1, cell, ".leave"), shown, name + ".hidden"), cell: cell)
    }

    /// Update gate z, reset gate r, and `n`; `h = (1 − z)·n + z·h`.
    private static func gatedUnit(_ layer: Direction, _ input: Value, _ state: State, _ name: String) throws -> State {
        let call = layer.call
        func part(_ index: Int, _ weight: Value?) throws -> Value? {
            try weight.map { try call.slice($0, axis: 0, start: index * layer.width, length: layer.width, "gate\(index)") }
        }
        func add(_ a: Value, _ b: Value?, _ part: String) throws -> Value {
            try b.map { try call.binary(.add, a, $0, name + part) } ?? a
        }
        func product(_ value: Value?, _ index: Int, _ label: String) throws -> Value? {
            guard let weight = try part(index, layer.recurrent) else { return nil }
            return try value.map { try call.emit(.linear(Linear()), [$0, weight], name + label) }
        }
        func gate(_ index: Int, _ label: String) throws -> Value {
            var sum = try add(layer.gate(index, of: input, name + label + ".input"), product(state.hidden, index, label + ".state"), label + ".sum")
            sum = try add(sum, part(index, layer.inputBias), label + ".biased")
            sum = try add(sum, part(index, layer.stateBias), label + ".both")
            return try call.unary(layer.functions[0], sum, name + label)
        }
        let update = try gate(0, ".update")
        let reset = try gate(1, ".reset")
        let bias = try part(2, layer.stateBias)
        let inner: Value?
        if layer.resetsBehind {
            let seen = try product(state.hidden, 2, ".state")
            let sum = try seen.map { try add($0, bias, ".state.biased") } ?? bias
            inner = try sum.map { try call.binary(.multiply, reset, $0, name + ".seen") }
        } else {
            let kept = try state.hidden.map { try call.binary(.multiply, reset, $0, name + ".seen") }
            let seen = try product(kept, 2, ".state")
            inner = try seen.map { try add($0, bias, ".state.biased") } ?? bias
        }
        var sum = try add(layer.gate(2, of: input, name + ".news.input"), part(2, layer.inputBias), ".news.biased")
        sum = try add(sum, inner, ".news.sum")
        let news = try call.unary(layer.functions[1], sum, name + ".news")
        let rest = try call.binary(.subtract, Value(1), update, name + ".rest")
        var hidden = try call.binary(.multiply, rest, news, name + ".entered")
        if let old = state.hidden {
            hidden = try call.binary(.add, hidden, call.binary(.multiply, update, old, name + ".kept"), name + ".hidden")
        }
        return State(hidden: hidden, cell: nil)
    }

    private static func plain(_ layer: Direction, _ input: Value, _ state: State, _ name: String) throws -> State {
        State(hidden: try layer.call.unary(layer.functions[0], sums(layer, input, state.hidden, name), name + ".hidden"), cell: nil)
    }

    /// Both products and both biases.
    private static func sums(_ layer: Direction, _ input: Value, _ hidden: Value?, _ name: String) throws -> Value {
        let call = layer.call
        var sum = input
        if let hidden {
            sum = try call.binary(.add, sum, call.emit(.linear(Linear()), [hidden, layer.recurrent], name + ".state"), name + ".sum")
        }
        guard let first = layer.inputBias, let second = layer.stateBias else { return sum }
        return try call.binary(.add, sum, call.binary(.add, first, second, "bias"), name + ".biased")
    }

    // MARK: Results

    /// All hidden states: [L, directions, N, H], or [N, L, directions, H].
    private static func sequence(_ call: Call, _ outputs: [[Value]], isBatchFirst: Bool) throws -> Value {
        let directions = try outputs.enumerated().map { index, hidden in
            let steps = try hidden.map { try call.reshape($0, to: [1, 1, $0.shape[0], $0.shape[1]], "row") }
            return try ShapeOperators.concatenate(call.renamed("steps\(index)"), steps, axis: 0)
        }
        let all = try ShapeOperators.concatenate(call.renamed("all"), directions, axis: 1)
        return isBatchFirst ? try call.transpose(all, [2, 0, 1, 3], "sequences") : all
    }

    /// A state of every direction: [directions, N, H], or [N, directions, H].
    private static func joined(_ call: Call, _ states: [Value], isBatchFirst: Bool, _ part: String) throws -> Value {
        let rows = try states.map { try call.reshape($0, to: [1, $0.shape[0], $0.shape[1]], part + ".row") }
        let all = try ShapeOperators.concatenate(call.renamed(part), rows, axis: 0)
        return isBatchFirst ? try call.transpose(all, [1, 0, 2], part + "s") : all
    }
}

extension Call {
    /// The same call under the name of one of its parts.
    fileprivate func renamed(_ part: String) -> Call {
        Call(importer: importer, node: node, name: "\(name).\(part)", inputs: inputs, scope: scope, depth: depth)
    }
}
