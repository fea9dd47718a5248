internal import VolleyGraph
internal import VolleyTensors

/// One operation of each family on values that are there already. Where nothing fits, nothing is added.
extension RandomGraph {
    mutating func draw(_ family: OperatorFamily) {
        switch family {
        case .linear: if let x = pick(where: { $0.rank > 0 }) { _ = linear(x) }
        case .convolution: if let x = image() { _ = convolution(x) }
        case .matrixProduct: drawMatrixProduct()
        case .elementwise: drawElementwise(one(of: BinaryFunction.allCases + Array(repeating: .add, count: 6) + [.multiply, .multiply, .subtract]))
        case .activation: if let x = pick() { _ = activation(one(of: UnaryFunction.allCases + [.relu, .relu, .gelu, .silu]), x) }
        case .parametricActivation: drawParametricActivation()
        case .softmax: if let x = pick(where: { $0.rank > 0 }) { emit(.softmax(Softmax()), [x]) }
        case .layerNormalization: if let x = pick(where: { $0.rank > 0 && !$0.dimensions.last!.scalesWithBatch }) { _ = layerNorm(x) }
        case .rmsNormalization: drawRMSNormalization()
        case .pooling: drawPooling()
        case .reduction: drawReduction()
        case .argMaximum: drawArgMaximum()
        case .cumulativeSum: drawCumulativeSum()
        case .triangle: drawTriangle()
        case .selection: drawSelection()
        case .reshape: drawReshape()
        case .transpose: drawTranspose()
        case .slice: drawSlice()
        case .gather: drawGather()
        case .gatherElements: drawGatherElements()
        case .gatherND: drawGatherND()
        case .padding: drawPadding()
        case .concatenation: drawConcatenation()
        case .expansion: drawExpansion()
        case .transposedConvolution: drawTransposedConvolution()
        case .resize: drawResize()
        case .topK: drawTopK()
        case .quantization: drawQuantization()
        case .trainedActivation: drawTrainedActivation()
        }
    }

    // MARK: Layers and products

    mutating func linear(_ x: NodeID, outputs: Int? = nil) -> NodeID? {
        guard let length = shape(of: x).dimensions.last, !length.scalesWithBatch else { return nil }
        let width = length.size
        var weight: NodeID?
        if outputs == nil, chance(0.06) {
            weight = pick { $0.rank == 2 && $0[1] == length }
        } else if outputs == nil, chance(0.15) {
            weight = weights.last { builder.shape(of: $0)[1] == length }
        }
        let found = weight ?? constant([outputs ?? int(in: 1...12), width], deviation: 1 / Float(width).squareRoot())
        if builder.constant(of: found) != nil { weights.append(found) }
        let size = shape(of: found)[0]
        var bias: NodeID?
        if chance(0.05) { bias = pick { $0 == [size] } }
        if bias == nil, chance(0.7), !size.scalesWithBatch { bias = constant([size.size], deviation: 0.3) }
        return emit(.linear(Linear()), [x, found, bias])
    }

    mutating func image() -> NodeID? {
        pick { $0.rank == 4 && $0.dimensions.dropFirst().allSatisfy { !$0.scalesWithBatch } }
    }

    mutating func convolution(_ x: NodeID, keepsSize: Bool = false) -> NodeID? {
        let channels = shape(of: x)[1].size
        let groups = chance(0.3) ? one(of: (1...channels).filter { channels % $0 == 0 }) : 1
        let outputs = keepsSize ? channels : groups * int(in: 1...max(1, 8 / groups))
        let kernel = keepsSize ? [3, 3] : [int(in: 1...3), int(in: 1...3)]
        var attributes = Convolution(stride: [1, 1], padding: [[1, 1], [1, 1]], groups: groups)
        if !keepsSize {
            attributes.stride = [int(in: 1...2), int(in: 1...3)]
            attributes.dilation = [int(in: 1...2), int(in: 1...2)]
            attributes.padding = [[int(in: 0...2), int(in: 0...2)], [int(in: 0...2), int(in: 0...2)]]
        }
        let shape = Shape([outputs, channels / groups] + kernel)
        var weight: NodeID?
        if chance(0.04) { weight = pick { $0 == SymbolicShape(shape) } }
        let found = weight ?? constant(shape, deviation: 1 / Float(shape.rowCount).squareRoot())
        return emit(.convolution(attributes), [x, found, chance(0.7) ? constant([outputs], deviation: 0.3) : nil])
    }

    private mutating func drawMatrixProduct() {
        guard let a = pick(where: { $0.rank >= 2 }) else { return }
        let (shape, rank) = (shape(of: a), shape(of: a).rank)
        switch int(in: 0...4) {
        case 0 where !shape[rank - 1].scalesWithBatch:
            let inner = shape[rank - 1].size
            let leading = chance(0.3) && rank == 3 && !shape[0].scalesWithBatch ? [shape[0].size] : []
            let b = constant(Shape(leading + [inner, int(in: 1...8)]), deviation: 1 / Float(inner).squareRoot())
            emit(.matrixProduct(MatrixProduct()), [a, b])
        case 1 where !shape[rank - 2].scalesWithBatch:
            let b = constant([int(in: 1...8), shape[rank - 2].size], deviation: 0.5)
            emit(.matrixProduct(MatrixProduct()), [b, a])
        case 2:
            guard let b = pick(where: { $0.rank >= 2 && $0[$0.rank - 1] == shape[rank - 1] }), let turned = turnedMatrices(b) else { return }
            emit(.matrixProduct(MatrixProduct()), [a, turned])
        default:
            guard let b = pick(where: { $0.rank >= 2 && $0[$0.rank - 2] == shape[rank - 1] }) else { return }
            emit(.matrixProduct(MatrixProduct()), [a, b])
        }
    }

    /// The transposes of the matrices of a value.
    mutating func turnedMatrices(_ id: NodeID) -> NodeID? {
        let rank = shape(of: id).rank
        return emit(.transpose(Transpose(Array(0..<rank - 2) + [rank - 1, rank - 2])), [id])
    }

    // MARK: Functions

    private mutating func drawElementwise(_ function: BinaryFunction) {
        guard let a = pick() else { return }
        _ = elementwise(function, a, otherOperand(for: a), swapped: chance(0.3))
    }

    /// Something that broadcasts with a value, most likely another value of its shape.
    private mutating func otherOperand(for a: NodeID) -> NodeID? {
        let shape = shape(of: a)
        switch int(in: 0...5) {
        case 0: return scalar(random.normal())
        case 1:
            let part = shape.dimensions.suffix(int(in: 0...shape.rank))
            return constant(Shape(part.map { length in length.scalesWithBatch || chance(0.3) ? 1 : length.size }))
        case 2: return pick { $0.broadcast(with: shape) != nil }
        default: return pick { $0 == shape }
        }
    }

    /// With operands moved to where the function is defined and not steep.
    @discardableResult mutating func elementwise(
        _ function: BinaryFunction, _ a: NodeID, _ b: NodeID?, swapped: Bool = false
    ) -> NodeID? {
        guard let b else { return nil }
        var (left, right) = swapped ? (b, a) : (a, b)
        switch function {
        case .divide, .modulo, .remainder:
            guard let safe = positive(right) else { return nil }
            right = safe
        case .power:
            guard let base = positive(left) else { return nil }
            left = base
            right = scalar(one(of: [2, 0.5, -1, 3, 1.5]))
        default: break
        }
        return emit(.elementwise(Elementwise(function)), [left, right])
    }

    /// `|x| + 0.5`
    private mutating func positive(_ id: NodeID) -> NodeID? {
        guard let size = emit(.activation(Activation(.absolute)), [id]) else { return nil }
        return emit(.elementwise(Elementwise(.add)), [size, scalar(0.5)])
    }

    mutating func activation(_ function: UnaryFunction, _ x: NodeID) -> NodeID? {
        switch function {
        case .log, .sqrt, .reciprocal:
            guard let safe = positive(x) else { return nil }
            return emit(.activation(Activation(function)), [safe])
        default: return emit(.activation(Activation(function)), [x])
        }
    }

    private mutating func drawParametricActivation() {
        guard let x = pick() else { return }
        let function = one(of: ParametricActivation.Function.allCases)
        let first = 0.1 + random.uniform()
        let second = 0.1 + random.uniform()
        let parameters: [Float] =
            switch function {
            case .clip: [-first, second]
            case .hardSigmoid: [0.2, 0.5]
            case .piecewiseLinear: [0.1, first, second, 0.7]
            default: [first, second]
            }
        emit(.parametricActivation(ParametricActivation(function, parameters: Array(parameters.prefix(function.parameterCount)))), [x])
    }

    private mutating func drawTrainedActivation() {
        guard let x = pick() else { return }
        let steps = TrainedActivation.Steps(
            int(in: 1...6), shift: chance(0.5) ? 0.5 : 0, rounding: one(of: TrainedActivation.Steps.Rounding.allCases))
        let functions: [TrainedActivation.Function] = [
            .clip, .symmetricClip, .steps(steps), .slip(steps, slope: 0.1 + 0.8 * random.uniform(), shift: 0.3), .gradedSteps(steps.count),
        ]
        let function = one(of: functions)
        var activation = TrainedActivation(function, scales: [0.2 + random.uniform()])
        if activation.levels != nil { activation.unit = one(of: TrainedActivation.Unit.allCases) }
        if let (x, axis) = pickAxis(), case let length = shape(of: x)[axis], !length.scalesWithBatch, length.size > 0, chance(0.4) {
            activation.channelAxis = axis
            activation.scales = (0..<length.size).map { _ in 0.2 + random.uniform() }
            emit(.trainedActivation(activation), [x])
        } else {
            emit(.trainedActivation(activation), [x])
        }
    }

    mutating func layerNorm(_ x: NodeID) -> NodeID? {
        let width = shape(of: x).dimensions.last!.size
        let gamma = Tensor([width], (0..<width).map { _ in 1 + 0.3 * random.normal() })
        return emit(
            .layerNormalization(LayerNormalization(epsilon: chance(0.5) ? 1e-5 : 0.1)), [x, constant(gamma), constant([width], deviation: 0.3)])
    }

    private mutating func drawRMSNormalization() {
        guard let x = pick(where: { $0.rank > 0 }), let length = shape(of: x).dimensions.last else { return }
        let gamma = chance(0.1) ? pick { $0 == [length] } : length.scalesWithBatch ? nil : constant([length.size])
        emit(.rmsNormalization(RMSNormalization(epsilon: 1e-2)), [x, gamma])
    }

    // MARK: Along axes

    private mutating func drawPooling() {
        guard let x = pick(where: { $0.rank >= 3 }) else { return }
        let axes = shape(of: x).rank - 2
        func lengths(_ range: ClosedRange<Int>, in graph: inout RandomGraph) -> [Int] { (0..<axes).map { _ in graph.int(in: range) } }
        let padding = (0..<axes).map { _ in [int(in: 0...1), int(in: 0...1)] }
        emit(
            .pooling(
                Pooling(
                    chance(0.5) ? .maximum : .average, kernel: lengths(2...3, in: &self), stride: lengths(1...2, in: &self),
                    dilation: lengths(1...2, in: &self), padding: padding, ceilMode: chance(0.5), countsPadding: chance(0.5))), [x])
    }

    private mutating func drawReduction() {
        guard let x = pick(where: { $0.rank > 0 }) else { return }
        let axes = (0..<shape(of: x).rank).filter { _ in chance(0.5) }
        guard !axes.isEmpty else { return }
        let function: Reduction.Function = one(of: Reduction.Function.allCases + [.mean, .mean, .sum])
        emit(.reduction(Reduction(function, axes: axes, keepsAxes: chance(0.5))), [x])
    }

    private mutating func drawArgMaximum() {
        guard let (x, axis) = pickAxis() else { return }
        emit(.argMaximum(ArgMaximum(axis: axis, keepsAxes: chance(0.5), selectsLast: chance(0.3))), [x])
    }

    private mutating func drawCumulativeSum() {
        guard let (x, axis) = pickAxis() else { return }
        emit(.cumulativeSum(CumulativeSum(axis: axis, exclusive: chance(0.3), reverse: chance(0.3))), [x])
    }

    private mutating func drawTriangle() {
        guard let x = pick(where: { $0.rank >= 2 }) else { return }
        emit(.triangle(Triangle(upper: chance(0.5), diagonal: int(in: -2...2))), [x])
    }

    mutating func pickAxis() -> (NodeID, Int)? {
        guard let x = pick(where: { $0.rank > 0 }) else { return nil }
        return (x, int(in: 0...shape(of: x).rank - 1))
    }
}
