import Foundation
import Testing
import Volley
import VolleyTestSupport

/// Changes to the neurons of finished networks.
@Suite struct AdjustmentTests {
    @Test func adjustmentsKeepWhatCouldBeSent() throws {
        for label in ["ecmt", "differential"] {
            let network = try DigitsConversion.network(label)
            let site = network.neurons.keys[4]
            let old = try #require(network.neurons[site]).alphabet
            let adjustment = Adjustment(raised: [site: 3], refined: [site: 8])
            let adjusted = try adjustment.apply(to: network)
            let new = try #require(adjusted.neurons[site]).alphabet
            #expect(Set(old.values).isSubset(of: new.values) && new.values.count == old.values.count + 2 * 5)
            #expect(new.values.max() == 4 * old.values.max()! && new.values.filter { $0 > 0 }.min() == old.values.filter { $0 > 0 }.min()! / 8)
            #expect(adjusted.neurons.filter { $0.key != site } == network.neurons.filter { $0.key != site })
            #expect(adjusted.fidelity == nil && adjusted.provenance.caveats.contains { $0.contains("adjusted after its conversion") })
            let finer = try #require(Adjustment(stepsPerOctave: 4).apply(to: network).neurons[site]).alphabet
            #expect(Set(old.values).isSubset(of: finer.values) && finer.values.count == 2 * 29)
            #expect(try JSONDecoder().decode(Adjustment.self, from: JSONEncoder().encode(adjustment)) == adjustment)
        }
        let zoned = try DigitsConversion.network("differential:dead-zone=0.2")
        let neuron = { (network: SpikingNetwork) in network.neurons.values[0].model as? MultiThresholdNeuron }
        #expect(try neuron(Adjustment(deadZones: 0.5).apply(to: zoned))?.deadZones[0] == neuron(zoned)!.deadZones[0] / 2)
        #expect(try neuron(Adjustment(deadZones: 0).apply(to: zoned))?.deadZones == [])
    }

    @Test func impossibleAdjustmentsSayWhy() throws {
        let network = try DigitsConversion.network("ecmt")
        let site = network.neurons.keys[0]
        let cases: [(Adjustment, String)] = [
            (Adjustment(), "needs something to change"), (Adjustment(raised: ["nowhere": 2]), "no site 'nowhere'"),
            (Adjustment(raised: [site: 0.5]), "above 1"),
            (Adjustment(scaled: [site: 0]), "scaled by factors"), (Adjustment(refined: [site: .nan]), "above 1"),
            (Adjustment(stepsPerOctave: 3), "1, 2, 4 and 8"), (Adjustment(deadZones: 2), "0…1"), (Adjustment(deadZones: 0.5), "dead zones"),
            (Adjustment(refined: [Adjustment.everySite: 1e6], stepsPerOctave: 8), "levels"),
        ]
        for (adjustment, text) in cases {
            #expect { try adjustment.apply(to: network) } throws: { ($0 as? SpikingError)?.message.contains(text) ?? false }
        }
    }

    /// Every site that is not named takes the factor of all.
    @Test func everySiteIsScaled() throws {
        let network = try DigitsConversion.network("ecmt")
        let site = network.neurons.keys[2]
        let scaled = try Adjustment(scaled: [Adjustment.everySite: 0.5, site: 4]).apply(to: network)
        for (name, layer) in network.neurons {
            #expect(try #require(scaled.neurons[name]).alphabet.values == layer.alphabet.values.map { $0 * (name == site ? 4 : 0.5) })
        }
    }
}
