import VolleyConversion
import VolleyGraph
import VolleyTensors
import VolleyTestSupport

/// Samples of a graph, handed out in pieces.
struct SampleData: CalibrationData {
    let count: Int
    private let inputs: [String: Tensor]
    private let pieces: Int

    init(_ graph: Graph, samples: Int, seed: UInt64, pieces: Int = 1) {
        self.init(SampleGraphs.inputs(for: graph, batch: samples, seed: seed), samples: samples, pieces: pieces)
    }

    init(_ inputs: [String: Tensor], samples: Int, pieces: Int = 1) {
        self.inputs = inputs
        self.pieces = pieces
        count = samples
    }

    func forEachPart(_ body: (_ inputs: [String: Tensor], _ samples: Int) throws -> Void) throws {
        for range in evenRanges(of: count, parts: pieces) where !range.isEmpty { try body(inputs.mapValues { $0.rows(range) }, range.count) }
    }
}
