import VolleyGraph

/// What a name of the ONNX file stands for while the file is imported.
struct Value {
    indirect enum Content {
        case known(Known)
        /// A value of the graph.
        case node(NodeID)
        /// The sample's number in its batch, scaled and shifted: it serves to pick a sample's own rows.
        case batchIndex(BatchIndex)
        /// A list of values.
        case sequence([Value])
        /// Only the shape is of use.
        case shapeOnly
    }

    var kind: ElementKind
    var shape: SymbolicShape
    var content: Content

    init(kind: ElementKind, shape: SymbolicShape, content: Content) {
        self.kind = kind
        self.shape = shape
        self.content = content
    }

    init(_ known: Known) {
        self.init(kind: known.kind, shape: SymbolicShape(known.shape.map { SymbolicLength($0) }), content: .known(known))
    }

    /// One float without axes.
    init(_ number: Float) { self.init(Known(.float, KnownNumber(Double(number)))) }

    init(_ node: NodeID, kind: ElementKind, shape: SymbolicShape) {
        self.init(kind: kind, shape: shape, content: .node(node))
    }

    var known: Known? { if case .known(let known) = content { known } else { nil } }
    var batchIndex: BatchIndex? { if case .batchIndex(let index) = content { index } else { nil } }
    var rank: Int { shape.rank }

    /// The memory that its known elements take, those of a list's values included.
    var byteCount: Int {
        switch content {
        case .known(let known): known.byteCount
        case .sequence(let values): values.reduce(0) { $0 + $1.byteCount + MemoryLayout<Value>.stride }
        default: 0
        }
    }

    /// The only element, where it is known and does not depend on the batch size.
    var knownScalar: Double? {
        guard let known, known.count == 1, !known.scalesWithBatch else { return nil }
        return known.numbers[0].value
    }

    func with(kind: ElementKind) -> Value {
        var copy = self
        copy.kind = kind
        if case .known(var known) = content {
            known.kind = kind
            copy.content = .known(known)
        }
        return copy
    }
}

/// `value[…] = stride·n + rest[…]`, where n numbers the samples of the batch and counts along the axis `axis`.
struct BatchIndex {
    var stride: Int
    /// Broadcasts to the value's shape.
    var rest: Value
    /// The axis that n counts along; its length is N.
    var axis: Int
}
