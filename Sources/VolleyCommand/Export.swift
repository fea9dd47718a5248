public import ArgumentParser
public import Volley

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes a spiking network in a format of other programs.",
        discussion: """
            onnx: the step function (inputs, states) → (estimates, next states) in ordinary operators, which ONNX Runtime and compilers for \
            accelerators take; with --unrolled T, T time-steps in one graph.

            nir: the graph of the Neuromorphic Intermediate Representation, which simulators and neuromorphic hardware read: networks of \
            integrate-and-fire neurons with one threshold, analog input and average pools. Needs libhdf5.

              volley export net.volley --to onnx -o net.onnx
              volley export net.volley --to nir -o net.nir

            What was written is rated: 'faithful' where it computes what the network computes, 'approximate' where the notes say what differs. \
            A network that a format cannot say is refused, with every node that stands in the way.
            """)

    /// The formats that there are.
    enum Format: String, CaseIterable, ExpressibleByArgument { case onnx, nir }

    @Argument(help: "A .volley file.") var network: String
    @Option(help: "The format: \(Format.allCases.map(\.rawValue).joined(separator: ", ")).") var to: Format
    @Option(name: .shortAndLong, help: "The file to write.") var output: String
    @Option(help: ArgumentHelp("onnx: write so many time-steps out, from rest, \(OptionRange.text(OptionRange.steps)).", valueName: "T"))
    var unrolled: Int?
    @Flag(help: "onnx: also give the codes that the neurons of each site send, as 'codes/SITE'.") var codes = false

    @Option(help: "nir: what average pools become, as programs read one or the other: sum (sinabs, Norse) or average (snnTorch); sum if not given.")
    var pools: NIRExport.Pools?

    func validate() throws {
        let others = to == .onnx ? [pools.map { _ in "--pools" }] : [unrolled.map { _ in "--unrolled" }, codes ? "--codes" : nil]
        if let option = others.compactMap(\.self).first { throw ValidationError("\(option) is not for --to \(to.rawValue).") }
    }

    func run() throws {
        try OptionRange.check("--unrolled", unrolled, OptionRange.steps)
        let spiking = try SpikingNetwork(contentsOf: network)
        try OutputPath.check([output])
        let report =
            switch to {
            case .onnx: try ONNXExport(spiking, form: unrolled.map { .unrolled($0) } ?? .step, givesCodes: codes).write(to: output)
            case .nir: try NIRExport(spiking, pools: pools ?? .sum).write(to: output)
            }
        try Console.out(Self.text(report))
    }

    /// The rating, the notes and the files.
    static func text(_ report: ExportReport) -> String {
        let files = report.files.joined(separator: ", ")
        return (["\(files): \(report.format), \(report.rating.rawValue)"] + report.notes.map { "  " + $0 }).joined(separator: "\n")
    }
}

extension NIRExport.Pools: ExpressibleByArgument {}
