internal import VolleyGraph
internal import VolleyTensors

/// Writes what ``FitFunctions`` puts into a graph, and keeps which values are sums of weighted spikes.
struct FunctionWriter {
    private let fit: FitFunctions
    private(set) var places: [FitFunctions.Place] = []
    private(set) var variances: [String: String] = [:]
    /// By value: whether it changes over time, and whether it then is a sum of weighted spikes. Others stay the same.
    private var isSpiking: [NodeID: Bool] = [:]
    private var encoders: [NodeID: NodeID] = [:]

    init(_ fit: FitFunctions) { self.fit = fit }

    /// Whether a value changes over time, and is no sum of weighted spikes.
    func isAnalog(_ id: NodeID) -> Bool { isSpiking[id] == false }

    mutating func put(_ name: String, _ operation: Operator, _ inputs: [NodeID], _ builder: inout GraphBuilder) throws -> NodeID {
        let id = try builder.add(name, operation, inputs)
        if operation.neuronSite != nil {
            isSpiking[id] = true
        } else if inputs.contains(where: { isSpiking[$0] != nil }) {
            let isAffine = operation.operation.kind(timeVarying: inputs.map { isSpiking[$0] != nil }) == .affine
            isSpiking[id] = isAffine && !inputs.contains(where: isAnalog)
        }
        return id
    }

    private mutating func put(
        _ name: String, _ function: BinaryFunction, _ a: NodeID, _ b: NodeID, _ builder: inout GraphBuilder
    ) throws -> NodeID {
        try put(name, .elementwise(Elementwise(function)), [a, b], &builder)
    }

    private func number(_ name: String, _ value: Float, _ builder: inout GraphBuilder) throws -> NodeID {
        try builder.constant(name, Tensor([1], [value]))
    }

    // MARK: Functions

    mutating func layerNormalization(_ name: String, _ inputs: [NodeID], _ builder: inout GraphBuilder) throws -> NodeID {
        let last = builder.shape(of: inputs[0]).rank - 1
        let mean = try put(name + ".mean", .reduction(Reduction(.mean, axes: [last], keepsAxes: true)), [inputs[0]], &builder)
        let centred = try put(name + ".centred", .subtract, inputs[0], mean, &builder)
        let squares = try put(name + ".squares", .multiply, centred, centred, &builder)
        let variance = try put(name + ".variance", .reduction(Reduction(.mean, axes: [last], keepsAxes: true)), [squares], &builder)
        variances[name] = name + ".variance"
        let root: NodeID
        if let range = fit.variances[name] {
            root = try spiking(name + ".root", fit.functions.inverseRoot(over: range), variance, perFeature: false, &builder)
        } else {
            root = try put(name + ".root", .power, variance, try number(name + ".exponent", -0.5, &builder), &builder)
        }
        let product = try put(name + ".product", .multiply, centred, root, &builder)
        let spikes = try encoded(product, named: name, &builder)
        let scaled = try put(name + ".scaled", .multiply, spikes, inputs[1], &builder)
        return try put(name, .add, scaled, inputs[2], &builder)
    }

    mutating func softmax(_ name: String, _ scores: NodeID, _ builder: inout GraphBuilder) throws -> NodeID {
        let last = builder.shape(of: scores).rank - 1
        let length = try fixedLength(of: scores, name, builder)
        func rectifiers(_ part: String, _ network: RectifierNetwork, _ x: NodeID) throws -> NodeID {
            try put(name + part, .parametricActivation(ParametricActivation(.piecewiseLinear, parameters: network.corners)), [x], &builder)
        }
        func sum(_ part: String, _ x: NodeID) throws -> NodeID {
            try put(name + part, .reduction(Reduction(.sum, axes: [last], keepsAxes: true)), [x], &builder)
        }
        let first = try put(name + ".first", .slice(Slicing(axis: last, start: 0, length: 1)), [scores], &builder)
        let difference = try put(name + ".difference", .subtract, scores, first, &builder)
        let one = try number(name + ".one", 1, &builder)
        let shifted = try put(name + ".shifted", .add, difference, one, &builder)
        let cut = try put(name + ".cut", .minimum, shifted, try number(name + ".largest", fit.functions.largestScore, &builder), &builder)
        let counts = try put(name + ".counts", .greater, shifted, try number(name + ".smallest", -20, &builder), &builder)
        let every = try rectifiers(".exponentials", fit.functions.exponential, cut)
        let exponentials = try put(
            name + ".kept", .selection(Selection()), [counts, every, try number(name + ".nothing", 0, &builder)], &builder)
        let inverse = fit.functions.inverse(of: length)
        let divisor = try rectifiers(".inverse", inverse, try sum(".sum", exponentials))
        let map = try put(name + ".ratios", .multiply, exponentials, divisor, &builder)
        let total = try sum(".total", map)
        let exceeds = try put(name + ".exceeds", .greater, total, try number(name + ".most", 1.5, &builder), &builder)
        let correction = try put(
            name + ".correction", .selection(Selection()), [exceeds, try rectifiers(".again", inverse, total), one], &builder)
        let corrected = try put(name + ".corrected", .multiply, map, correction, &builder)
        return try site(
            FitFunctions.Place(
                site: name + ".map", argument: name + ".corrected", response: .rectified(isNegated: false), length: length, isMap: true),
            on: corrected, as: name, &builder)
    }

    mutating func activation(_ name: String, _ network: RectifierNetwork, _ x: NodeID, _ builder: inout GraphBuilder) throws -> NodeID {
        try spiking(name, network, x, perFeature: true, &builder)
    }

    /// A network whose hidden units are neurons: of a value with a last axis of length 1, or of every feature by itself.
    private mutating func spiking(
        _ name: String, _ network: RectifierNetwork, _ x: NodeID, perFeature: Bool, _ builder: inout GraphBuilder
    ) throws -> NodeID {
        let (shape, units) = (builder.shape(of: x), network.units)
        let length = perFeature ? try fixedLength(of: x, name, builder) : 1
        var column = x
        if perFeature {
            column = try put(name + ".column", .reshape(Reshape(to: SymbolicShape(shape.dimensions + [1]))), [x], &builder)
        }
        let weights = [
            try builder.constant(name + ".w1", Tensor([units, 1], network.inputWeights.map { Float($0) })),
            try builder.constant(name + ".b1", Tensor([units], network.inputBiases.map { Float($0) })),
            try builder.constant(name + ".w2", Tensor([1, units], network.outputWeights.map { Float($0) })),
            try builder.constant(name + ".b2", Tensor([1], [Float(network.outputBias)])),
        ]
        let hidden = try put(name + ".hidden", .linear(Linear()), [column, weights[0], weights[1]], &builder)
        let place = FitFunctions.Place(site: name + ".units", argument: builder[x].name, response: .units(network), length: length)
        let spikes = try site(place, on: hidden, as: name + ".rectified", &builder)
        guard perFeature else { return try put(name, .linear(Linear()), [spikes, weights[2], weights[3]], &builder) }
        let sum = try put(name + ".sums", .linear(Linear()), [spikes, weights[2], weights[3]], &builder)
        return try put(name, .reshape(Reshape(to: shape)), [sum], &builder)
    }

    // MARK: Neurons

    /// Two layers of neurons for a signed value, which all of its readers share.
    mutating func encoded(_ value: NodeID, named name: String, _ builder: inout GraphBuilder) throws -> NodeID {
        if let known = encoders[value] { return known }
        let length = try fixedLength(of: value, name, builder)
        func half(_ part: String, on input: NodeID, isNegated: Bool) throws -> NodeID {
            try site(
                FitFunctions.Place(
                    site: name + part, argument: builder[value].name, response: .rectified(isNegated: isNegated), length: length),
                on: input, as: name + part + ".values", &builder)
        }
        let positive = try half(".positive", on: value, isNegated: false)
        let negated = try put(name + ".negated", .activation(Activation(.negate)), [value], &builder)
        let negative = try half(".negative", on: negated, isNegated: true)
        let result = try put(name + ".encoded", .subtract, positive, negative, &builder)
        encoders[value] = result
        return result
    }

    private mutating func site(
        _ place: FitFunctions.Place, on value: NodeID, as name: String, _ builder: inout GraphBuilder
    ) throws -> NodeID {
        places.append(place)
        let neurons = Operator.neuron(NeuronSite(insteadOf: .unary(Activation(.relu))))
        var shape = [place.length]
        if case .units(let network) = place.response { shape = place.length == 1 ? [network.units] : [place.length, network.units] }
        let thresholds = fit.thresholds[place.site] ?? [Float](repeating: 1, count: place.neurons)
        let scales = try builder.constant(place.site + ".scales", Tensor(Shape(shape), thresholds))
        let spikes = try put(place.site, neurons, [value, scales], &builder)
        return try put(name, .multiply, spikes, scales, &builder)
    }

    private func fixedLength(of value: NodeID, _ name: String, _ builder: GraphBuilder) throws -> Int {
        let shape = builder.shape(of: value)
        guard let length = shape.dimensions.last, !length.scalesWithBatch else {
            throw ConversionError(
                .unfitNetwork,
                "'\(name)' reads a value of shape \(shape), whose last axis grows with the batch; neurons have thresholds by place on that axis, so it "
                    + "must have a fixed length")
        }
        return length.size
    }
}
