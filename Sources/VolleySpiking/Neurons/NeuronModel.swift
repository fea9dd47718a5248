public import VolleyTensors

/// A family of spiking neurons: how they start, when they fire and what a spike of theirs is worth.
///
/// A family is one file that conforms to this protocol, and a line of ``NeuronFamilies/all``; a program adds its own with
/// ``NeuronFamilies/add(_:)``. Nothing else looks inside: simulators,
/// counters, layers and files read codes and the alphabet.
///
/// At time-step t a neuron receives a current `I(t)` and answers with a code; it sends what the alphabet says the code is worth
/// (semantics 3). Codings and estimates are not its business: under differential coding the current already is what the estimate
/// lacks (semantics 5.1).
public protocol NeuronModel: Sendable, Hashable, Codable {
    /// What a neuron keeps from one time-step to the next.
    associatedtype State: Sendable

    /// The name of the family, as files and tables have it.
    static var family: String { get }
    /// The settings of a layer of such neurons.
    static var parameters: [NeuronParameter] { get }

    /// What each code is worth, for the whole layer.
    var alphabet: Alphabet { get }
    /// The state before the first time-step.
    var rest: State { get }
    /// The states of many neurons before the first time-step, those of one sample behind those of the other. There is an implementation.
    func rest(count: Int, samples: Int) -> [State]
    /// The states before the first time-step of neurons whose currents are divided by a number each (`NeuronSite`), for families of which not
    /// every setting is in that unit. There is an implementation.
    func rest(divisors: [Float]) -> [State]
    /// Whether what a neuron does depends on the other neurons of its sample.
    static var meetsItsSample: Bool { get }
    /// What is wrong with the potentials that a step calls broken, as the end of "3 of 10 membrane potentials …".
    static var brokenReason: String { get }
    /// One time-step of one neuron: takes the current in, fires and resets.
    /// - Parameters:
    ///   - current: `I(t)`, in activation units.
    ///   - time: t, counted from 1.
    /// - Returns: 0 for silence, or one of the alphabet's codes.
    func step(_ state: inout State, current: Float, time: Int) -> Int8
    /// The same for many neurons. There is an implementation; it stands here so that the compiler makes one for every family.
    /// - Parameter codes: receives a code for each neuron.
    /// - Returns: how many membrane potentials are not finite.
    func step(_ states: inout [State], currents: [Float], time: Int, codes: inout [Int8]) -> Int
    /// The membrane potential `v(t)`, after firing and reset, in activation units.
    func potential(_ state: State) -> Float
    /// What makes the settings impossible under a coding, in words; nil where they are fine.
    func problem(_ coding: Coding) -> String?

    /// Of the activation, on calibration data, in its units; nil where it is unknown. There is an implementation, for nil.
    var rootMeanSquare: Float? { get }
    /// m: how many values there are from one to its double. There is an implementation, for 1.
    var stepsPerOctave: Int { get }
    /// The thresholds in a few words, for tables.
    var summary: String { get }
    /// The same neurons in another unit: thresholds, and whatever else is in activation units, divided by it.
    func divided(by unit: Float) -> Self
    /// Neurons whose positive and negative values are equal in size, where they differ by at most so much, as a part of them; nil
    /// where they are already, or are not that close.
    func joiningSigns(within difference: Float) -> Self?
    /// The same neurons, which fire as before but send values close by, in the order of the alphabet's codes: those that integers stand
    /// for. Nil where a family sends what it sends.
    func sending(_ values: [Float]) -> Self?
    /// Neurons whose values are whole multiples of a unit, chosen so that one signed byte holds nearly all that they send and rounding
    /// stays small beside the steps of their ladder; what is less than about half a unit is not sent. Nil where a family has no such
    /// values, does not need them, or ``rootMeanSquare`` is unknown.
    func sendingMultiples() -> Self?
    /// The layer as a fast kernel runs it, bit for bit what `step` does but for rounding; nil: `step` runs.
    ///
    /// A kernel counts positive levels first and then negative ones; the alphabet lists its codes likewise, or the positive ones only.
    func kernel(_ coding: Coding) -> NeuronKernel?
    /// The step of many neurons at once under rate coding, from `rest` on, bit for bit what `step` does; nil: `step` runs. For families
    /// without a kernel.
    var rule: NeuronRule? { get }
}

extension NeuronModel {
    public var rootMeanSquare: Float? { nil }
    public var stepsPerOctave: Int { 1 }

    public func rest(count: Int, samples: Int) -> [State] { Array(repeating: rest, count: count) }
    public func rest(divisors: [Float]) -> [State] { rest(count: divisors.count, samples: 1) }
    public static var meetsItsSample: Bool { false }
    public static var brokenReason: String { "are NaN or infinite" }

    public func step(_ states: inout [State], currents: [Float], time: Int, codes: inout [Int8]) -> Int {
        var broken: Int32 = 0
        states.stepAll(currents, into: &codes) { state, current in
            broken &+= abs(potential(state) + current) <= .greatestFiniteMagnitude ? 0 : 1
            return step(&state, current: current, time: time)
        }
        return Int(broken)
    }

    public func joiningSigns(within difference: Float) -> Self? { nil }

    /// What is wrong with neurons that send values of one sign alone.
    func problemOfOneSign(_ coding: Coding) -> String? {
        coding == .differential ? "neurons of one sign, which cannot take back what they sent, as differential coding needs" : nil
    }

    public func sending(_ values: [Float]) -> Self? { nil }
    public func sendingMultiples() -> Self? { nil }
    public func kernel(_ coding: Coding) -> NeuronKernel? { nil }
    public var rule: NeuronRule? { nil }
}

/// A setting of a family of neurons.
public struct NeuronParameter: Sendable, Hashable, Codable {
    public var name: String
    public var symbol: String
    /// What it is measured in; 1 for plain numbers, nothing for a choice.
    public var unit: String
    /// In words, as the default may be what calibration finds.
    public var standard: String
    public var range: String

    public init(_ name: String, symbol: String = "", unit: String = "", standard: String, range: String) {
        self.name = name
        self.symbol = symbol
        self.unit = unit
        self.standard = standard
        self.range = range
    }
}

/// What a spike does to the membrane potential.
public enum Reset: String, Sendable, Hashable, Codable, CaseIterable {
    /// What was sent is subtracted; the rest stays.
    case subtraction
    /// A spike clears the potential. Rate coding only.
    case zero
}
