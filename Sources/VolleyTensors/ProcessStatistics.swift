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
            1024 * usage.ru_maxrss
        #else
            usage.ru_maxrss
        #endif
    }

    /// Pages that were given to the process without reading from disk.
    public static var pageFaults: Int { usage.ru_minflt }
}
