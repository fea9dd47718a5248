import Testing
import Volley
import VolleyTestSupport

/// Data in memory and data from files give the same networks and the same results, and are known to be the same.
@Suite struct MemoryDataTests {
    private static func arrays(_ name: String) throws -> (samples: Tensor, labels: [Int]) {
        let archive = try NpzArchive(path: Fixture.path("digits-cnn/\(name).npz"))
        return (try archive.array("x").tensor, try archive.array("y").tensor.values.map { Int($0) })
    }

    private static func network(_ data: Dataset) throws -> SpikingNetwork {
        try Conversion(
            of: try Model.load(Fixture.path("digits-cnn/vgg-relu.onnx")), method: .differential, calibrating: CalibrationSet(data)
        ).run()
    }

    @Test func theWholeWayWithoutAFile() throws {
        let (samples, _) = try Self.arrays("calibration")
        let network = try Self.network(try Dataset(samples, name: "calibration.npz"))
        #expect(try network == Self.network(try Dataset.open(Fixture.path("digits-cnn/calibration.npz"))))

        let (images, labels) = try Self.arrays("test")
        var settings = Evaluation.Settings(timeSteps: 3, data: "test")
        settings.limit = 40
        let here = try Evaluation(network, on: try Dataset(images, labels: labels), settings: settings).run()
        let stored = try Evaluation(network, on: try Dataset.open(Fixture.path("digits-cnn/test.npz")), settings: settings).run()
        #expect(here == stored && here.steps[2].top1! > 0.9)
    }

    @Test func overlapWithCalibrationIsFoundWhereverSamplesComeFrom() throws {
        let (samples, _) = try Self.arrays("calibration")
        let network = try Self.network(try Dataset(samples))
        for data in [try Dataset(samples.rows(10..<12)), try Dataset.open(Fixture.path("digits-cnn/calibration.npz"))] {
            let error = #expect(throws: SpikingError.self) { try CalibrationOverlap.check(network, data, threads: 1) }
            #expect(error?.message.contains("also used for calibration") == true)
        }
        try CalibrationOverlap.check(network, try Dataset(Self.arrays("test").samples), threads: 1)
        // Under the input's name, too.
        let named = try NamedArrays(["x": samples], for: network.graph)
        #expect(throws: SpikingError.self) { try CalibrationOverlap.check(network, named) }
    }

    /// Several inputs, with labels that a task reads by position.
    @Test(arguments: Evaluation.Task.allCases) func namedArraysAreMeasuredAsThoseOfAFile(_ task: Evaluation.Task) throws {
        let (bench, beside) = try TaskBench.of(task)
        func tensor(_ content: NpyContent) -> Tensor {
            switch content {
            case .float32(let tensor): tensor
            case .int64(let shape, let values): Tensor(shape, values.map(Float.init))
            }
        }
        let inputs = bench.network.graph.inputs.map { bench.network.graph[$0].name }
        let arrays = Dictionary(uniqueKeysWithValues: bench.inputs.filter { inputs.contains($0.0) }.map { ($0.0, tensor($0.1)) })
        let mask = bench.inputs.first { $0.0 == "attention_mask" }.map { tensor($0.1) }
        let data = try EvaluationData(
            try NamedArrays(arrays, for: bench.network.graph), labels: beside.first.map { tensor($0.1) }, mask: mask)
        let here = try Evaluation(
            bench.network, on: data, settings: .init(timeSteps: TaskBench.timeSteps, batchSize: 4, data: "data.npz", task: task)
        ).run()
        let stored = try bench.evaluation(task, beside).run()
        #expect(here.steps.map(\.figures) == stored.steps.map(\.figures) && here.steps.map(\.counts) == stored.steps.map(\.counts))
        #expect(here.steps.map(\.top1) == stored.steps.map(\.top1))
    }
}
