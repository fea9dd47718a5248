import ArgumentParser

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures speed on this machine.", subcommands: [BenchKernels.self])
}
