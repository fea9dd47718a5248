import Foundation
import Synchronization

/// What SIGINT and SIGTERM do.
///
/// Where work goes in batches, ``check(_:)`` is called between them, and the first signal ends the work there. The second one,
/// and a first one elsewhere, ends the process at once. Either way temporary files are removed, and the exit code is the
/// shells' convention: 128 and the signal's number.
///
/// The signals are not handled where they strike, but by a thread that waits for them, so it may do what it likes.
///
/// A program that runs this one may be killed, and then cannot send a signal any more. With ``endsWithInput`` in its environment this one
/// takes the end of standard input, which a dead program leaves behind, for a SIGTERM.
public enum Termination {
    /// Work that a signal ended.
    public struct Interruption: Error {
        public let exitCode: Int32
        /// How far it came, and how to go on.
        public let message: String
    }

    /// The variable of the environment.
    public static let endsWithInput = "VOLLEY_ENDS_WITH_INPUT"

    private static let requested = Atomic<Int32>(0)
    private static let isBetweenChecks = Atomic<Bool>(false)

    /// Begins to listen. Called once, before there are other threads.
    public static func listen() {
        // Files that grow beyond their limit are an error where they are written.
        _ = signal(SIGXFSZ, SIG_IGN)
        // All threads inherit that the signals are blocked; one waits for them.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGINT)
        unsafe sigaddset(&signals, SIGTERM)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        Thread.detachNewThread { [signals] in
            var signals = signals
            while true {
                var signal: Int32 = 0
                if unsafe sigwait(&signals, &signal) == 0 { receive(signal) }
            }
        }
        guard ProcessInfo.processInfo.environment[endsWithInput] != nil else { return }
        Thread.detachNewThread {
            while let bytes = try? FileHandle.standardInput.read(upToCount: 4096), !bytes.isEmpty {}
            receive(SIGTERM)
        }
    }

    /// Ends the work here if a signal came. From the first call on a first signal waits for the next one.
    /// - Parameter state: how far the work has come, and how to go on.
    /// - Throws: ``Interruption``.
    public static func check(_ state: @autoclosure () -> String) throws {
        isBetweenChecks.store(true, ordering: .sequentiallyConsistent)
        let signal = requested.load(ordering: .sequentiallyConsistent)
        if signal != 0 { throw Interruption(exitCode: 128 + signal, message: "interrupted: " + state()) }
    }

    /// There are no more batches: from here on a first signal ends the process at once.
    public static func finishChecks() { isBetweenChecks.store(false, ordering: .sequentiallyConsistent) }

    private static func receive(_ signal: Int32) {
        let isFirst = requested.exchange(signal, ordering: .sequentiallyConsistent) == 0
        if isFirst, isBetweenChecks.load(ordering: .sequentiallyConsistent) {
            say("\nstopping after the batch in flight; a second signal stops at once")
        } else {
            say("\nstopped at once; nothing is half-written")
            TemporaryFiles.removeAll()
            _exit(128 + signal)
        }
    }

    private static func say(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8)) }
}
