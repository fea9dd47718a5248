internal import OrderedCollections
public import VolleyGraph
public import VolleySpiking
internal import VolleyTensors

/// Makes a spiking network of a trained one: places the neurons, then gives them thresholds.
public struct Converter: Sendable {
    public let recipe: ConversionRecipe
    /// The network with its neuron sites in place: what calibration runs on.
    public let placed: Graph

    /// - Throws: ``ConversionError`` for an impossible recipe, and when the network has no site for a neuron.
    public init(_ graph: Graph, recipe: ConversionRecipe) throws {
        try recipe.validate()
        self.recipe = recipe
        placed = try PlaceNeurons.apply(to: graph, spikingHead: recipe.spikingHead)
        guard !sites.isEmpty else {
            let hasHead = try !recipe.spikingHead && !SpikingNetwork.sites(of: PlaceNeurons.apply(to: graph, spikingHead: true)).isEmpty
            throw ConversionError(
                .badSettings,
                "this network has no place for a spiking neuron: no linear layer, convolution or product "
                    + "stands behind its first layer" + (hasHead ? " and before its head; --spiking-head puts neurons there" : ""))
        }
    }

    public var sites: [String] { SpikingNetwork.sites(of: placed) }

    /// - Throws: `SpikingError` when a site has no thresholds or impossible ones.
    public func convert(
        _ thresholds: ThresholdTable, provenance: Provenance, preprocessing: Preprocessing? = nil,
        classNames: [String]? = nil
    ) throws -> SpikingNetwork {
        if recipe.coding == .differential {
            // A site where neither sign fires is silent, whatever its coding; one sign alone could not take back what it sent.
            for (site, pair) in thresholds.sites where (pair.positive > 0) != (pair.negative > 0) {
                throw ConversionError(
                    .badThresholds,
                    "site '\(site)': under differential coding both signs must be able to fire, found "
                        + "thresholds \(pair.positive) and \(pair.negative); use --symmetric, or calibrate on other data")
            }
        }
        return try SpikingNetwork(
            graph: placed, coding: recipe.coding,
            neurons: Dictionary(uniqueKeysWithValues: thresholds.sites.map { ($0.key, recipe.layer($0.value)) }),
            preprocessing: preprocessing, classNames: classNames, provenance: provenance)
    }
}
