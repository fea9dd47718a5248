public import VolleyGraph
public import VolleySpiking
internal import VolleyTensors

/// How a network is run, as a value: its graph cut into stages, what each reads and makes, and why it ends where it does.
///
/// A plan knows neither kernels nor packed weights. A back end lowers it: for every stage it takes the pass that it has for it, or runs the
/// stage's nodes one by one, which makes the same value.
public struct Plan: Sendable, Hashable {
    /// What a pass can do with the neurons of a site.
    public enum Neurons: Sendable, Hashable {
        /// They can stand at the end of a layer's pass, and inside that of an attention.
        case joining
        /// They can stand at the end of a layer's pass, and nowhere else.
        case behindLayers
        /// They take a pass of their own, and why.
        case alone(because: String)
    }

    /// How the time-steps of a run are taken.
    public enum TimeFolding: Sendable, Hashable {
        /// Many at once, as further samples: a value that changes over time is `[T · N, …]`.
        case asSamples
        /// One by one, because at this node the steps of several samples would not lie one behind the other.
        case oneByOne(NodeID)
    }

    /// What is run: the network's graph with the channels of images last (`ChannelsLast`).
    public let graph: Graph
    /// By node, whether its value changes over time; in the ANN, whether it depends on an input.
    public let timeVarying: [Bool]
    /// The stages that run once, then those that run on every time-step, each in the order in which they run.
    public let statics: [Stage]
    public let moving: [Stage]
    /// Which samples can run apart, in groups or on several threads.
    public let batching: Batching
    public let folding: TimeFolding
    /// Elements of the largest value that a stage makes, for one sample: what decides how many samples make a group.
    public let largestValue: Int
    /// The sites, by name, whose spikes have their channels last although the network's graph has them first.
    let movedSites: Set<String>

    /// Plans a spiking network.
    /// - Throws: ``PlanError`` where the planner made a mistake.
    public init(_ network: SpikingNetwork) throws {
        let (graph, moved) = try ChannelsLast.rewrite(network.graph)
        var neurons: [NodeID: Neurons] = [:]
        // Passes take a time-step for what it is; where it weighs something else, neurons are operators by themselves, read as values.
        for (id, layer) in network.layers(in: graph) where network.timing.isPlain {
            neurons[id] = layer.planned(network.coding, thresholds: graph.thresholds(of: id), takesTrains: network.takesTrainsOfSites)
        }
        try self.init(graph, neurons: neurons, movedSites: moved)
    }

    /// Plans a graph with places for neurons that none stand at yet, as if they were of a kind that joins other passes.
    /// - Throws: ``PlanError`` where the planner made a mistake.
    public init(placed graph: Graph) throws {
        let (graph, moved) = try ChannelsLast.rewrite(graph)
        let sites = graph.nodes.indices.filter { graph[$0].isNeuronSite }
        try self.init(graph, neurons: Dictionary(uniqueKeysWithValues: sites.map { ($0, .joining) }), movedSites: moved)
    }

    /// Plans an ANN, a graph without places for neurons: it runs once, and all that depends on its inputs counts as moving.
    /// - Throws: ``PlanError`` where the planner made a mistake.
    public init(ann graph: Graph) throws { try self.init(ChannelsLast.apply(to: graph), neurons: nil) }

    /// - Parameters:
    ///   - graph: with the channels last.
    ///   - neurons: by site; nil for the ANN.
    private init(_ graph: Graph, neurons: [NodeID: Neurons]?, movedSites: Set<String> = []) throws {
        self.graph = graph
        self.movedSites = movedSites
        let analysis = BatchAnalysis(graph)
        let timeVarying = neurons == nil ? graph.dependsOnInput : graph.isTimeVarying
        var planner = Planner(graph, neurons: neurons, timeVarying: timeVarying)
        let stages = planner.stages()
        self.timeVarying = timeVarying
        statics = stages.filter { !timeVarying[$0.output] }
        moving = stages.filter { timeVarying[$0.output] }
        batching = Batching(graph)
        folding = moving.first { !$0.foldsTime(analysis, graph) }.map { .oneByOne($0.output) } ?? .asSamples
        largestValue = stages.reduce(1) { max($0, graph[$1.output].shape.perSample.count) }
        try check(neurons ?? [:])
    }

    /// All stages: those that run once, then those that run on every time-step.
    public var stages: [Stage] { statics + moving }
}

extension NeuronLayer {
    /// What a pass can do with such neurons.
    /// - Parameter takesTrains: whether recorded spikes may stand for them.
    fileprivate func planned(_ coding: Coding, thresholds: Graph.Thresholds, takesTrains: Bool) -> Plan.Neurons {
        if thresholds == .single, let kernel = model.kernel(coding) {
            return kernel.resetsToZero ? .alone(because: "they reset to zero, for which a pass keeps a second state") : .joining
        }
        if thresholds == .perNeuron { return .alone(because: "each has a threshold of its own") }
        guard coding == .rate, model.rule != nil else {
            return .alone(
                because: "no kernel runs the family '\(family)'\(thresholds == .single ? "" : " with a threshold by channel"), so they run one by one"
            )
        }
        return takesTrains ? .alone(because: "recorded spikes can stand for them") : .behindLayers
    }
}

extension Graph {
    /// What a site's neurons have a threshold each for.
    fileprivate enum Thresholds {
        case single, perChannel, perNeuron
    }

    /// By the constant that divides a site's currents, if there is one; by channel where each of the last axis has one.
    fileprivate func thresholds(of site: NodeID) -> Thresholds {
        guard nodes[site].inputs.count > 1 else { return .single }
        let scales = nodes[nodes[site].inputs[1]]
        guard let constant = scales.constant, let channels = nodes[site].shape.dimensions.last, !channels.scalesWithBatch,
            constant.count == channels.size, constant.shape.dimensions.last == constant.count
        else { return .perNeuron }
        return .perChannel
    }
}

extension Plan.Stage {
    /// Whether it takes time-steps for further samples: its values are proved to hold samples apart, and where its pass takes one
    /// step after the other, the batch is the outermost of what it reads and makes.
    fileprivate func foldsTime(_ analysis: BatchAnalysis, _ graph: Graph) -> Bool {
        guard let axis = analysis.layouts[output].axis else { return false }
        if case .operation = pass { return true }
        let read = inputs.compactMap { input in analysis.layouts[input.value].axis.map { (input.value, $0) } }
        return (read + [(output, axis)]).allSatisfy { id, axis in axis.outer(graph[id].shape.perSample.dimensions) == 1 }
    }
}
