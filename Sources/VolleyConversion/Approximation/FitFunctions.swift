internal import VolleyGraph
internal import VolleySpiking
internal import VolleyTensors

/// Puts networks of rectifiers in the place of a Transformer's functions, and neurons in the place of rectifiers and before layers, as the
/// program of spatio-temporal approximation does.
///
/// - Layer normalisations that a layer reads, but the head's: `c = x − mean`, `v = mean(c·c)`, `r = f(v)` by a network for 1/√v with neurons
///   for hidden units, an encoder on `c·r`, then γ and β. Without ε.
/// - Softmax functions that a matrix product reads: `s = x − x₀ + 1` with x₀ the first element of the row, cut off at `largestScore`; `e` by a network
///   for exp, 0 where s ≤ −20; `m = e·f(Σe)` by a network for 1/x; where Σm > 1.5, `m·f(Σm)`; neurons on m. These networks are evaluated as they
///   are.
/// - GELU and its kin: a network with neurons for hidden units.
/// - An encoder, neurons on `max(x, 0)` and on `max(−x, 0)`, before every other layer, but the head, that reads what is not a sum of
///   weighted spikes already, such as what attention gives.
///
/// Every feature, hidden unit or key position has a threshold of its own: what arrives is divided by it, what is sent multiplied.
struct FitFunctions {
    var functions: FittedFunctions
    var spikingHead = false
    /// By layer normalisation, the range of the variance. Where one is missing, the root is exact.
    var variances: [String: ClosedRange<Double>] = [:]
    /// By site. Where they are missing, neurons stand without.
    var thresholds: [String: [Float]] = [:]

    /// A layer of neurons, and what it is calibrated on.
    struct Place {
        /// What arrives at the neurons, given the argument.
        enum Response {
            /// `max(x, 0)`, or `max(−x, 0)`; one neuron for each place on the last axis.
            case rectified(isNegated: Bool)
            /// The hidden units of a network; one neuron for each unit of each place on the last axis.
            case units(RectifierNetwork)
        }

        var site: String
        /// The node whose values arrive.
        var argument: String
        var response: Response
        /// How long the argument's last axis is.
        var length: Int
        /// Whether neurons are those of an attention map.
        var isMap = false

        /// Neurons with a threshold of their own.
        var neurons: Int { if case .units(let network) = response { length * network.units } else { length } }
    }

    /// The graph with its sites, the sites in order, and the nodes that hold variances, by layer normalisation.
    struct Result {
        var graph: Graph
        var places: [Place]
        var variances: [String: String]
    }

    /// - Throws: ``ConversionError`` (`unfitNetwork`) where neurons would have to differ along the batch; `GraphError` never for a graph that
    ///   was verified.
    func apply(to graph: Graph) throws -> Result {
        var writer = FunctionWriter(self)
        let consumers = graph.consumers
        let heads = spikingHead ? [] : PlaceNeurons.heads(of: graph)
        let depends = graph.dependsOnInput
        func isLayer(_ reader: NodeID, reading value: NodeID) -> Bool {
            guard !heads.contains(reader), let operation = graph[reader].operation else { return false }
            switch operation {
            case .linear, .convolution, .transposedConvolution:
                let varying = graph[reader].inputs.map { depends[$0] }
                return operation.operation.synapticInputs(timeVarying: varying).contains { graph[reader].inputs[$0] == value }
            default: return false
            }
        }
        func feedsProduct(_ value: NodeID) -> Bool {
            consumers[value].contains { reader in
                switch graph[reader].operation {
                case .matrixProduct: true
                case .reshape, .transpose, .expansion, .slice: feedsProduct(reader)
                default: false
                }
            }
        }
        let result = try graph.rebuilt { builder, node, id, inputs in
            guard depends[id], let operation = node.operation else { return try builder.copy(node, inputs: inputs) }
            switch operation {
            case .layerNormalization where consumers[id].contains(where: { isLayer($0, reading: id) }):
                return try writer.layerNormalization(node.name, inputs, &builder)
            case .softmax where feedsProduct(id):
                return try writer.softmax(node.name, inputs[0], &builder)
            case .activation(let activation):
                guard let network = functions.activation(activation.function) else { break }
                return try writer.activation(node.name, network, inputs[0], &builder)
            default: break
            }
            var inputs = inputs
            for position in node.inputs.indices where isLayer(id, reading: node.inputs[position]) && writer.isAnalog(inputs[position]) {
                inputs[position] = try writer.encoded(
                    inputs[position], named: graph.siteNames[node.inputs[position]] ?? node.name + ".in", &builder)
            }
            return try writer.put(node.name, operation, inputs, &builder)
        }
        return Result(graph: result, places: writer.places, variances: writer.variances)
    }
}
