/// The whole way from a trained network to a measured spiking one, in one import:
///
/// ```swift
/// let model = try Model.load("vit")
/// let network = try Conversion(of: model, calibrating: .init(try Dataset.open("calibration"))).run()
/// let results = try Evaluation(network, on: try Dataset.open("test"), settings: .init(timeSteps: 4)).run()
/// ```
@_exported public import OrderedCollections
@_exported public import VolleyBenchmarks
@_exported public import VolleyConversion
@_exported public import VolleyEvaluation
@_exported public import VolleyExport
@_exported public import VolleyFormats
@_exported public import VolleyGraph
@_exported public import VolleyModels
@_exported public import VolleyONNX
@_exported public import VolleyReports
@_exported public import VolleySimulation
@_exported public import VolleySpiking
@_exported public import VolleyTensors
