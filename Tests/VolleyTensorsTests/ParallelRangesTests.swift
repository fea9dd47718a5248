import Testing
import VolleyTensors

@Suite struct ParallelRangesTests {
    private struct Failure: Error, Equatable { var worker: Int }

    @Test(arguments: [0, 1, 2, 3, 7, 16, 100], [1, 2, 3, 7, 200]) func evenRangesCoverEverythingOnce(count: Int, parts: Int) {
        let ranges = evenRanges(of: count, parts: parts)
        #expect(ranges.flatMap { Array($0) } == Array(0..<count))
        #expect(ranges.count == max(1, min(count, parts)))
        let lengths = ranges.map(\.count)
        #expect(lengths.max()! - lengths.min()! <= 1)
    }

    @Test(arguments: [0, 1, 5, 64], [1, 2, 3, 7]) func everyRangeRunsOnceAndResultsKeepTheirOrder(count: Int, threads: Int) throws {
        let results = try parallelRanges(count, threads: threads) { worker, range in (worker, range) }
        #expect(results.map(\.0) == Array(0..<results.count))
        #expect(results.map(\.1) == evenRanges(of: count, parts: threads))
    }

    @Test(arguments: [1, 2, 7]) func theErrorOfTheFirstRangeIsThrown(threads: Int) {
        #expect(throws: Failure(worker: threads / 2)) {
            _ = try parallelRanges(20, threads: threads) { worker, _ in
                if worker >= threads / 2 { throw Failure(worker: worker) }
            }
        }
    }
}
