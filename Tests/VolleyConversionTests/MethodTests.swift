import Testing
import VolleyConversion
import VolleyGraph
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// What holds for every method of the list.
@Suite struct MethodTests {
    @Test(arguments: ConversionMethods.all.indices) func everyMethodConvertsAsItSays(index: Int) throws {
        let method = ConversionMethods.all[index]
        #expect(!method.name.isEmpty && !method.summary.isEmpty && !method.citation.isEmpty && !method.requirements.isEmpty)
        let graph = try Self.fittingGraph(method)
        try method.validate()
        try method.check(graph)
        // Only what is declared can be observed, and without data nothing can.
        var (data, calibrated) = (method.observers.isEmpty ? nil : SampleData(graph, samples: 8, seed: 41), method)
        if (method as? RateConversion)?.bound == .currents {
            // Rates, and not for so long.
            data = SampleData(["x": Tensor([8, 1, 8, 8], SeededGenerator.uniform(512, seed: 41))], samples: 8)
            try calibrated.set("calibration-steps", to: "5")
        }
        let network = try calibrated.convert(graph, on: Calibration(data, batchSize: 4, observers: method.observers))
        #expect(network.provenance.method == method.name && network.provenance.citation == method.citation)
        #expect(network.provenance.standing == method.standing && !method.standing.reason.isEmpty)
        let noted = network.provenance.settings
        for value in calibrated.settingValues where noted[value.name] != nil { #expect(noted[value.name] == value.value, "\(value.name)") }
        if method is MultiThreshold { #expect(method.settingValues.allSatisfy { noted[$0.name] != nil }) }
        #expect(Set(ConversionMethods.all.map(\.name)).count == ConversionMethods.all.count)
    }

    /// A network that a method takes.
    private static func fittingGraph(_ method: any ConversionMethod) throws -> Graph {
        guard let method = method as? RateConversion else { return try SampleGraphs.transformer(depth: 1) }
        return try SampleGraphs.rectified(method.neuron == .symmetric ? .symmetricClip(1) : .relu)
    }

    /// Texts of settings are read as they are written, and the default lies in the range.
    @Test(arguments: ConversionMethods.all.indices) func settingsReadWhatTheyWrite(index: Int) throws {
        var method = ConversionMethods.all[index]
        #expect(Set(method.settingValues.map(\.name)).count == method.settingValues.count)
        for value in method.settingValues {
            try method.set(value.name, to: value.value)
            #expect(method.settingValues.first { $0.name == value.name } == value)
            #expect(!value.range.isEmpty && !value.meaning.isEmpty)
            for wrong in ["", "nothing of the kind"] {
                #expect { try method.set(value.name, to: wrong) } throws: { ($0 as? ConversionError)?.setting == value.name }
            }
        }
        #expect(throws: ConversionError.self) { try method.set("flux-capacitor", to: "1") }
    }

    /// A setting outside its range is refused, whether it comes as text or as a value.
    @Test func rangesHoldForTextsAndValues() throws {
        for (name, text) in [
            ("levels", "0"), ("levels", "128"), ("steps-per-octave", "3"), ("dead-zone", "0.1,,0.2"), ("dead-zone", "-1"), ("levels", "2.5"),
            ("quantile", "0.2"), ("quantile", "1.1"), ("quantile", "nan"),
            ("scale", "0"), ("scale", "inf"), ("scale", "nan"), ("initial-potential", "0.75"), ("symmetric", "perhaps"),
        ] {
            var method = MultiThreshold.ecmt
            #expect(throws: ConversionError.self, "\(name) \(text)") { try method.set(name, to: text) }
            #expect(method == .ecmt)
        }
        let changes: [(inout MultiThreshold) -> Void] = [
            { $0.levels = 0 }, { $0.levels = 128 }, { $0.stepsPerOctave = 3 }, { $0.deadZones = [-0.1] }, { $0.quantile = 0.2 },
            { $0.quantile = .nan }, { $0.scale = 0 }, { $0.scale = .infinity },
            { $0.initialPotential = -0.6 },
            {
                $0.coding = .differential; $0.reset = .zero
            },
        ]
        let graph = try SampleGraphs.gatedMLP()
        for change in changes {
            var method = MultiThreshold.ecmt
            change(&method)
            #expect { try method.convert(graph, on: Calibration(nil)) } throws: { ($0 as? ConversionError)?.code == .badSettings }
        }
    }

    @Test func networksThatDoNotFitAreRefusedWithTheReason() throws {
        var builder = GraphBuilder()
        let input = try builder.input("x", shape: [.batch, 4])
        builder.output("y", try builder.add("relu", .activation(Activation(.relu)), [input]))
        let graph = try builder.build()
        for method in ConversionMethods.all {
            #expect { try method.check(graph) } throws: { ($0 as? ConversionError)?.code == .unfitNetwork }
        }
    }
}
