public import ArgumentParser
public import Volley

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes a spiking network in a format of other programs.",
        discussion: """
            onnx: the step function (inputs, states) → (estimates, next states) in ordinary operators, which ONNX Runtime and compilers for \
            accelerators take; with --unrolled T, T time-steps in one graph.

              volley export net.volley --to onnx -o net.onnx

            nir: the graph of the Neuromorphic Intermediate Representation, which simulators and neuromorphic hardware read: networks of \
            integrate-and-fire neurons with one threshold, analog input and average pools. Needs libhdf5.

              volley export net.volley --to nir -o net.nir

            bundle: a new folder for people who build hardware: weights as safetensors (--weights int8 or int16: whole numbers with scales, as the \
            engine rounds them), thresholds that 'volley convert --thresholds' takes, who reads whom as JSON with a schema, and a README of \
            this network.

              volley export net.volley --to bundle --weights int8 -o net-bundle

            What was written is rated: 'faithful' where it computes what the network computes, 'approximate' where the notes say what differs. \
            A network that a format cannot say is refused, with every node that stands in the way.
            """)

    /// The formats that there are.
    enum Format: String, CaseIterable, ExpressibleByArgument { case onnx, nir, bundle }

    @Argument(help: "A .volley file.") var network: String
    @Option(help: "The format: \(Format.allCases.map(\.rawValue).joined(separator: ", ")).") var to: Format
    @Option(name: .shortAndLong, help: "The file to write, or the folder to make.") var output: String
    @Option(help: ArgumentHelp("onnx: write so many time-steps out, from rest, \(OptionRange.text(OptionRange.steps)).", valueName: "T"))
    var unrolled: Int?
    @Flag(help: "onnx: also give the codes that the neurons of each site send, as 'codes/SITE'.") var codes = false
    @Option(help: "bundle: weights of the layers behind neurons: fp32, int16 or int8 (fp32 where nothing is said).") var weights: WeightFormat?
    @Option(
        help: """
            bundle: also write copies of the weights of layers behind neurons, scaled so that spikes need no product: 'levels', one for every \
            value of a spike, or 'octave', where spikes may shift.
            """)
    var copies: BundleExport.Copies?
    @Option(help: "nir: what average pools become, as programs read one or the other: sum (sinabs, Norse) or average (snnTorch); sum if not given.")
    var pools: NIRExport.Pools?

    func run() throws {
        try OptionRange.check("--unrolled", unrolled, OptionRange.steps)
        try refuse(to != .onnx, [("--unrolled", unrolled != nil), ("--codes", codes)])
        try refuse(to != .nir, [("--pools", pools != nil)])
        try refuse(to != .bundle, [("--weights", weights != nil), ("--copies", copies != nil)])
        let spiking = try SpikingNetwork(contentsOf: network)
        if to != .bundle { try OutputPath.check([output]) }
        let report =
            switch to {
            case .bundle: try BundleExport(spiking, weights: weights ?? .fp32, copies: copies).write(to: output)
            case .onnx: try ONNXExport(spiking, form: unrolled.map { .unrolled($0) } ?? .step, givesCodes: codes).write(to: output)
            case .nir: try NIRExport(spiking, pools: pools ?? .sum).write(to: output)
            }
        try Console.out(Self.text(report))
    }

    /// Options of other formats.
    private func refuse(_ areOthers: Bool, _ options: [(name: String, isGiven: Bool)]) throws {
        guard areOthers, let option = options.first(where: \.isGiven) else { return }
        throw CommandError("\(option.name) is an option of another format than \(to.rawValue): leave it out")
    }

    /// The rating, the notes and the files.
    static func text(_ report: ExportReport) -> String {
        let files = report.files.joined(separator: ", ")
        return (["\(files): \(report.format), \(report.rating.rawValue)"] + report.notes.map { "  " + $0 }).joined(separator: "\n")
    }
}

extension BundleExport.Copies: ExpressibleByArgument {}
extension NIRExport.Pools: ExpressibleByArgument {}
