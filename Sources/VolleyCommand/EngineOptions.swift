public import ArgumentParser
public import Volley

/// How a network runs here.
struct EngineOptions: ParsableArguments {
    @Option(help: "Weights of the layers behind neurons: fp32, int16 or int8 (fixed point per output channel).")
    var weights = WeightFormat.fp32
    @OptionGroup var instructionSet: InstructionSetOption
}

extension WeightFormat: ExpressibleByArgument {}
