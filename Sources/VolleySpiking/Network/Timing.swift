/// When a network is fed and what a time-step weighs: what methods do with time beyond one step after the other.
///
/// With the weight τ(t) of steps 1…t an estimate is `φ(t) = S(t)/τ(t)`, and at step t the part `τ(t) − τ(t−1)` of everything constant
/// is fed: inputs and biases. Plainly `τ(t) = t`. Rate coding only.
public struct Timing: Sendable, Hashable, Codable {
    /// Steps of a first run, after which all starts anew but for what neurons keep of it: `τ(t) = t − probe` for `t > probe`. Such steps
    /// count as latency.
    public var probe: Int
    /// Steps after which nothing more is fed, and neurons only work off what they have: `τ(t) = min(t, feeding)`; nil for never.
    public var feeding: Int?

    public init(probe: Int = 0, feeding: Int? = nil) {
        self.probe = probe
        self.feeding = feeding
    }

    /// One step after the other, all alike.
    public static let plain = Timing()

    public var isPlain: Bool { self == .plain }

    /// Whether all starts anew before a step, counted from 1.
    public func restarts(at step: Int) -> Bool { probe > 0 && step == probe + 1 }

    /// τ of a step, counted from 1.
    public func weight(of step: Int) -> Float {
        let own = step > probe ? step - probe : step
        return Float(min(own, feeding ?? own))
    }

    /// `τ(t) − τ(t−1)`: 1 while the network is fed, 0 afterwards.
    public func feeds(at step: Int) -> Float {
        step == 1 || restarts(at: step) ? weight(of: step) : weight(of: step) - weight(of: step - 1)
    }

    /// What makes it impossible, in words; nil where it is fine.
    func problem(_ coding: Coding) -> String? {
        if probe < 0 || feeding.map({ $0 < 1 }) ?? false {
            return "a probe of \(probe) steps and feeding for \(feeding ?? 0); at least 0 and 1 are needed"
        }
        return isPlain || coding == .rate ? nil : "a probe or an end of feeding, which differential coding does not have"
    }
}
