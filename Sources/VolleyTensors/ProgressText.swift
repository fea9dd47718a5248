/// What a long run says of how far it is: how many, rate, time left.
///
/// Rate and time count from the first call, which comes when work begins: neither what was kept from an earlier run nor what was prepared
/// before took time here. Work that begins anew, as in rounds, is counted anew.
public struct ProgressText: Sendable {
    /// Where lines stay, as in logs, one stands after so many seconds of silence unless another number is given.
    public static let pause = 30.0

    private let what: String
    private let unit: String
    private let lineChanges: Bool
    private let pause: Double
    private var start: (count: Int, time: Double)?
    private var last = 0
    private var saidAt: Double?

    /// - Parameters:
    ///   - what: what is done, such as "evaluating".
    ///   - unit: what is counted.
    ///   - lineChanges: whether a new line takes the place of the last, as on a terminal: then there always is one.
    ///   - pause: seconds of silence between lines that stay.
    public init(_ what: String, unit: String = "samples", lineChanges: Bool, pause: Double = ProgressText.pause) {
        (self.what, self.unit, self.lineChanges, self.pause) = (what, unit, lineChanges, pause)
    }

    /// - Parameter time: in seconds, of any clock.
    /// - Returns: what to say now; nil for nothing.
    public mutating func line(_ done: Int, of total: Int, at time: Double) -> String? {
        if start == nil || done < last { start = (done, time) }
        let (begun, seconds) = (start!.count, time - start!.time)
        last = done
        guard lineChanges || isDue(done, total, time) else { return nil }
        saidAt = time
        guard done > begun, seconds > 0 else { return "\(what): \(done)/\(total)" }
        let rate = Double(done - begun) / seconds
        let rest = done < total ? "\(Self.text(Double(total - done) / rate)) left" : Self.text(seconds)
        return "\(what): \(done)/\(total), \(TextTable.fixed(rate, rate < 10 ? 2 : 1)) \(unit)/s, \(rest)"
    }

    /// The end is said where anything was.
    private func isDue(_ done: Int, _ total: Int, _ time: Double) -> Bool {
        if saidAt != nil, done == total { return true }
        return time - (saidAt ?? start!.time) >= pause
    }

    private static func text(_ seconds: Double) -> String {
        seconds < 120
            ? "\(TextTable.fixed(seconds, 0)) s"
            : seconds < 7200 ? "\(TextTable.fixed(seconds / 60, 0)) min" : "\(TextTable.fixed(seconds / 3600, 1)) h"
    }
}
