import Foundation
import Testing
import Volley
import VolleyTestSupport

/// What evaluations say beside accuracy and costs: confusion, rates, and what happens inside on a few samples.
@Suite struct DetailTests {
    private static func inputs(_ network: SpikingNetwork, _ range: Range<Int>) throws -> [String: Tensor] {
        let images = try NpzArchive(path: Fixture.path("digits-vit/test.npz")).array("x").tensor.rows(range)
        return [network.graph[network.graph.inputs[0]].name: images]
    }

    /// Errors are those of outputs and currents that are watched from outside, and spikes those that were sent.
    @Test(arguments: [MultiThreshold.ecmt, .differential]) func errorsAreThoseOfWatchedValues(method: MultiThreshold) throws {
        let detail = try #require(try SampleRuns.evaluate(method).detail)
        let network = try SampleRuns.network(method)
        let simulator = try ReferenceSimulator(network, timeSteps: SampleRuns.steps)
        #expect(detail.samples == SampleRuns.detail && detail.sites.map(\.name) == Array(network.neurons.keys))
        var output = (difference: [Double](repeating: 0, count: SampleRuns.steps), size: 0.0)
        var sites: [String: (difference: [Double], size: Double)] = [:]
        for sample in 0..<SampleRuns.detail {
            let inputs = try Self.inputs(network, sample..<sample + 1)
            var expected: [String: Tensor] = [:]
            let ann = try simulator.ann.run(inputs) { expected[$0.name] = $1 }["logits"]!
            var sums: [String: [Double]] = [:]
            let result = try simulator.run(inputs) { step, id, current in
                let name = network.graph[id].name
                guard network.neurons[name] != nil, let value = expected[name] else { return }
                // What was sent so far: the mean of all, or under differential coding the sum of what each step corrects.
                let weight = network.coding == .rate ? 1 : 1 / Double(step)
                let sum = zip(sums[name] ?? [Double](repeating: 0, count: current.count), current.values).map { $0 + Double($1) * weight }
                sums[name] = sum
                var site = sites[name] ?? ([Double](repeating: 0, count: SampleRuns.steps), 0)
                for (found, wanted) in zip(sum, value.values) {
                    let estimate = network.coding == .rate ? found / Double(step) : found
                    site.difference[step - 1] += (estimate - Double(wanted)) * (estimate - Double(wanted))
                    if step == 1 { site.size += Double(wanted) * Double(wanted) }
                }
                sites[name] = site
            }
            for (index, wanted) in ann.values.enumerated() {
                output.size += Double(wanted) * Double(wanted)
                for step in 0..<SampleRuns.steps {
                    let found = Double(result.outputs["logits"]!.values[step * ann.count + index])
                    output.difference[step] += (found - Double(wanted)) * (found - Double(wanted))
                }
            }
        }
        // Sums of floats on one side, of doubles on the other.
        let tolerance = 1e-4
        for step in 0..<SampleRuns.steps {
            #expect(abs(detail.outputErrors[step]! - (output.difference[step] / output.size).squareRoot()) < tolerance)
            for site in detail.sites {
                let wanted = try #require(sites[site.name])
                #expect(abs(site.errors[step]! - (wanted.difference[step] / wanted.size).squareRoot()) < tolerance, "\(site.name) \(step)")
            }
        }
        #expect(detail.sites.contains { $0.arrivingErrors != nil })
    }

    @Test func trainsAreThoseOfTheSimulator() throws {
        let detail = try #require(try SampleRuns.evaluate().detail)
        let network = try SampleRuns.network(.ecmt)
        var codes: [String: [[Int8]]] = [:]
        _ = try ReferenceSimulator(network, timeSteps: SampleRuns.steps).run(try Self.inputs(network, 0..<1)) { step, id, current in
            guard let layer = network.layer(at: id) else { return }
            let values = layer.alphabet.values
            codes[network.graph[id].name, default: []].append(
                current.values.map { value in value == 0 ? 0 : layer.alphabet.codes[values.firstIndex(of: value)!] })
        }
        #expect(detail.raster.trains.count == 60 && detail.raster.sample == "test.npz[0]")
        for train in detail.raster.trains {
            #expect(train.codes == codes[train.site]!.map { $0[train.neuron] }, "\(train.site) \(train.neuron)")
        }
        #expect(detail.raster.trains.contains { $0.codes.contains { $0 != 0 } })
    }

    /// Neither batches, threads nor details change what is measured, and details do not depend on the others.
    @Test func detailsChangeNothing() throws {
        let one = try SampleRuns.evaluate()
        var two = try SampleRuns.evaluate(batch: 7, threads: 3)
        // Neither is part of what was measured.
        two.settings = one.settings
        #expect((one == two) == true)
        var without = try SampleRuns.evaluate(detail: 0)
        #expect(without.detail == nil && without.quantities?["detail.samples"] == nil)
        (without.detail, without.quantities) = (one.detail, one.quantities)
        without.settings.detail = one.settings.detail
        #expect((without == one) == true)
    }

    @Test(arguments: [nil, [0.3, 0.9]] as [[Double]?]) func confusionAddsUpToTheAccuracy(margins: [Double]?) throws {
        let results = try SampleRuns.evaluate(margins: margins, detail: 0)
        let confusion = try #require(results.confusion)
        func right(_ cells: [Results.Confusion.Cell]) -> Double {
            Double(cells.filter { $0.label == $0.answer }.reduce(0) { $0 + $1.samples }) / Double(SampleRuns.samples)
        }
        #expect(right(confusion.spiking) == (results.exits?.last?.top1 ?? results.steps.last!.top1))
        #expect(right(try #require(confusion.ann)) == results.ann?.top1)
        #expect(confusion.spiking.reduce(0) { $0 + $1.samples } == SampleRuns.samples && confusion.classes == 10)
        let labels = try NpzArchive(path: Fixture.path("digits-vit/test.npz")).array("y").tensor.values.prefix(SampleRuns.samples)
        for label in 0..<10 {
            #expect(confusion.spiking.filter { $0.label == label }.reduce(0) { $0 + $1.samples } == labels.count { Int($0) == label })
        }
    }

    /// The rate of the network is the mean of its sites', and every figure of the file is explained.
    @Test func ratesOfSitesMakeThatOfTheNetwork() throws {
        let results = try SampleRuns.evaluate()
        for (index, step) in results.steps.enumerated() {
            let spikes = results.sites.reduce(0.0) { $0 + $1.firingRates![index] * Double($1.neurons) }
            #expect(abs(spikes * Double(SampleRuns.samples) - Double(step.counts.spikes)) < 1e-3)
        }
        #expect(results.floatingPoint?.map(\.op) == results.floatingPointOperators)
    }

    @Test(arguments: [nil, [0.5]] as [[Double]?]) func everyFigureSaysOfWhichStepsItIs(margins: [Double]?) throws {
        let results = try SampleRuns.evaluate(margins: margins)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(try SampleRuns.json(results))) as? [String: Any])
        let explained = try #require(results.quantities)
        // Settings, origins, names and prices are no figures of the run.
        let others = [
            "settings", "provenance", "prices", "grades", "quantities", "digests", "skipped", "version", "floatingPointOperators", "weightError",
        ]
        let names = [
            "step", "margin", "name", "codes", "thresholds", "op", "nodes", "classes", "names", "label", "answer", "sample", "site", "neuron",
        ]
        var found: Set<String> = []
        func walk(_ value: Any, _ path: [String]) {
            if let object = value as? [String: Any] {
                for (key, value) in object where !(path.isEmpty && others.contains(key)) { walk(value, path + [key]) }
            } else if let array = value as? [Any], array.contains(where: { $0 is [String: Any] }) {
                for element in array { walk(element, path) }
            } else if !names.contains(path.last!) || path == ["detail", "raster", "trains", "codes"] {
                let key = path.joined(separator: ".")
                if explained[key] == nil, explained[path.dropLast().joined(separator: ".")] == nil, !(value as? [Any] ?? [0]).isEmpty {
                    Issue.record("\(key) is not explained")
                }
                found.insert(key)
            }
        }
        walk(object, [])
        // And nothing is explained that is not there.
        for key in explained.keys { #expect(found.contains { $0 == key || $0.hasPrefix(key + ".") }, "\(key)") }
    }
}
