import ArgumentParser
import Foundation
import Volley
import VolleyDemo

struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Converts and measures a small embedded Transformer: no data, no network, a few seconds.",
        discussion: """
            A ViT of 200 000 parameters, trained on handwritten digits of 8×8 pixels, is converted with both methods and \
            measured at t = 1…8. With --output, the folder receives the checkpoint, the calibration and test data and \
            both .volley files: everything that 'volley inspect', 'convert', 'evaluate' and 'run' can be tried on.
            """)

    @Option(name: .shortAndLong, help: "Keep all files in this folder.") var output: String?
    @Option(help: "Number of threads, \(OptionRange.text(OptionRange.threads)) (default: all processors).")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    func run() throws {
        try OptionRange.check("--threads", threads, OptionRange.threads)
        let temporary = FileManager.default.temporaryDirectory.appending(path: "volley-demo-\(UUID().uuidString)").path
        TemporaryFiles.add(temporary)
        defer { TemporaryFiles.remove(temporary) }
        let demonstration = try Demonstration(in: output ?? temporary, threads: threads)
        try Console.out(demonstration.text, terminator: "")
        if let output {
            for (method, results) in demonstration.results {
                try AtomicFile.write(try Console.json(results), to: "\(output)/\(method).json")
            }
            try Console.out(
                """

                Kept in \(output). Try:
                  volley inspect \(output)
                  volley evaluate \(output)/ecmt.volley \(output)/test.npz --steps 4 --sites
                """)
        }
    }
}
