import Foundation
import Testing
import Volley
import VolleyTestSupport

/// The built `volley`, run as a user runs it.
enum CommandLineTool {
    struct Outcome {
        var code: Int32
        var output: String
        var errors: String
    }

    /// Runs `volley` with these arguments and waits for it.
    /// - Parameters:
    ///   - folder: where it runs.
    ///   - shell: a line of the shell that starts it as `"$@"`, to put limits on it.
    ///   - meanwhile: called once it has started.
    static func run(
        _ arguments: [String], in folder: String? = nil, shell: String? = nil, meanwhile: (Process) throws -> Void = { _ in }
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = shell == nil ? try executable() : URL(filePath: "/bin/sh")
        process.arguments = try shell.map { ["-c", $0, "sh", try executable().path(percentEncoded: false)] + arguments } ?? arguments
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        try meanwhile(process)
        // Errors are short; a full pipe cannot block the other one.
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let outcome = Outcome(
            code: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
            errors: String(decoding: complaint, as: UTF8.self))
        // What is to be done is said in options, not in the library's words.
        for parameter in Remedy.Parameter.allCases { #expect(!outcome.errors.contains("`\(parameter.rawValue)`"), "\(outcome.errors)") }
        return outcome
    }

    /// Converts the digits ViT with the thresholds that are stated beside it.
    static func convertDigits(to network: String, _ extra: [String] = []) throws {
        let model = Fixture.path("digits-vit")
        let outcome = try run(["convert", model, "--thresholds", model + "/thresholds.json", "-o", network] + extra)
        #expect(outcome.code == 0, "\(outcome.errors)")
    }

    /// The build puts the tool beside the tests.
    private static func executable() throws -> URL {
        var folder = Bundle.main.bundleURL
        for _ in 0..<6 {
            let candidate = folder.appending(path: "volley")
            if FileManager.default.isExecutableFile(atPath: candidate.path(percentEncoded: false)) { return candidate }
            folder = folder.deletingLastPathComponent()
        }
        for argument in CommandLine.arguments where argument.contains(".xctest") {
            var folder = URL(filePath: argument)
            while folder.path != "/" {
                folder = folder.deletingLastPathComponent()
                let candidate = folder.appending(path: "volley")
                if FileManager.default.isExecutableFile(atPath: candidate.path(percentEncoded: false)) { return candidate }
            }
        }
        throw CocoaError(.fileNoSuchFile)
    }
}
