internal import Foundation
internal import OrderedCollections
internal import VolleyGraph
internal import VolleyONNX
internal import VolleySpiking
internal import VolleyTensors

/// Makes the ONNX model of a network: its inputs and outputs, its steps, and what it says of itself.
struct ONNXModelWriter {
    private let export: ONNXExport
    private let writer: GraphWriter
    /// What the network's outputs are called in the model.
    private let outputNames: [String]

    private var network: SpikingNetwork { export.network }
    private var graph: Graph { export.network.graph }

    init(_ export: ONNXExport) {
        self.export = export
        writer = GraphWriter(
            ONNXDocument(
                name: "volley", documentation: Self.documentation(export), opset: ONNXExport.opset, formatVersion: ONNXExport.formatVersion,
                producerVersion: volleyVersion))
        // Inputs and outputs keep their names, whatever else has them.
        for id in export.network.graph.inputs { _ = writer.reserve(export.network.graph[id].name) }
        outputNames = export.network.graph.outputs.map { [writer] in writer.reserve($0.name) }
    }

    /// - Throws: ``ExportError``.
    func document() throws -> (ONNXDocument, notes: [String]) {
        var notes = ["All arrays are 32-bit floats, token ids and masks too.", "Membrane potentials that are not finite raise no error."]
        let states: States
        let network: NetworkWriter
        switch export.form {
        case .step:
            states = States(writer, arePorts: true)
            network = writeStep(states)
            notes.insert(
                "At every time-step, feed each output 'next/X' back as the input 'state/X'. States start at 0 but those whose initial value the "
                    + "metadata entry 'volley.states' states, among them the time-step 'state/t', which starts at 1.", at: 0)
        case .unrolled(let steps):
            states = States(writer, arePorts: false)
            network = writeSteps(steps, states)
        }
        guard network.refusals.isEmpty else { throw ExportError(format: "ONNX", nodes: network.refusals) }
        let trains = network.trains.keys.sorted().map { "'train/\(graph[$0].name)'" }
        if !trains.isEmpty {
            notes.append(
                "Input spikes are not drawn: \(trains.joined(separator: " and ")) takes them, one of −1, 0 and 1 for each neuron and time-step.")
        }
        for (old, new) in zip(graph.outputs.map(\.name), outputNames) where old != new {
            notes.append("The output '\(old)' is called '\(new)', for an input has its name.")
        }
        try describe(states, notes)
        return (writer.document, notes)
    }

    // MARK: Forms

    private func writeStep(_ states: States) -> NetworkWriter {
        var step = NetworkWriter(network, writer, states)
        step.writeStatics(trainSteps: nil)
        let t = states.read("t", of: "", [], initial: 1, holds: "t, the number of the time-step, counted from 1")
        let time = writer.write(writer.reserve("time")) { t + 1 }
        states.keep(time, as: "t", of: "")
        step.writeStep(stepTime(t), step: nil, prefix: "")
        for (name, output) in zip(outputNames, graph.outputs) { writer.output(name, step.output(output), graph[output.value].shape) }
        states.finishStep()
        if export.givesCodes {
            for (site, firing) in step.firings { writer.output(writer.reserve(codesName(site)), codes(firing, site, prefix: ""), graph[site].shape) }
        }
        return step
    }

    private func writeSteps(_ steps: Int, _ states: States) -> NetworkWriter {
        var network = NetworkWriter(self.network, writer, states)
        network.writeStatics(trainSteps: steps)
        var estimates: [[Symbol]] = graph.outputs.map { _ in [] }
        var codes: [NodeID: [Symbol]] = [:]
        for step in 1...steps {
            let prefix = "t\(step)/"
            network.writeStep(stepTime(writer.scalar(Float(step))), step: step, prefix: prefix)
            states.finishStep()
            for (index, output) in graph.outputs.enumerated() { estimates[index].append(network.output(output)) }
            if export.givesCodes {
                for (site, firing) in network.firings { codes[site, default: []].append(self.codes(firing, site, prefix: prefix)) }
            }
        }
        for (index, output) in graph.outputs.enumerated() { put(outputNames[index], estimates[index], graph[output.value].shape) }
        for site in codes.keys.sorted() { put(writer.reserve(codesName(site)), codes[site]!, graph[site].shape) }
        return network
    }

    /// Values of all steps as one output `[T, …]`.
    private func put(_ name: String, _ values: [Symbol], _ shape: SymbolicShape) {
        let stacked = writer.write(writer.reserve(name + "/steps")) {
            let rows = values.map { writer.operation("Unsqueeze", [$0, writer.integers([0])]) }
            return writer.operation("Concat", rows, [("axis", .int(0))])
        }
        writer.output(name, stacked, SymbolicShape([SymbolicLength(values.count)] + shape.dimensions))
    }

    private func stepTime(_ t: Symbol) -> StepTime {
        var time: StepTime?
        _ = writer.write(writer.reserve("time")) {
            time = StepTime(t, network.timing)
            return time!.weight
        }
        return time!
    }

    private func codesName(_ site: NodeID) -> String { "codes/" + graph[site].name }

    private func codes(_ firing: Firing, _ site: NodeID, prefix: String) -> Symbol {
        writer.write(writer.reserve(prefix + graph[site].name + "/sent codes")) { firing.code() }
    }

    // MARK: What the model says of itself

    private static func documentation(_ export: ONNXExport) -> String {
        let network = export.network
        let form =
            switch export.form {
            case .step: "One time-step: feed every output next/X back as the input state/X; state/t starts at 1."
            case .unrolled(let steps): "\(steps) time-steps from rest; outputs are [T, ...]."
            }
        return "A spiking network, converted by \(network.provenance.method), in estimate form under \(network.coding.rawValue) coding. \(form)"
    }

    private func describe(_ states: States, _ notes: [String]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func json(_ value: some Encodable) throws -> String { String(decoding: try encoder.encode(value), as: UTF8.self) }
        switch export.form {
        case .step:
            writer.note("volley.form", "step")
            writer.note("volley.states", try json(states.descriptions))
        case .unrolled(let steps):
            writer.note("volley.form", "unrolled")
            writer.note("volley.time-steps", "\(steps)")
        }
        if export.givesCodes {
            writer.note("volley.codes", try json(Dictionary(uniqueKeysWithValues: network.neurons.map { ($0.key, $0.value.alphabet.codes) })))
        }
        writer.note("volley.method", network.provenance.method)
        writer.note("volley.coding", network.coding.rawValue)
        writer.note("volley.outputs", try json(Dictionary(uniqueKeysWithValues: zip(graph.outputs.map(\.name), outputNames))))
        writer.note("volley.rating", ExportReport.Rating.faithful.rawValue)
        writer.note("volley.notes", notes.joined(separator: "\n"))
    }
}
