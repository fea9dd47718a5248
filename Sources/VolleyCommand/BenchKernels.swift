import ArgumentParser
import Foundation
import Volley

struct BenchKernels: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernels",
        abstract: "Times the kernels on this machine: products, layers behind neurons over density, functions, attention.",
        discussion: """
            Runs on seeded data and one thread for about half a minute. Every result is checked before its kernel is timed: \
            event-driven layers against dense ones bit for bit, products and functions against double precision. Other \
            programs that run at the same time show in the numbers.
            """)

    @OptionGroup var instructionSet: InstructionSetOption
    @Option(help: "Also write everything that was measured to this JSON file.") var json: String?
    @Option(help: "Also draw time per step over density to this SVG file.") var plot: String?

    func run() throws {
        try OutputPath.check([json, plot])
        let kernels = try instructionSet.kernels()
        let benchmark = try KernelBenchmark(kernels) { next in
            if Console.isTerminal { Console.write("\rtiming \(next)\u{1B}[K") }
        }
        if Console.isTerminal { Console.write("\r\u{1B}[K") }
        try Console.out(benchmark.text, terminator: "")
        if let json { try AtomicFile.write(try Console.json(benchmark), to: json) }
        if let plot { try AtomicFile.write([UInt8](benchmark.svg.utf8), to: plot) }
    }
}
