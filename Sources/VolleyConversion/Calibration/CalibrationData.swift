public import VolleyTensors

/// The samples that a network is calibrated on, as often as a method asks for them.
public protocol CalibrationData {
    /// At most this many samples come.
    var count: Int { get }

    /// Hands out all samples, some at a time and every time the same ones in the same order.
    /// - Parameter body: called with arrays named like the network's inputs, and how many samples they hold.
    /// - Throws: what is wrong with the data, and what `body` throws.
    func forEachPart(_ body: (_ inputs: [String: Tensor], _ samples: Int) throws -> Void) throws
}
