import Foundation
import Testing
import Volley
import VolleyTestSupport

/// The digits ViT, measured on a few samples.
enum SampleRuns {
    static let steps = 4, samples = 40, detail = 2

    static func evaluate(
        _ method: MultiThreshold = .ecmt, margins: [Double]? = nil, comparesWithANN: Bool = true, detail: Int = detail, batch: Int = 16,
        threads: Int = 1
    ) throws -> Results {
        let network = try network(method)
        let dataset = try Dataset.open(Fixture.path("digits-vit/test.npz"))
        return try Evaluation(
            network, on: dataset,
            settings: .init(
                timeSteps: steps, batchSize: batch, threads: threads, limit: samples, data: dataset.name, comparesWithANN: comparesWithANN,
                earlyExit: margins, detail: detail)
        ).run()
    }

    static func network(_ method: MultiThreshold) throws -> SpikingNetwork {
        var method = method
        method.thresholds = try ThresholdFile.read(Fixture.path("digits-vit/thresholds.json"))
        return try Conversion(of: try Model.load(Fixture.path("digits-vit")), method: method).run()
    }

    /// Through JSON and back, as reports find them.
    static func json(_ results: Results) throws -> [UInt8] { [UInt8](try JSONEncoder().encode(results)) }
}
