import Foundation
import Testing
import VolleyGraph
import VolleySimulation
import VolleySpiking
import VolleyTestSupport

/// What runs in one pass, for every sample network: layers with their activations, residuals and neurons, attention from its scores to
/// its context, and what is left over. Compared as text with `Fixtures/plans`, whose README says how to read and renew it.
@Suite struct PlanTests {
    @Test func plansAreTheseOnes() throws {
        for (name, graph) in try SampleGraphs.all() {
            let program = try Program(try SampleNetworks.network(graph, coding: .rate), timeSteps: 4)
            let integers = try Program(try SampleNetworks.network(graph, coding: .rate), timeSteps: 4, weights: .int16)
            try compare(program.plan, "\(name).txt")
            try compare(program.annPlan, "\(name)-ann.txt")
            // The same stages, on other weights.
            #expect(integers.plan.replacing(" (int16)", with: "") == program.plan)
            // The layers of these behind neurons are convolutions in groups or transposed ones, which run operator by operator.
            #expect(integers.plan.contains("(int16)") == !["convolutional", "windows", "decoder"].contains(name), "\(name)")
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
