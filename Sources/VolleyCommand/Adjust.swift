import ArgumentParser
import Volley

struct Adjust: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Changes the neurons of a spiking network: what 'volley verify' advises.",
        discussion: """
            Needs neither the model nor calibration data. A ladder of thresholds grows by whole octaves at an end, and what it could send \
            before it can still send; neurons with one threshold are scaled as a whole. The new network says in its origin what was changed.

              volley adjust net.volley --raise blocks.0.mlp.fc2.in=4 -o better.volley
              volley adjust net.volley --steps-per-octave 4 --refine '*=16' -o finer.volley

            The site * stands for every site that is not named.
            """)

    @Argument(help: "A .volley file.") var network: String
    @Option(
        name: .customLong("raise"), parsing: .singleValue,
        help: ArgumentHelp("How many times as large the largest values of a site become. May be repeated.", valueName: "site=factor"))
    var raised: [String] = []
    @Option(
        name: .customLong("refine"), parsing: .singleValue,
        help: ArgumentHelp("How many times as small the smallest values of a site become. May be repeated.", valueName: "site=factor"))
    var refined: [String] = []
    @Option(
        name: .customLong("scale"), parsing: .singleValue,
        help: ArgumentHelp("What all values of a site are multiplied with. May be repeated.", valueName: "site=factor"))
    var scaled: [String] = []
    @Option(help: "Thresholds per octave of all sites: \(ThresholdLadder.possibleStepsPerOctave.map { "\($0)" }.joined(separator: ", ")).")
    var stepsPerOctave: Int?
    @Option(help: ArgumentHelp("What all dead zones are multiplied with, 0…1; 0 leaves none.", valueName: "factor")) var deadZones: Double?
    @Option(name: .shortAndLong, help: "The .volley file to write.") var output: String

    func run() throws {
        let adjustment = Adjustment(
            raised: try factors(raised, "--raise"), refined: try factors(refined, "--refine"), scaled: try factors(scaled, "--scale"),
            stepsPerOctave: stepsPerOctave, deadZones: deadZones)
        let adjusted = try adjustment.apply(to: SpikingNetwork(contentsOf: network))
        try OutputPath.check([output], imagesIn: [])
        try adjusted.write(to: output)
        try Console.out("\(output): \(adjusted.neurons.count) neuron sites, \(adjustment.summary)")
    }

    private func factors(_ texts: [String], _ option: String) throws -> [String: Double] {
        var factors: [String: Double] = [:]
        for text in texts {
            // Names of sites may hold the sign too.
            guard let sign = text.lastIndex(of: "="), sign > text.startIndex, let factor = Double(text[text.index(after: sign)...]) else {
                throw CommandError("\(option) is written SITE=FACTOR, such as \(option) blocks.0.mlp.fc2.in=4; found '\(text)'")
            }
            guard factors.updateValue(factor, forKey: String(text[..<sign])) == nil else {
                throw CommandError("\(option) names the site '\(text[..<sign])' twice")
            }
        }
        return factors
    }
}
