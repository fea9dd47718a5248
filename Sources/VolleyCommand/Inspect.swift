import ArgumentParser
import Foundation
import Volley

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists a network's operators with their kind, its neuron sites, parameters and MACs.",
        discussion: """
            MODEL is a checkpoint folder (model.safetensors and config.json, timm or Hugging Face layout), a .safetensors \
            file with config.json beside it, an .onnx file, or a converted .volley file.
            Kinds decide how an operator is converted: static ones are evaluated once, affine ones act on the spikes of \
            every step, bilinear and nonlinear ones are compensated so that they are exact in expectation.
            Ends with exit code 2 if something in the network is not supported.
            """)

    @Argument(help: "The network to look at.") var model: String
    @OptionGroup var modelOptions: ModelOptions
    @Flag(help: "List the passes that simplify an ONNX file, and what is left after each.") var passes = false
    @Option(help: "Stop after this pass.") var through: String?
    @Flag(help: "List what runs in one pass, of the spiking network and of the ANN, and why each pass ends.") var plan = false
    @Flag(help: "Print JSON instead of tables.") var json = false

    func validate() throws {
        if plan && (passes || json) { throw ValidationError("--plan prints plans alone: leave out --passes and --json") }
    }

    func run() throws {
        if passes {
            try listPasses()
        } else if plan {
            try listPlans()
        } else if model.hasSuffix(".volley") {
            let network = try SpikingNetwork(contentsOf: model)
            try show(
                NetworkSummary(network.graph, network: network),
                title: "spiking network, method \(network.provenance.method), \(network.coding.rawValue) coding")
        } else {
            let source = try modelOptions.load(model, through: through)
            source.diagnostics.forEach(Console.warn)
            try show(NetworkSummary(try PlaceNeurons.apply(to: source.graph)), title: source.architecture)
        }
    }

    /// One line per pass: how many operators the graph has after it.
    private func listPasses() throws {
        var graph = try modelOptions.load(model, through: "").graph
        func line(_ name: String) -> String {
            "\(name): \(graph.nodes.count { $0.operation != nil }) operators, \(graph.nodes.count { $0.constant != nil }) constants"
        }
        try Console.out(line("as read"))
        for pass in GraphPasses.all {
            graph = try pass.apply(graph)
            try Console.out(line(pass.name))
        }
    }

    /// What runs in one pass. Neurons that are not chosen yet are taken for ones that join other passes.
    private func listPlans() throws {
        let plan: Plan
        if model.hasSuffix(".volley") {
            plan = try Plan(SpikingNetwork(contentsOf: model))
        } else {
            let source = try modelOptions.load(model, through: through)
            source.diagnostics.forEach(Console.warn)
            plan = try Plan(placed: PlaceNeurons.apply(to: source.graph))
        }
        try Console.out("Spiking network\n\n\(plan)\nANN\n\n\(Plan(ann: plan.graph.withoutNeurons()))", terminator: "")
    }

    private func show(_ summary: NetworkSummary, title: String) throws {
        if json {
            try Console.out(String(decoding: try Console.json(summary), as: UTF8.self), terminator: "")
        } else {
            try Console.out(title + "\n\n" + summary.text, terminator: "")
        }
    }
}
