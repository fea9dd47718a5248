internal import VolleyGraph

extension Plan: CustomStringConvertible {
    /// The plan in words: how samples and time-steps are taken, then two lines for every stage, in the order in which they run. The first
    /// says whether the stage runs once (static) or on every time-step (moving), what kind of pass it is, the operators in it, and how it
    /// reads the values of other stages: as numbers, as spikes, or as spikes that it counts where they meet others. The second says what
    /// the pass does to its value before it hands it on, and why it ends there or why an operator stays by itself.
    public var description: String {
        let lines = statics.map { text($0, "static") } + moving.map { text($0, "moving") }
        return (["samples: \(samples)", "time-steps: \(steps)", "largest value: \(largestValue) elements for one sample", ""] + lines)
            .joined(separator: "\n") + "\n"
    }

    private var samples: String {
        switch batching.rule {
        case .separate: "each by itself, in groups and on threads as they come"
        case .together(let node): "all at once, for they meet at '\(graph[node].name)'"
        case .fixed(let count): "\(count) at a time, as the file fixes"
        }
    }

    private var steps: String {
        switch folding {
        case .asSamples: "many at once, as further samples"
        case .oneByOne(let node): "one by one, for at '\(graph[node].name)' those of several samples do not lie one behind the other"
        }
    }

    private func text(_ stage: Stage, _ change: String) -> String {
        let operators = stage.nodes.map { "\(graph[$0].operation!.name) \(graph[$0].name)" }.joined(separator: " → ")
        let inputs = stage.inputs.filter { graph[$0.value].constant == nil }
            .map { graph[$0.value].name + $0.reading.suffix }.joined(separator: ", ")
        let epilogue = stage.epilogue.map(text).joined(separator: ", ")
        return "\(change) \(stage.pass.name): \(operators)" + (inputs.isEmpty ? "" : "; reads \(inputs)") + "\n    "
            + (epilogue.isEmpty ? "" : "+ \(epilogue); ") + stage.why
    }

    private func text(_ epilogue: Stage.Epilogue) -> String {
        switch epilogue {
        case .bias: "bias"
        case .activation(let function): function.rawValue
        case .residual(let node): "residual \(graph[node].name)"
        case .neurons(let site): "neurons \(graph[site].name)"
        case .layout: "layout"
        }
    }
}

extension Plan.Stage.Pass {
    /// The kind of pass in a word.
    var name: String {
        switch self {
        case .operation: "operator"
        case .neurons: "neurons"
        case .layer: "layer"
        case .convolution: "convolution"
        case .attention: "attention"
        }
    }
}

extension Plan.Stage.Reading {
    fileprivate var suffix: String {
        switch self {
        case .values: ""
        case .spikes: " (spikes)"
        case .countedSpikes: " (spikes, counted)"
        }
    }
}
