internal import VolleyGraph
internal import VolleyONNX
internal import VolleyTensors

/// A node of the network that is to be written: its inputs, and the shape of its value.
struct NodeCall {
    struct Operand {
        let name: String
        let shape: SymbolicShape
        /// What it holds, where it is the same for every input of the network.
        let constant: Tensor?
        /// What it is in the graph; nil for constants, which are put when they are read.
        let value: Symbol?
    }

    let writer: GraphWriter
    let operands: [Operand]
    let shape: SymbolicShape

    /// An input of the node.
    subscript(index: Int) -> Symbol {
        let operand = operands[index]
        return operand.value ?? writer.constant(operand.name, .floats(operand.constant!))
    }

    var inputs: [Symbol] { operands.indices.map { self[$0] } }

    /// The input, with its axes in another order: once and for all where it is constant.
    func transposed(_ index: Int, _ permutation: [Int]) -> Symbol {
        let operand = operands[index]
        guard let tensor = operand.constant, permutation != Array(permutation.indices) else { return self[index].transposed(permutation) }
        let order = permutation.map(String.init).joined(separator: ",")
        return writer.constant("\(operand.name)/transposed/\(order)", .floats(tensor.transposed(permutation)))
    }

    /// The input as positions along an axis, which are whole numbers; those that are constant are checked.
    /// - Parameter lengths: of the axes that the elements count along, the last axis in turn; one for all.
    /// - Throws: ``Refusal`` where a constant position lies outside: Volley reads NaN there.
    func positions(_ index: Int, within lengths: [Int]) throws -> Symbol {
        let operand = operands[index]
        guard let tensor = operand.constant else { return self[index].rounded.cast(to: .integer) }
        let whole = try tensor.values.enumerated().map { place, value in
            let (number, length) = (value.rounded(), lengths[place % lengths.count])
            guard number.magnitude <= 0x1p31, (-length..<length).contains(Int(number)) else {
                throw Refusal("it reads position \(value) of an axis of length \(length), which is outside")
            }
            return Int(number)
        }
        return writer.constant(operand.name + "/positions", .integers(whole, shape: tensor.shape))
    }

    func operation(_ type: String, _ inputs: [Symbol?], _ attributes: GraphWriter.Attributes = []) -> Symbol {
        writer.operation(type, inputs, attributes)
    }
}

/// Why a node cannot be written, as the end of a sentence about it.
struct Refusal: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

extension Tensor {
    /// Axis `i` of the result is axis `permutation[i]` of this.
    func transposed(_ permutation: [Int]) -> Tensor {
        var result = Tensor(Shape(permutation.map { shape[$0] }))
        Transpose(permutation).evaluate([self], into: &result, on: .best)
        return result
    }
}

extension SymbolicShape {
    /// The lengths of some axes, none of which scales with the batch.
    func lengths(_ axes: some Sequence<Int>) -> [Int] { axes.map { self[$0].size } }
}
