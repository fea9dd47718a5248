/// What a caller can change so that an error goes away: a parameter of this library, perhaps with the value to give it.
///
/// The error's message holds the remedy's description, which names the parameter as Swift code does. A program that calls the
/// parameter otherwise, such as a command with options, puts its own words in the place of the description.
public struct Remedy: Sendable, Hashable, CustomStringConvertible {
    /// Properties, arguments and functions of all targets that errors name.
    public enum Parameter: String, Sendable, Hashable, CaseIterable {
        // Reading models
        /// The lengths of an input, the batch first; the value is such as `NAME=1,3,224,224`.
        case inputShapes
        // Reading data
        /// Which array of a file is an input, the samples or the labels; the value is such as `x=NAME`.
        case arrays = "Dataset.Options.arrays"
        /// A CSV file with the classes of images.
        case classTable = "Dataset.Options.labels"
        /// How many samples are used.
        case sampleLimit = "limit"
        // Preprocessing images
        /// A configuration of timm or Hugging Face.
        case imageFile = "ImageOptions.file"
        case imageMean = "ImageOptions.mean"
        case imageDeviation = "ImageOptions.deviation"
        case imageSize = "ImageOptions.size"
        case imageCrop = "ImageOptions.crop"
        // Converting
        /// The data that thresholds are taken from.
        case calibration = "Conversion.calibration"
        /// A file that states thresholds, instead of calibration.
        case thresholds = "ThresholdFile"
        /// A setting of the conversion method; the value is its name and, where it is no switch, what to set it to.
        case methodSetting = "ConversionMethod.settings"
        // Using networks
        /// What makes a spiking network of a model; the value is the model's path.
        case conversion = "Conversion"
        /// What takes a spiking network; the value is its path.
        case spikingNetwork = "SpikingNetwork(contentsOf:)"
        /// What runs a network on arrays.
        case session = "Session"
        /// The output that is read as classes; the value is its name.
        case output = "Evaluation.Settings.output"
        /// What an output is read as; the value is the task's name.
        case task = "Evaluation.Settings.task"
        /// What refuses to measure on samples that were calibrated on; it can be left out.
        case overlapCheck = "CalibrationOverlap.check"
        /// Which part of an evaluation is measured; the value is such as `2/4`.
        case shard = "Shard"
    }

    public let parameter: Parameter
    public let value: String?

    public init(_ parameter: Parameter, _ value: String? = nil) {
        self.parameter = parameter
        self.value = value
    }

    /// The parameter in backticks and its value behind it, such as x=images behind `Dataset.Options.arrays`.
    public var description: String { "`\(parameter.rawValue)`" + (value.map { " " + $0 } ?? "") }
}
