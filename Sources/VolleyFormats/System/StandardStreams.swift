import Foundation

/// Standard input, output and error.
public enum StandardStreams {
    /// Leads those that are closed to nowhere; otherwise the next file that is opened would take their place, and what is
    /// printed would go into it. Called once, before any file is opened.
    public static func replaceClosed() {
        for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) == -1 {
            _ = unsafe open("/dev/null", O_RDWR)
        }
    }
}
