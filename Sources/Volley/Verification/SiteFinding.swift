/// What a diagnosis finds at one neuron site after T time-steps, over its samples.
///
/// With the site's estimate φ, what it should send for what it received, `x = f(φ_in)`, and the ANN's value a, all after T time-steps:
/// relative errors are `‖φ − x‖/‖x‖` (its own), `‖x − a‖/‖a‖` (what arrived) and `‖φ − a‖/‖a‖` (both). f is the identity, or the
/// activation in whose place the neurons stand. Shares are of its values, 0…1, and parts of the error of `Σ (φ − x)²`.
public struct SiteFinding: Sendable, Hashable, Codable {
    /// Why a site is as far off as it is: the largest part of its own squared error.
    public enum Cause: String, Sendable, Hashable, Codable {
        /// Nothing was ever sent, though there was something to send.
        case dead
        /// Values lie beyond what can be sent within T time-steps.
        case clipping
        /// Values are too small for the smallest threshold, or lie in a dead zone, and nothing was sent for them.
        case silence
        /// What is sent is rounded to thresholds, or has not settled.
        case rounding
    }

    /// A part of the values, and what part of the site's own squared error it makes.
    public struct Part: Sendable, Hashable, Codable {
        public var values: Double
        public var error: Double
    }

    public var site: String
    /// The nodes that read what it sends.
    public var readers: [String]
    /// Neurons of one sample.
    public var neurons: Int
    /// The neurons in a few words, as thresholds.
    public var thresholds: String
    /// nil where an estimate is not finite.
    public var ownError: Double?
    public var arrivingError: Double?
    public var error: Double?
    /// Values beyond the largest estimate that can be reached, of either sign.
    public var clipped: Part
    /// How many of all values lie above the top, and how many below the bottom.
    public var above: Double
    public var below: Double
    /// The largest size of a value, as a multiple of what can be reached on its side; nil where a side with values cannot send at all.
    public var overshoot: Double?
    /// Values other than 0 for which no spike was sent.
    public var silent: Part
    /// The root mean square of x, in units of the smallest value that can be sent; nil where nothing can be sent.
    public var size: Double?
    /// Neurons that fired for none of the samples.
    public var dead: Double
    /// Neurons that sent their largest value of one sign at every time-step, over all samples.
    public var saturated: Double
    /// `mean(φ − x) / rms(x)`.
    public var bias: Double?
    /// Spikes per neuron and time-step.
    public var firingRate: Double
    /// The outputs if this site alone sent exactly what it should, all others spiking; nil where that was not tried.
    public var ifExact: AnswerFigures?
    /// The outputs if this site alone were spiking, all others exact; nil where that was not tried.
    public var ifAlone: AnswerFigures?

    /// nil where the site adds no error.
    public var cause: Cause? {
        guard let ownError else { return .clipping }
        guard ownError > 0 else { return nil }
        if firingRate == 0 { return .dead }
        let rest = 1 - clipped.error - silent.error
        if clipped.error >= max(silent.error, rest) { return .clipping }
        return silent.error >= rest ? .silence : .rounding
    }
}

/// How far the outputs of a network are from its ANN's after some time-steps.
public struct AnswerFigures: Sendable, Hashable, Codable {
    public var step: Int
    /// `‖SNN − ANN‖ / ‖ANN‖` over all samples, of the output where it is largest; nil where an estimate is not finite.
    public var error: Double?
    /// The part of the samples whose largest output is that of the ANN; nil unless one output is [N, classes].
    public var agreement: Double?
    /// The part of the samples whose largest output is that of their class; nil without labels.
    public var accuracy: Double?
    /// The exact energy of steps 1…t as a multiple of the ANN's; nil where some values are exact, which no spiking network has.
    public var energy: Double?
}
