public import ArgumentParser
public import Volley

/// How a network runs here.
struct EngineOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Weights of the layers behind neurons: fp32, int16 or int8 (fixed point per output channel).",
            discussion: "int8 also makes one threshold of a positive and a negative one that lie within 1 % of each other, and has finer "
                + "ladders send multiples of a 32nd of the root mean square of their activation."))
    var weights = WeightFormat.fp32
    @OptionGroup var instructionSet: InstructionSetOption
}

extension WeightFormat: ExpressibleByArgument {}
extension Evaluation.Task: ExpressibleByArgument {}
