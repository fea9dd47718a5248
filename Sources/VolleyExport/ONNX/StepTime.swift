internal import VolleySpiking

/// A time-step as equations see it: its number, what it weighs, and whether all starts anew (`Timing`).
struct StepTime {
    /// t, counted from 1.
    let t: Symbol
    /// τ(t).
    let weight: Symbol
    /// τ(t) − τ(t−1); nil for 1 at every step.
    let feeds: Symbol?
    /// Whether sums start anew; nil for never.
    let restarts: Symbol?

    init(_ t: Symbol, _ timing: Timing) {
        self.t = t
        guard !timing.isPlain else {
            (weight, feeds, restarts) = (t, nil, nil)
            return
        }
        func tau(_ t: Symbol) -> Symbol {
            let own = timing.probe > 0 ? (t > Float(timing.probe)).choose(t - Float(timing.probe), t) : t
            return timing.feeding.map { own.atMost(Float($0)) } ?? own
        }
        let now = tau(t), before = tau(t - 1)
        restarts = timing.probe > 0 ? t.equals(Float(timing.probe + 1)) : nil
        weight = now
        feeds = now - (restarts.map { $0.choose(0, before) } ?? before)
    }

    /// A state as it is before this step: 0 where all starts anew.
    func starting(_ state: Symbol) -> Symbol { restarts.map { $0.choose(0, state) } ?? state }
}
