internal import VolleyGraph
internal import VolleyTensors

extension Program {
    /// What runs in one pass, in words: a line for every stage, in the order in which they run. It says whether the stage runs
    /// once (static) or on every time-step (moving), what kind of pass it is, the operators in it, and how it reads the values of
    /// other stages: as numbers, as spikes, or as spikes that it counts where they meet others.
    public var plan: String { spiking.text }

    /// The same for the ANN that the network was made from; everything that depends on its inputs counts as moving.
    public var annPlan: String { analog.text }
}

extension Schedule {
    var text: String {
        let stages = statics.map { ("static", $0) } + moving.map { ("moving", $0) }
        return stages.map { change, stage in
            let operators = stage.nodes.map { "\(graph[$0].operation!.name) \(graph[$0].name)" }.joined(separator: " → ")
            let readings = stage.readings(graph).filter { graph[$0.value].constant == nil }
                .map { "\(graph[$0.value].name)\($0.as.suffix)" }.joined(separator: ", ")
            return "\(change) \(stage.kind): \(operators)" + (readings.isEmpty ? "" : "; reads \(readings)")
        }.joined(separator: "\n") + "\n"
    }
}

extension Stage {
    fileprivate var kind: String {
        switch self {
        case .operation: "operator"
        case .neurons: "neurons"
        case .layer(let layer): "layer\(layer.kernel.suffix)"
        case .convolution(let convolution): "convolution\(convolution.kernel.suffix)"
        case .attention: "attention"
        }
    }
}

extension LayerKernel {
    fileprivate var suffix: String {
        switch weights {
        case .floats: ""
        case .integers(let integers): " (int\(integers.bits))"
        }
    }
}

extension Stage.Reading {
    fileprivate var suffix: String {
        switch self {
        case .values: ""
        case .spikes: " (spikes)"
        case .countedSpikes: " (spikes, counted)"
        }
    }
}
