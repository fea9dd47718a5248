import Volley
import VolleyTestSupport

/// The ViT on digits, converted.
enum DigitsConversion {
    /// - Parameter label: a method with settings, such as `differential:steps-per-octave=4`.
    static func network(_ label: String) throws -> SpikingNetwork {
        func convert(_ method: some ConversionMethod) throws -> SpikingNetwork {
            try Conversion(
                of: Model.load(Fixture.path("digits-vit")), method: method,
                calibrating: CalibrationSet(try Dataset.open(Fixture.path("digits-vit/calibration.npz")), limit: 64)
            ).run()
        }
        return try convert(MethodCandidate.parsed(label).method)
    }
}
