internal import Foundation

/// A change to the neurons of a finished spiking network, which needs neither its model nor calibration data: what a diagnosis tries out.
///
/// Factors are those of a ladder's ends. Levels are added where it grows, in whole octaves, so that what it could send before it can still
/// send; at most 127 levels are possible. A neuron with one threshold, which has no ladder, is scaled as a whole.
public struct Adjustment: Sendable, Hashable, Codable {
    /// Stands for every site that no factor is given for by its name.
    public static let everySite = "*"

    /// By site, how many times as large the largest values become, above 1.
    public var raised: [String: Double]
    /// By site, how many times as small the smallest values become, above 1.
    public var refined: [String: Double]
    /// By site, what all its values are multiplied with, above 0. Dead zones stay.
    public var scaled: [String: Double]
    /// Thresholds per octave of all sites, between the same ends as far as 127 levels reach: up from the smallest threshold of an ascending
    /// ladder, down from the largest one of a descending ladder.
    public var stepsPerOctave: Int?
    /// What all dead zones are multiplied with, 0…1; 0 leaves none.
    public var deadZones: Double?

    public init(
        raised: [String: Double] = [:], refined: [String: Double] = [:], scaled: [String: Double] = [:], stepsPerOctave: Int? = nil,
        deadZones: Double? = nil
    ) {
        self.raised = raised
        self.refined = refined
        self.scaled = scaled
        self.stepsPerOctave = stepsPerOctave
        self.deadZones = deadZones
    }

    /// The network with changed neurons. Its origin says so, and what was known of how closely it follows its ANN is forgotten.
    /// - Throws: `SpikingError` for an adjustment of nothing, for sites that there are not, for numbers outside their range and for neurons
    ///   that have no ladder to change or would become impossible.
    public func apply(to network: SpikingNetwork) throws -> SpikingNetwork {
        try check(network)
        var neurons: [String: NeuronLayer] = [:]
        for (site, layer) in network.neurons { neurons[site] = try adjusted(layer, site) }
        var result = try network.replacing(neurons: neurons)
        result.fidelity = nil
        let before = result.provenance.settings["adjusted"].map { $0 + "; " } ?? ""
        result.provenance.settings["adjusted"] = before + summary
        result.provenance.reservation =
            (result.provenance.reservation.map { $0 + "; it is " } ?? "") + "adjusted after its conversion: \(summary)"
        return result
    }

    /// What is changed, in words.
    public var summary: String {
        func factors(_ factors: [String: Double], _ sign: String) -> String {
            factors.sorted { $0.key < $1.key }.map { "\($0.key == Self.everySite ? "every site" : $0.key) \(sign) \(Self.short($0.value))" }
                .joined(separator: ", ")
        }
        return [
            raised.isEmpty ? nil : "largest values of " + factors(raised, "×"),
            refined.isEmpty ? nil : "smallest values of " + factors(refined, "/"),
            scaled.isEmpty ? nil : "all values of " + factors(scaled, "×"), stepsPerOctave.map { "\($0) step\($0 == 1 ? "" : "s") per octave" },
            deadZones.map { "dead zones × \(Self.short($0))" },
        ].compactMap(\.self).joined(separator: "; ")
    }

    /// A factor without digits that say nothing.
    private static func short(_ value: Double) -> String { value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : "\(value)" }

    private func check(_ network: SpikingNetwork) throws {
        func refuse(_ message: String) -> SpikingError { SpikingError(.badSettings, message) }
        guard !raised.isEmpty || !refined.isEmpty || !scaled.isEmpty || stepsPerOctave != nil || deadZones != nil else {
            throw refuse("an adjustment needs something to change: sites to raise, refine or scale, steps per octave or dead zones")
        }
        let growing = raised.merging(refined, uniquingKeysWith: min)
        for (site, _) in growing.sorted(by: { $0.key < $1.key }) + scaled.sorted(by: { $0.key < $1.key }) {
            guard site == Self.everySite || network.neurons[site] != nil else {
                let sites = Array(network.neurons.keys)
                let known = sites.prefix(5).joined(separator: ", ") + (sites.count > 5 ? ", …" : "")
                throw refuse("the network has no site '\(site)'; its sites are \(known)")
            }
        }
        for (site, factor) in growing where !(factor > 1 && factor <= 1e9) {
            throw refuse("site '\(site)': a ladder is raised or refined by factors above 1 and up to 1e9, found \(factor)")
        }
        for (site, factor) in scaled where !(factor >= 1e-9 && factor <= 1e9) {
            throw refuse("site '\(site)': values are scaled by factors of 1e-9 to 1e9, found \(factor)")
        }
        if let stepsPerOctave, !ThresholdLadder.possibleStepsPerOctave.contains(stepsPerOctave) {
            throw refuse("\(stepsPerOctave) steps per octave; 1, 2, 4 and 8 are possible")
        }
        if let deadZones, !(0...1 ~= deadZones) { throw refuse("dead zones are multiplied with 0…1, found \(deadZones)") }
        guard stepsPerOctave == nil && deadZones == nil || network.neurons.values.contains(where: { $0.model is MultiThresholdNeuron }) else {
            throw refuse("no site of this network has a ladder of thresholds, so there are neither steps per octave nor dead zones to change")
        }
        guard deadZones == nil || network.hasDeadZones else { throw refuse("no site of this network has dead zones") }
    }

    private func adjusted(_ layer: NeuronLayer, _ site: String) throws -> NeuronLayer {
        guard let neuron = layer.model as? MultiThresholdNeuron else {
            let factor =
                layer.model is InputNeuron
                ? 1 : (Self.factor(raised, site) ?? 1) * (Self.factor(scaled, site) ?? 1) / (Self.factor(refined, site) ?? 1)
            return factor == 1 ? layer : NeuronLayer(Self.scaled(layer.model, by: Float(factor)))
        }
        var ladder = neuron.ladder
        if let steps = stepsPerOctave { ladder.divideOctaves(by: steps) }
        ladder.grow(above: Self.octaves(Self.factor(raised, site)), below: Self.octaves(Self.factor(refined, site)))
        ladder.positive *= Float(Self.factor(scaled, site) ?? 1)
        ladder.negative *= Float(Self.factor(scaled, site) ?? 1)
        guard ladder.levels <= NeuronKernel.maximumLevels else {
            throw SpikingError(
                .badSettings,
                "site '\(site)': that takes \(ladder.levels) levels, and \(NeuronKernel.maximumLevels) are possible; take a smaller factor or fewer steps per octave"
            )
        }
        return NeuronLayer(
            MultiThresholdNeuron(
                ladder: ladder, rounding: neuron.rounding, reset: neuron.reset, initialPotential: neuron.initialPotential,
                deadZones: deadZones == 0 ? [] : neuron.deadZones.map { $0 * Float(deadZones ?? 1) }, leastPotential: neuron.leastPotential,
                rootMeanSquare: neuron.rootMeanSquare))
    }

    private static func factor(_ factors: [String: Double], _ site: String) -> Double? { factors[site] ?? factors[everySite] }

    private static func octaves(_ factor: Double?) -> Int { factor.map { Int((log2($0) - 1e-9).rounded(.up)) } ?? 0 }

    private static func scaled(_ model: some NeuronModel, by factor: Float) -> any NeuronModel { model.divided(by: 1 / factor) }
}

extension SpikingNetwork {
    /// Whether what is too small is not sent at some site.
    var hasDeadZones: Bool { neurons.values.contains { ($0.model as? MultiThresholdNeuron)?.deadZones.contains { $0 > 0 } ?? false } }
}

extension ThresholdLadder {
    /// Adds whole octaves at both ends; what was there stays, to the last bit.
    fileprivate mutating func grow(above: Int, below: Int) {
        let moved = direction == .up ? -below : above
        positive *= Float(sign: .plus, exponent: moved, significand: 1)
        negative *= Float(sign: .plus, exponent: moved, significand: 1)
        levels += (above + below) * stepsPerOctave
    }

    /// Puts so many thresholds into every octave, from the base on as far as the levels reach.
    fileprivate mutating func divideOctaves(by steps: Int) {
        levels = min(NeuronKernel.maximumLevels, (levels - 1) * steps / max(1, stepsPerOctave) + 1)
        stepsPerOctave = steps
    }
}
