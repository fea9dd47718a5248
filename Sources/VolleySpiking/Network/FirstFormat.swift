internal import VolleyFormats
internal import VolleyTensors

/// Neurons as the first format of `.volley` files has them: multi-threshold neurons with ladders that double, their thresholds in
/// tensors `thresholds/SITE` = [θ1, θ2].
enum FirstFormat {
    static let version = "1"

    /// A neuron layer without its thresholds.
    struct Layer: Decodable {
        var direction: ThresholdLadder.Direction
        var levels: Int
        var rounding: MultiThresholdNeuron.Rounding
        var reset: Reset
        var initialPotential: Float
    }

    static func layers(
        _ documents: [String: Layer], in file: SafetensorsFile, _ fail: (String) -> SpikingError
    ) throws -> [String: NeuronLayer] {
        var layers: [String: NeuronLayer] = [:]
        for (site, layer) in documents {
            let thresholds = try file.tensor("thresholds/" + site)
            guard thresholds.count == 2 else { throw fail("site '\(site)' needs 2 thresholds") }
            layers[site] = NeuronLayer(
                MultiThresholdNeuron(
                    ladder: ThresholdLadder(
                        layer.direction, levels: layer.levels, positive: thresholds.values[0], negative: thresholds.values[1]),
                    rounding: layer.rounding, reset: layer.reset, initialPotential: layer.initialPotential))
        }
        return layers
    }
}
