import Foundation
import Testing
import VolleyFormats
import VolleyGraph
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// `.volley` files: complete, portable, and hostile ones refused.
@Suite struct NetworkFileTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func sample() throws -> SpikingNetwork {
        var network = try SampleNetworks.network(try SampleGraphs.transformer(depth: 1), coding: .differential)
        network.preprocessing = Preprocessing(
            channels: 3, height: 8, width: 8, resize: .shorterSide(9), interpolation: .bicubic, mean: [0.1, 0.2, 0.3],
            deviation: [0.4, 0.5, 0.6])
        network.classNames = ["a", "b", "c", "d", "é"]
        network.provenance.settings = ["levels": "6"]
        network.provenance.calibrationSamples = "12:0123456789abcdef"
        return network
    }

    @Test func roundTrip() throws {
        let path = folder.file("net.volley")
        for coding in Coding.allCases {
            for (_, graph) in try SampleGraphs.all() {
                let network = try SampleNetworks.network(graph, coding: coding)
                try network.write(to: path)
                #expect(try SpikingNetwork(contentsOf: path) == network)
            }
        }
        let network = try sample()
        try network.write(to: path)
        #expect(try SpikingNetwork(contentsOf: path) == network)
    }

    @Test func anySafetensorsReaderOpensIt() throws {
        let network = try sample()
        try network.write(to: folder.file("net.volley"))
        let file = try SafetensorsFile(path: folder.file("net.volley"))
        #expect(try file.tensor("head.weight") == network.graph[network.graph.node(named: "head.weight")!].constant)
        #expect(file.metadata["volley.neurons"]?.contains("\"family\":\"multi-threshold\"") == true)
    }

    @Test func aPlainSafetensorsFileIsRefused() throws {
        try Safetensors.write(tensors: [("w", Tensor([2], [1, 2]))], to: folder.file("plain.safetensors"))
        #expect { try SpikingNetwork(contentsOf: folder.file("plain.safetensors")) } throws: {
            "\($0)".contains("not a spiking network")
        }
        #expect(throws: FormatError.self) { try SpikingNetwork(contentsOf: folder.file("missing.volley")) }
    }

    @Test func changedBytesNeverCrash() throws {
        let path = folder.file("net.volley")
        let network = try SampleNetworks.network(try SampleGraphs.gatedMLP(), coding: .rate)
        try network.write(to: path)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        let header = 8 + bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        var random = SeededGenerator(seed: 99)
        var refused = 0
        for _ in 0..<400 {
            var changed = bytes
            let position = Int.random(in: 0..<header, using: &random)
            changed[position] = UInt8.random(in: 0...255, using: &random)
            try Data(changed).write(to: URL(filePath: path))
            do { _ = try SpikingNetwork(contentsOf: path) } catch { refused += 1 }
        }
        #expect(refused > 200, "most changes of the header are noticed")
        for length in [0, 7, 8, header - 1, header, bytes.count - 1] {
            try Data(bytes[0..<length]).write(to: URL(filePath: path))
            #expect(throws: (any Error).self) { try SpikingNetwork(contentsOf: path) }
        }
    }

    @Test func impossibleLayersAreRefused() throws {
        let placed = try PlaceNeurons.apply(to: try SampleGraphs.gatedMLP())
        let sites = SpikingNetwork.sites(of: placed)
        func network(_ layer: NeuronLayer, _ coding: Coding = .rate) throws {
            _ = try SpikingNetwork(
                graph: placed, coding: coding, neurons: Dictionary(uniqueKeysWithValues: sites.map { ($0, layer) }),
                provenance: SampleNetworks.provenance)
        }
        let ladder = ThresholdLadder(.up, levels: 4, positive: 1, negative: 1)
        try network(NeuronLayer(ladder: ladder))
        let changes: [(inout ThresholdLadder) -> Void] = [
            { $0.levels = 0 }, { $0.levels = -3 }, { $0.levels = 128 }, { $0.positive = .nan }, { $0.negative = .infinity },
            { $0.positive = 1e38 }, { $0.positive = Float.leastNonzeroMagnitude }, { $0.stepsPerOctave = 3 },
            { $0.stepsPerOctave = 0 },
        ]
        for change in changes {
            var changed = ladder
            change(&changed)
            #expect(throws: SpikingError.self, "\(changed)") { try network(NeuronLayer(ladder: changed)) }
        }
        for layer in [
            NeuronLayer(ladder: ladder, initialPotential: 3), NeuronLayer(ladder: ladder, deadZones: [-0.1]),
            NeuronLayer(ladder: ladder, leastPotential: -0.1), NeuronLayer(ladder: ladder, rootMeanSquare: .nan),
            NeuronLayer(ladder: ladder, deadZones: Array(repeating: 0.1, count: 17)),
            NeuronLayer(IntegrateAndFireNeuron(threshold: .infinity)),
        ] {
            #expect(throws: SpikingError.self, "\(layer)") { try network(layer) }
        }
        #expect(throws: SpikingError.self) { try network(NeuronLayer(ladder: ladder, reset: .zero), .differential) }
        #expect(throws: SpikingError.self) { try network(NeuronLayer(IntegrateAndFireNeuron(threshold: 1)), .differential) }
    }
}
