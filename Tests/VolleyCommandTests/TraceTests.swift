import Foundation
import Testing
import Volley
import VolleyTestSupport

/// `volley run --trace` and `--events`.
@Suite struct TraceTests {
    private let folder: TemporaryDirectory
    private static let steps = 3

    init() throws {
        folder = try TemporaryDirectory()
        try CommandLineTool.convertDigits(to: folder.file("net.volley"), ["--no-check"])
        let images = try NpzArchive(path: Fixture.path("digits-vit/test.npz")).array("x").tensor.rows(0..<5)
        try NpzArchive.write([("x", .float32(images))], to: folder.file("in.npz"))
    }

    private func run(_ extra: [String]) throws -> CommandLineTool.Outcome {
        try CommandLineTool.run(
            ["run", "net.volley", "--input", "in.npz", "-o", "out.npz", "--steps", "\(Self.steps)"] + extra, in: folder.path)
    }

    @Test func trainsArchiveAndEventsSayTheSame() throws {
        let plain = try run([])
        #expect(plain.code == 0, "\(plain.errors)")
        let before = try folder.bytes("out.npz")
        let outcome = try run(["--trace", "trains", "--events", "events.npy", "--threads", "2"])
        #expect(outcome.code == 0 && outcome.output.contains("spikes of"), "\(outcome.errors)")
        #expect(try folder.bytes("out.npz") == before, "nothing else changes")
        #expect(try run(["--trace", "trains.npz", "--threads", "1"]).code == 0)

        let index = try JSONDecoder().decode(SpikeTrainIndex.self, from: Data(folder.bytes("trains/index.json")))
        let archive = try NpzArchive(path: folder.file("trains.npz"))
        let out = try NpzArchive(path: folder.file("out.npz"))
        #expect(index.timeSteps == Self.steps && index.samples == 5 && archive.names == index.sites.map(\.name))
        var events: [Event] = []
        for (place, site) in index.sites.enumerated() {
            let train = try NpyArray(bytes: folder.bytes("trains/" + site.file!), name: site.name).tensor
            #expect(try archive.array(site.name).tensor == train, "\(site.name)")
            #expect(train.shape.dimensions == site.shape && train.shape[0] == Self.steps && train.shape[1] == 5)
            let counts = try out.array("spikes/" + site.name).tensor
            let width = train.shape.rowCount, neurons = width / 5
            for step in 0..<Self.steps {
                let codes = train.values[step * width..<(step + 1) * width]
                for (column, code) in site.codes.enumerated() {
                    #expect(codes.count { $0 == Float(code) } == Int(counts.values[step * site.codes.count + column]), "\(site.name)")
                }
                for (neuron, code) in codes.enumerated() where code != 0 {
                    events.append(
                        Event(sample: neuron / neurons, step: step + 1, site: place, neuron: neuron % neurons, level: Int(code)))
                }
            }
        }
        #expect(try Self.events(folder.bytes("events.npy")) == events.sorted())
        let beside = try JSONDecoder().decode(SpikeTrainIndex.self, from: Data(folder.bytes("events.json")))
        #expect(beside.sites.map(\.name) == index.sites.map(\.name) && beside.sites.allSatisfy { $0.file == nil })
    }

    /// Where rounded weights change what neurons send, the index says what they send then: what a bundle of such a network holds.
    @Test func valuesAreThoseThatAreSent() throws {
        try CommandLineTool.convertDigits(to: folder.file("net.volley"), ["--no-check", "--method", "differential", "--steps-per-octave", "4"])
        #expect(try run(["--trace", "trains", "--weights", "int8"]).code == 0)
        #expect(try run(["--trace", "plain"]).code == 0)
        let bundle = try CommandLineTool.run(["export", "net.volley", "--to", "bundle", "--weights", "int8", "-o", "bundle"], in: folder.path)
        #expect(bundle.code == 0, "\(bundle.errors)")
        func values(_ folder: String) throws -> [String: [Float]] {
            let index = try JSONDecoder().decode(SpikeTrainIndex.self, from: Data(self.folder.bytes(folder + "/index.json")))
            return Dictionary(uniqueKeysWithValues: index.sites.map { ($0.name, $0.values) })
        }
        struct Bundle: Decodable {
            struct Site: Decodable { var name: String, codes: [Code] }
            struct Code: Decodable { var value: Float }
            var sites: [Site]
        }
        let said = try JSONDecoder().decode(Bundle.self, from: Data(folder.bytes("bundle/network.json")))
        let (found, plain) = (try values("trains"), try values("plain"))
        #expect(found.count == said.sites.count && found.count { $0.value != plain[$0.key]! } > 10)
        for site in said.sites { #expect(found[site.name]! == site.codes.map(\.value), "\(site.name)") }
    }

    @Test func patternsChooseSites() throws {
        #expect(try run(["--trace", "some", "--sites", "*.attn.?", "--sites", "*fc2*"]).code == 0)
        let names = try JSONDecoder().decode(SpikeTrainIndex.self, from: Data(folder.bytes("some/index.json"))).sites.map(\.name)
        let all = try SpikingNetwork(contentsOf: folder.file("net.volley")).graph.nodes.filter(\.isNeuronSite).map(\.name)
        let wanted = all.filter { name in ["attn.q", "attn.k", "attn.v", "attn.s"].contains(where: name.hasSuffix) || name.contains("fc2") }
        #expect(names == wanted && names.count > 4)
    }

    @Test(arguments: [
        (["--sites", "x"], "--trace"), (["--trace", "t", "--sites", "nobody"], "nobody"), (["--trace", "in.npz"], "input too"),
        (["--trace", "t.npz", "--events", "t.npz"], "one file"), (["--trace", "nowhere/t"], "does not exist"),
        (["--trace", "t", "--early-exit", "0.9"], "--early-exit"), (["--trace", "."], "not empty"), (["--trace", ""], "names none"),
    ]) func badInputIsRefused(options: [String], words: String) throws {
        let outcome = try run(options)
        #expect(outcome.code == 2 && outcome.errors.contains(words), "\(outcome.errors)")
        #expect(try Set(FileManager.default.contentsOfDirectory(atPath: folder.path)) == ["net.volley", "in.npz"])
    }

    private struct Event: Hashable, Comparable {
        var sample: Int, step: Int, site: Int, neuron: Int, level: Int
        static func < (a: Event, b: Event) -> Bool { (a.sample, a.step, a.site, a.neuron) < (b.sample, b.step, b.site, b.neuron) }
    }

    /// Rows of 17 bytes behind the header.
    private static func events(_ bytes: [UInt8]) -> [Event] {
        let start = 10 + Int(bytes[8]) + 256 * Int(bytes[9])
        return stride(from: start, to: bytes.count, by: 17).map { row in
            let numbers = stride(from: row, to: row + 16, by: 4).map { place in
                bytes[place..<place + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
            }
            return Event(
                sample: numbers[0], step: numbers[1], site: numbers[2], neuron: numbers[3], level: Int(Int8(bitPattern: bytes[row + 16])))
        }
    }
}
