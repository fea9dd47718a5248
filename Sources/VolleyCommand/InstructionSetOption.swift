import ArgumentParser
import Volley

/// Which of this machine's kernels run.
struct InstructionSetOption: ParsableArguments {
    @Option(help: "Instruction set of the kernels: \(Self.names) (default: the widest). Results do not depend on it.")
    var instructionSet: String?

    private static var names: String { Kernels.available.map(\.name).joined(separator: ", ") }

    /// - Throws: ``CommandError`` if this machine has no such set.
    func kernels() throws -> Kernels {
        guard let instructionSet else { return .best }
        guard let kernels = Kernels.available.first(where: { $0.name.lowercased() == instructionSet.lowercased() }) else {
            throw CommandError("unknown instruction set '\(instructionSet)'; on this machine: \(Self.names)")
        }
        return kernels
    }
}
