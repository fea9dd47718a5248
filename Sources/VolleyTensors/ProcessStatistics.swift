internal import Foundation

/// What the system has counted for this process.
public enum ProcessStatistics {
    private static var usage: rusage {
        var usage = rusage()
        // RUSAGE_SELF, whose type differs between systems.
        _ = unsafe getrusage(0, &usage)
        return usage
    }

    /// The largest resident set so far.
    public static var peakMemoryBytes: Int {
        #if os(Linux)
        // rusage would report the parent's, if that was larger when it started this process.
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return 1024 * (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? usage.ru_maxrss)
        #else
        return usage.ru_maxrss
        #endif
    }

    /// Pages that were given to the process without reading from disk.
    public static var pageFaults: Int { usage.ru_minflt }
}
