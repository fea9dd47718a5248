import Foundation
import Volley

/// Converts a small network by several methods, among them two of this package, and prints what comes out at every time-step.
@main struct Main {
    static let timeSteps = 8

    static func main() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../..").standardized
        let fixtures = root.appending(path: "Tests/Fixtures/digits-cnn")
        let model = try Model.load(fixtures.appending(path: "vgg-relu.onnx").path)
        let calibration = try Digits(contentsOf: fixtures.appending(path: "calibration.npz"))
        let test = try Digits(contentsOf: fixtures.appending(path: "test.npz"))

        try show(Conversion(of: model, method: .differential, calibrating: calibration.calibration).run(), on: test)
        try show(Conversion(of: model, method: RateConversion.example, calibrating: calibration.calibration).run(), on: test)

        let network = try Conversion(of: model, method: PausingMethod(pause: 1), calibrating: calibration.calibration).run()
        try show(network, on: test)
        try show(reopened(network), on: test)
    }

    /// Writes a network and reads it again, which for neurons of this package needs their family to be known.
    static func reopened(_ network: SpikingNetwork) throws -> SpikingNetwork {
        let file = FileManager.default.temporaryDirectory.appending(path: "digits-\(UUID().uuidString).volley").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try network.write(to: file)
        try NeuronFamilies.add(PausingNeuron.self)
        return try SpikingNetwork(contentsOf: file)
    }

    /// Accuracy and energy at every t: the answers of a session, counted here, beside those of an evaluation.
    static func show(_ network: SpikingNetwork, on digits: Digits) throws {
        try CalibrationOverlap.check(network, digits.test, threads: 1)
        let (input, output) = (network.graph[network.graph.inputs[0]].name, network.graph.outputs[0].name)

        var session = Session(try Program(network, timeSteps: timeSteps))
        let estimates = try session.run([input: digits.images]).outputs[output]!  // [T, N, classes]
        let results = try Evaluation(network, on: digits.test, settings: .init(timeSteps: timeSteps)).run()

        print("\n\(network.provenance.method), \(digits.classes.count) digits; ANN \(results.ann!.top1)")
        for step in results.steps {
            let atStep = Tensor([digits.classes.count, 10], Array(estimates.rows(step.step - 1..<step.step).values))
            let right = zip(atStep.argmaxOfRows(), digits.classes).count { $0 == $1 }
            guard Double(right) == step.top1! * Double(digits.classes.count) else {
                throw ExampleError(description: "t = \(step.step): the session gives \(right) right answers, the evaluation \(step.top1!)")
            }
            print(String(format: "t = %d  %2d right  energy %.3f of the ANN's", step.step, right, step.energy.exact))
        }
    }
}

struct ExampleError: Error, CustomStringConvertible { var description: String }
