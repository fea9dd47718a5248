/// All methods, each with the settings that it has by itself.
public enum ConversionMethods {
    public static let all: [any ConversionMethod] =
        MultiThreshold.all + [
            FewStep.fewStep,
            RateConversion.cao,
            RateConversion.diehlModel,
            RateConversion.diehlData,
            RateConversion.rueckauer,
            RateConversion.spikeNorm,
            RateConversion.rmp,
            RateConversion.satp,
            RateConversion.opi,
            RateConversion.tcl,
            RateConversion.rnl,
            RateConversion.qcfs,
            RateConversion.strelu,
            RateConversion.srp,
            RateConversion.slipReLU,
            RateConversion.stepReLU,
            RateConversion.burst,
            RateConversion.snm,
            RateConversion.qffs,
            SpatioTemporalApproximation.sta,
        ]

    /// - Throws: ``ConversionError`` (`badSettings`) for a name that no method has.
    public static func named(_ name: String) throws -> any ConversionMethod {
        guard let method = all.first(where: { $0.name == name }) else {
            throw ConversionError(.badSettings, "unknown method '\(name)'; known: \(all.map(\.name).joined(separator: ", "))")
        }
        return method
    }
}

extension ConversionMethod where Self == MultiThreshold {
    /// Expectation compensation and multi-threshold neurons under rate coding.
    public static var ecmt: MultiThreshold { MultiThreshold.ecmt }
    /// The same with differential coding.
    public static var differential: MultiThreshold { MultiThreshold.differential }
}
