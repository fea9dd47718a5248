import Foundation
import Synchronization
import Testing
import VolleyGraph
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// Random networks over all operators: the evaluator equals the program's ANN; the session equals the equations at every step, in
/// both codings, orders and with any number of threads, with floats and with integers.
///
/// `VOLLEY_RANDOM_COUNT` and `VOLLEY_RANDOM_SEED` ask for more networks and for other ones.
@Suite struct RandomNetworkTests {
    private static func number(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }

    static let count = number("VOLLEY_RANDOM_COUNT") ?? 1000
    static let firstSeed = number("VOLLEY_RANDOM_SEED") ?? 1
    /// Networks in which rounding decides a spike, or in which values overflow, are compared in part; there must be few of them.
    private static let mostUndetermined = 0.1
    private static let mostNotFinite = 0.05

    /// Networks in one test case; cases run side by side.
    private static let chunk = 50

    @Test(arguments: Array(stride(from: firstSeed, to: firstSeed + count, by: chunk)))
    func everyWayOfRunningGivesTheSame(seed first: Int) throws {
        var (undetermined, notFinite, spiking, networks) = (0, 0, 0, 0)
        for seed in first..<min(first + Self.chunk, Self.firstSeed + Self.count) {
            let example = try RandomNetwork(seed: UInt64(seed))
            let checks = RandomNetworkChecks(example)
            networks += 1
            undetermined += checks.isUndetermined ? 1 : 0
            notFinite += checks.isNotFinite ? 1 : 0
            spiking += checks.spikes > 0 ? 1 : 0
            if let fault = checks.faults.first { report(fault, example) }
        }
        guard networks == Self.chunk else { return }
        #expect(Double(undetermined) <= 3 * Self.mostUndetermined * Double(networks), "\(undetermined) of \(networks) are undetermined")
        #expect(Double(notFinite) <= 3 * Self.mostNotFinite * Double(networks), "\(notFinite) of \(networks) are not finite")
        #expect(2 * spiking >= networks, "most networks have neurons that fire")
        if ProcessInfo.processInfo.environment["VOLLEY_RANDOM_COUNT"] != nil {
            print("seeds from \(first): \(networks) networks, \(spiking) spiking, \(undetermined) undetermined, \(notFinite) not finite")
        }
    }

    /// With the seed and the smallest graph that still shows a fault of the same kind.
    private func report(_ fault: String, _ example: RandomNetwork) {
        let kind = fault.prefix { $0 != ":" }
        let smallest = GraphShrinker.shrunken(example.graph) { graph in
            guard let smaller = try? RandomNetwork(seed: example.seed, graph: graph) else { return false }
            return RandomNetworkChecks(smaller).faults.contains { $0.prefix { $0 != ":" } == kind }
        }
        let shrunken = try? RandomNetwork(seed: example.seed, graph: smallest)
        let found = shrunken.map { RandomNetworkChecks($0).faults.joined(separator: "\n") } ?? ""
        Issue.record(
            """
            seed \(example.seed), \(example.network.coding), \(example.timeSteps) steps, batch \(example.batch): \(fault)
            shrunken:
            \(GraphDump.text(shrunken?.network.graph ?? smallest))\(found)
            """)
    }

    /// With several ladders, codings, numbers of steps and batches each.
    @Test(arguments: try! FoundFaults.all().map { NamedGraph(name: $0.name, graph: $0.graph) }, 1...12)
    func faultsThatWereFoundStayAway(_ example: NamedGraph, seed: Int) throws {
        let checks = RandomNetworkChecks(try RandomNetwork(seed: UInt64(seed), graph: example.graph))
        #expect(checks.faults.isEmpty)
        #expect(!checks.isNotFinite)
    }

    struct NamedGraph: Sendable, CustomTestStringConvertible {
        var name: String
        var graph: Graph
        var testDescription: String { name }
    }

    /// The generator draws every operator, and often enough where values change over time.
    @Test func everyOperatorIsDrawn() throws {
        var drawn: [OperatorFamily: Int] = [:]
        var moving: [OperatorFamily: Int] = [:]
        var sizes: [Int] = []
        for seed in 1...400 {
            let graph = try RandomNetwork(seed: UInt64(seed)).network.graph
            let timeVarying = graph.isTimeVarying
            let families = graph.nodes.map { $0.operation.flatMap { OperatorFamily($0) } }
            for family in Set(families.compactMap { $0 }) { drawn[family, default: 0] += 1 }
            for family in Set(families.enumerated().compactMap { timeVarying[$0] ? $1 : nil }) { moving[family, default: 0] += 1 }
            sizes.append(families.count { $0 != nil })
        }
        for family in OperatorFamily.allCases {
            #expect(drawn[family] ?? 0 >= 20, "\(family) is in \(drawn[family] ?? 0) of 400 graphs")
            #expect(moving[family] ?? 0 >= 8, "\(family) changes over time in \(moving[family] ?? 0) of 400 graphs")
        }
        #expect(sizes.min()! >= 3 && sizes.max()! >= 40)
    }
}
