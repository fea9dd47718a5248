import ArgumentParser
import Foundation
import Volley

@main
struct VolleyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "volley",
        abstract: "Turns a trained network into a spiking one without training it again, and measures it.",
        discussion: """
            A network goes through three commands:

              volley inspect  vit/                                     what is in it, and can it be converted?
              volley convert  vit/ --calibration images/ -o vit.volley thresholds from a few hundred unlabelled images
              volley evaluate vit.volley test/ --steps 8               accuracy, firing rate and energy at t = 1…8

            'volley verify' says where a network departs from its ANN, and what to change.
            'volley tune' finds method and settings for a loss or an energy, 'volley compare' puts methods side by side.
            'volley demo' shows all of it on an embedded network in a few seconds.
            Results go to standard output, progress to standard error. Exit codes: 0 fine, 1 failed, 2 bad input or usage,
            130 and 143 interrupted by SIGINT and SIGTERM. For programs that run this one: VOLLEY_PROGRESS_SECONDS says how often progress is \
            told, VOLLEY_ENDS_WITH_INPUT=1 that the end of standard input is a SIGTERM.
            """,
        version: volleyVersion,
        subcommands: [
            Inspect.self, Convert.self, Evaluate.self, Merge.self, Verify.self, Adjust.self, Compare.self, Tune.self, ReportCommand.self,
            Reproduce.self, RunCommand.self, Export.self, Bench.self, Methods.self, Demo.self,
        ])

    static func main() {
        StandardStreams.replaceClosed()
        Termination.listen()
        do {
            try CommandNames.check(Array(CommandLine.arguments.dropFirst()))
            var command = try parseAsRoot()
            try command.run()
        } catch let interruption as Termination.Interruption {
            Console.note(interruption.message)
            Foundation.exit(interruption.exitCode)
        } catch let error as any InputError {
            Console.error(RemedyText.description(of: error))
            Foundation.exit(2)
        } catch {
            let code = exitCode(for: error)
            let message = fullMessage(for: error)
            if code == .success {
                Foundation.exit((try? Console.out(message)) == nil ? 2 : 0)
            }
            if !message.isEmpty { Console.note(message) }
            Foundation.exit(code == .validationFailure ? 2 : code.rawValue)
        }
    }
}
