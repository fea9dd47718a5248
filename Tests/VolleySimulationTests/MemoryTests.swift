#if canImport(Glibc)
import Glibc
import Testing
import VolleyGraph
import VolleySimulation
import VolleySpiking
import VolleyTensors
import VolleyTestSupport

/// After the first batches a session works in the memory that it has.
@Suite struct MemoryTests {
    /// Pages touched for the first time in one batch, for the runtime's own. A fresh copy of one value is 49 pages in one
    /// step and 196 in four.
    private static let pagesPerBatch = 16
    /// From this size on the C library takes memory from the system and gives it back at once, so that every fresh array
    /// is seen. Setting it keeps it from being raised on the way.
    private static let freshBytes: Int32 = 128 * 1024
    private static let mmapThreshold: Int32 = -3
    /// What smaller arrays leave stays with the process.
    private static let trimThreshold: Int32 = -1

    /// `mallopt`, which the Swift module of the C library leaves out.
    private static func setMallocOption(_ option: Int32, _ value: Int32) -> Int32 {
        typealias Function = @convention(c) (Int32, Int32) -> Int32
        guard let address = unsafe dlsym(nil, "mallopt") else { return 0 }
        return unsafe unsafeBitCast(address, to: Function.self)(option, value)
    }

    private static func faults() -> Int {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_minflt
    }

    /// Page faults in each of ten batches behind three others. Values hold up to 1.6 MB: 4 samples, 4 time-steps, 197
    /// tokens of 128.
    private static func faultsPerBatch(_ order: Session.Order, _ weights: WeightFormat, ann: Bool = false) throws -> Int {
        #expect(setMallocOption(mmapThreshold, freshBytes) == 1 && setMallocOption(trimThreshold, .max) == 1)
        let graph = try SampleGraphs.transformer(depth: 2, size: 56, patch: 4, width: 64, heads: 4)
        let network = try SampleNetworks.network(graph, coding: .differential)
        let inputs = SampleGraphs.inputs(for: network.graph, batch: 4, seed: 51)
        var session = Session(try Program(network, timeSteps: 4, weights: weights), order: order)
        func run() throws { if ann { _ = try session.runANN(inputs) } else { _ = try session.run(inputs) } }
        for _ in 0..<3 { try run() }
        let before = faults()
        for _ in 0..<10 { try run() }
        return (faults() - before) / 10
    }

    @Test func layerSequentialRunsTakeNoNewMemory() async {
        await #expect(processExitsWith: .success) {
            let floats = try Self.faultsPerBatch(.layerSequential, .fp32)
            #expect(floats < Self.pagesPerBatch)
            let integers = try Self.faultsPerBatch(.layerSequential, .int16)
            #expect(integers < Self.pagesPerBatch)
        }
    }

    @Test func stepSequentialRunsTakeNoNewMemory() async {
        await #expect(processExitsWith: .success) {
            let faults = try Self.faultsPerBatch(.stepSequential, .fp32)
            #expect(faults < Self.pagesPerBatch)
        }
    }

    @Test func theANNTakesNoNewMemory() async {
        await #expect(processExitsWith: .success) {
            let faults = try Self.faultsPerBatch(.layerSequential, .fp32, ann: true)
            #expect(faults < Self.pagesPerBatch)
        }
    }
}
#endif
