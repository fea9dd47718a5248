internal import CVolleyKernels

/// The spikes that arrive at a layer, as the kernels see them: what codes are worth, and how they add up to an estimate.
@safe public final class SpikeSource: Sendable {
    public let alphabet: Alphabet
    /// Whether a spike corrects the estimate by its value / t; otherwise the estimate is the mean of the values.
    public let isDifferential: Bool
    let parameters: AlignedBuffer<vk_alphabet>

    public init(_ alphabet: Alphabet, isDifferential: Bool) {
        self.alphabet = alphabet
        self.isDifferential = isDifferential
        var codes = vk_alphabet()
        codes.levels = Int32(alphabet.levels)
        codes.differential = isDifferential ? 1 : 0
        copyFloats(alphabet.table, to: &codes.values)
        if let whole = alphabet.wholeNumbers {
            codes.digits = Int32(whole.bytes)
            codes.sides = Int32(whole.units.count)
            codes.units = (whole.units[0], whole.units.last!)
            codes.largest_factor = whole.numbers.map(abs).max()!
            var factors = [Float](repeating: 0, count: 512)
            for (code, number) in zip(alphabet.codes, whole.numbers) {
                // The second side counts against the first.
                let isSecond = number < 0 && whole.units.count == 2
                factors[(isSecond ? 256 : 0) + Alphabet.place(of: code)] = Float(isSecond ? -number : number)
            }
            copyFloats(factors, to: &codes.factors)
            let large = zip(alphabet.codes, whole.numbers).filter { !(-128...127).contains($0.1) }.map { abs(Int($0.0)) }
            codes.byte_level = Int32((large.min() ?? 128) - 1)
        }
        parameters = AlignedBuffer([codes])
    }
}

/// Copies floats into a C array, a tuple in Swift.
func copyFloats<Storage: BitwiseCopyable>(_ values: [Float], to storage: inout Storage) {
    unsafe withUnsafeMutableBytes(of: &storage) { bytes in
        unsafe values.withUnsafeBytes { unsafe bytes.copyMemory(from: $0) }
    }
}
