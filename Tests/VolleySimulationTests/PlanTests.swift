import Foundation
import Testing
import VolleyGraph
import VolleySimulation
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// What runs in one pass, for every sample network: layers with their activations, residuals and neurons, attention from its scores to
/// its context, and what is left over. Compared as text with `Fixtures/plans`, whose README says how to read and renew it.
@Suite struct PlanTests {
    @Test func plansAreTheseOnes() throws {
        for (name, graph) in try SampleGraphs.all() {
            let program = try Program(try SampleNetworks.network(graph, coding: .rate), timeSteps: 4)
            let integers = try Program(try SampleNetworks.network(graph, coding: .rate), timeSteps: 4, weights: .int16)
            try compare("\(program.plan)", "\(name).txt")
            try compare("\(program.annPlan)", "\(name)-ann.txt")
            // The same stages, on other weights.
            #expect(integers.plan == program.plan)
            // The layers of these behind neurons are convolutions in groups or transposed ones, which run operator by operator.
            #expect((integers.weightError > 0) == !["convolutional", "windows", "decoder"].contains(name), "\(name)")
        }
    }

    @Test func aPlanIsAValueOfNetworkAlone() throws {
        let graph = try SampleGraphs.transformer()
        for coding in Coding.allCases {
            let network = try SampleNetworks.network(graph, coding: coding)
            let plan = try Plan(network)
            #expect(try Program(network, timeSteps: 1, weights: .int8, kernels: Kernels.available[0]).plan == plan)
            #expect(try Plan(placed: network.graph) == plan, "neurons that reset by subtraction join other passes")
            #expect(Set([plan, try Plan(network)]).count == 1)
            #expect(plan.folding == .asSamples && plan.batching.rule == .separate)
        }
    }

    @Test func epiloguesAreListsInTheOrderOfTheirNodes() throws {
        let network = try SampleNetworks.network(try SampleGraphs.transformer(), coding: .rate)
        let (plan, graph) = (try Plan(network), network.graph)
        func stage(_ name: String) throws -> Plan.Stage {
            try #require(plan.stages.first { $0.nodes.contains { graph[$0].name == name } })
        }
        func id(_ name: String) throws -> NodeID { try #require(graph.node(named: name)) }
        let fc1 = try stage("blocks.0.mlp.fc1")
        #expect(fc1.pass == .layer && fc1.inputs.map(\.reading) == [.spikes])
        #expect(fc1.inputs[0].value == (try id("blocks.0.mlp.fc1.in")))
        #expect(
            fc1.epilogue == [
                .bias(graph[try id("blocks.0.mlp.fc1")].inputs[2]), .activation(.gelu), .neurons(try id("blocks.0.mlp.fc2.in")),
            ])
        let residual = try stage("blocks.0.mlp.residual")
        #expect(residual.epilogue.last == .residual(try id("blocks.0.attn.residual")) && residual.site == nil)
        let query = try stage("blocks.0.attn.qkv.q")
        #expect(
            Array(query.epilogue.suffix(2)) == [
                .layout([try id("blocks.0.attn.q.heads"), try id("blocks.0.attn.q.moved")]), .neurons(try id("blocks.0.attn.q")),
            ])
        guard case .attention(let attention) = try stage("blocks.0.attn.softmax").pass else {
            Issue.record("attention is one pass")
            return
        }
        #expect(try attention.site == id("blocks.0.attn.s") && attention.mask == nil && attention.headsPerToken > 0)
    }

    /// Such neurons run in a pass of their own, and the plan says so.
    @Test func neuronsThatResetToZeroStandAlone() throws {
        let graph = try SampleGraphs.transformer()
        let plan = try Plan(try SampleNetworks.network(graph, coding: .rate, reset: .zero))
        #expect(plan.stages.allSatisfy { $0.site == nil })
        let neurons = plan.stages.filter { $0.pass == .neurons }
        #expect(neurons.count == SpikingNetwork.sites(of: plan.graph).count)
        #expect(neurons.allSatisfy { $0.why.contains("reset to zero") })
    }

    @Test func everyInstructionSetHasItsEventDensities() {
        for name in Kernels.available.map(\.name) + ["NEON"] {
            let found = EventDensity.table[name]
            #expect([found?.floats, found?.int8, found?.int16].allSatisfy { ($0 ?? 0) > 0 }, "\(name)")
        }
    }

    private func compare(_ plan: String, _ file: String) throws {
        let expected = String(decoding: (try? Fixture.bytes("plans/" + file)) ?? [], as: UTF8.self)
        #expect(plan == expected, "\(file): \(firstDifference(plan, expected))")
        if plan != expected, let folder = ProcessInfo.processInfo.environment["VOLLEY_PLANS"] {
            try Data(plan.utf8).write(to: URL(filePath: folder).appending(path: file))
        }
    }

    private func firstDifference(_ found: String, _ expected: String) -> String {
        let (found, expected) = (found.split(separator: "\n"), expected.split(separator: "\n"))
        let line = found.indices.first { $0 >= expected.count || found[$0] != expected[$0] } ?? found.count
        func text(_ lines: [Substring]) -> String { line < lines.count ? "'\(lines[line])'" : "nothing" }
        return "line \(line + 1) is \(text(found)), expected \(text(expected))"
    }
}
