import ArgumentParser
import Volley

/// The options that choose a conversion method and change its fields.
struct RecipeOptions: ParsableArguments {
    @Option(help: "ecmt or differential.") var method = "ecmt"
    @Option(help: "Thresholds per sign, 1…24 (default: 8).") var levels: Int?
    @Option(help: "Quantile of the activation, 0.5…1 (default: ecmt 0.99, differential 0.999).") var quantile: Double?
    @Option(help: "up: doubling from the smallest threshold; down: halving from the largest (default: ecmt up, differential down).")
    var ladder: String?
    @Option(help: "rate or differential (default: as the method).") var coding: String?
    @Option(help: "half-base: round down above the base; nearest: nearest power of two (default: ecmt half-base, differential nearest).")
    var rounding: String?
    @Option(help: "subtraction or zero: what a spike does to the membrane potential (default: subtraction).") var reset: String?
    @Option(help: "Membrane potential at the start, in units of the smallest threshold, −0.5…0.5 (default: 0).")
    var initialPotential: Float?
    @Option(help: "Multiply calibrated quantiles by this (default: ecmt 1, differential 4).") var scale: Float?
    @Flag(inversion: .prefixedNo, help: "One threshold for both signs (default: ecmt no, differential yes).") var symmetric: Bool?
    @Flag(help: "Put neurons before the classifier head too.") var spikingHead = false

    func recipe() throws -> ConversionRecipe {
        guard var recipe = ConversionRecipe.all.first(where: { $0.name == method }) else {
            throw CommandError("unknown method '\(method)'; known: \(ConversionRecipe.all.map(\.name).joined(separator: ", "))")
        }
        if let levels { recipe.levels = levels }
        if let quantile { recipe.quantile = quantile }
        if let scale { recipe.scale = scale }
        if let symmetric { recipe.symmetric = symmetric }
        if let initialPotential { recipe.initialPotential = initialPotential }
        recipe.spikingHead = spikingHead
        try set(&recipe.direction, ladder, "--ladder")
        try set(&recipe.coding, coding, "--coding")
        try set(&recipe.rounding, rounding, "--rounding")
        try set(&recipe.reset, reset, "--reset")
        try recipe.validate()
        return recipe
    }

    private func set<Choice: RawRepresentable & CaseIterable>(_ field: inout Choice, _ text: String?, _ option: String) throws
    where Choice.RawValue == String {
        guard let text else { return }
        guard let choice = Choice(rawValue: text) else {
            throw CommandError("\(option) is one of \(Choice.allCases.map(\.rawValue).joined(separator: ", ")), found '\(text)'")
        }
        field = choice
    }
}
