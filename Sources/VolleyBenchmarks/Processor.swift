internal import Foundation

/// The machine that times belong to.
enum Processor {
    /// The processor's name as the system gives it, or the architecture where it gives none.
    static var name: String {
        #if os(macOS)
        let name = output(of: "/usr/sbin/sysctl", ["-n", "machdep.cpu.brand_string"])
        #else
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        let name = line?.split(separator: ":", maxSplits: 1).last.map(String.init)
        #endif
        let trimmed = name?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        return trimmed.isEmpty ? architecture : trimmed
    }

    private static var architecture: String {
        #if arch(arm64)
        "arm64"
        #elseif arch(x86_64)
        "x86-64"
        #else
        "unknown processor"
        #endif
    }

    #if os(macOS)
    private static func output(of path: String, _ arguments: [String]) -> String? {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardOutput = pipe
        guard (try? process.run()) != nil else { return nil }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(data: data, encoding: .utf8)
    }
    #endif
}
