import ArgumentParser
import Volley

/// What counted operations cost.
struct PriceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What operations cost: \(EnergyPrices.all.map(\.name).joined(separator: ", ")), or a JSON file (default: \(EnergyPrices.arithmetic.name)).",
            discussion: "45nm: arithmetic alone; 45nm-sram: with memory, 5 pJ a word. A file, in picojoules: \(PriceFile.form)",
            valueName: "name|file"))
    var prices: String?

    /// - Throws: for a name that no list has, and a file that holds none.
    func chosen() throws -> EnergyPrices { try prices.map(PriceFile.named) ?? .arithmetic }
}
