import Foundation
import Testing
import Volley
import VolleyTestSupport

/// Shards of an evaluation, joined, are the bytes of one run: however many they are, in whatever order, batches and threads they ran.
@Suite struct ShardTests {
    private struct Interruption: Error {}

    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    /// Without wall times, which no two runs share.
    private func json(_ results: Results) throws -> Data {
        var results = results
        results.exits = results.exits?.map { exit in
            var exit = exit
            exit.millisecondsPerSample = 0
            return exit
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try encoder.encode(results)
    }

    private func path(_ index: Int, of count: Int) -> String { folder.file("\(index)-of-\(count).shard") }

    /// Measures one shard.
    @discardableResult
    private func measure(
        _ index: Int, of count: Int, _ evaluation: Evaluation, path: String? = nil, progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> ShardRun {
        var run = try ShardRun(try #require(Shard(index, of: count)), of: evaluation, path: path ?? self.path(index, of: count), networkDigest: "net")
        _ = try run.run(progress: progress)
        return run
    }

    /// Measures all shards, the last one first.
    /// - Parameter evaluation: for the shard of this index.
    private func merged(_ count: Int, _ evaluation: (Int) throws -> Evaluation) throws -> Results {
        for index in (1...count).reversed() { try measure(index, of: count, try evaluation(index)) }
        return try ShardFiles.merge((1...count).map { path($0, of: count) }.shuffled())
    }

    /// Samples with a class each.
    private func classes(_ samples: Int, _ settings: Evaluation.Settings) throws -> Evaluation {
        let bench = try TaskBench(features: samples)
        return try Evaluation(bench.network, on: bench.data(nil, [("y", .int64([samples], (0..<samples).map { $0 % 3 }))]), settings: settings)
    }

    // MARK: Equal bytes

    @Test(arguments: Evaluation.Task.allCases, [1, 2, 3, 7, 12]) func shardsMakeTheWhole(task: Evaluation.Task, count: Int) throws {
        let (bench, beside) = try TaskBench.of(task)
        let whole = try json(bench.evaluation(task, beside).run(networkDigest: "net"))
        let found = try merged(count) { try bench.evaluation(task, beside, batch: 1 + $0 % 3, threads: 1 + $0 % 2) }
        #expect(try json(found) == whole)
    }

    @Test(arguments: [1, 2, 3, 7]) func withoutTheANN(count: Int) throws {
        for task in [Evaluation.Task.classification, .languageModel, .regression] {
            let (bench, beside) = try TaskBench.of(task)
            let whole = try json(bench.evaluation(task, beside, ann: false).run(networkDigest: "net"))
            #expect(try json(merged(count) { _ in try bench.evaluation(task, beside, ann: false) }) == whole)
        }
    }

    /// More samples than show what rounding does, of which some are looked into.
    @Test(arguments: WeightFormat.allCases, [1, 2, 3, 7]) func roundedWeightsAndDetails(weights: WeightFormat, count: Int) throws {
        let settings = Evaluation.Settings(timeSteps: 3, batchSize: 5, weights: weights, detail: 4)
        let whole = try classes(50, settings).run(networkDigest: "net")
        #expect((whole.weightError != nil) == (weights != .fp32) && whole.detail?.samples == 4)
        #expect(try json(merged(count) { _ in try classes(50, settings) }) == json(whole))
    }

    @Test(arguments: [1, 2, 3, 7]) func samplesThatStopEarly(count: Int) throws {
        let settings = Evaluation.Settings(timeSteps: 5, batchSize: 4, limit: 23, earlyExit: [0.2, 0.6, 1])
        let whole = try classes(30, settings).run(networkDigest: "net")
        let found = try merged(count) { _ in try classes(30, settings) }
        #expect(try json(found) == json(whole) && found.samples == 23)
        for exit in try #require(found.exits) { #expect(exit.millisecondsPerSample > 0) }
    }

    @Test func allPairsOfManySamples() throws {
        let bench = try TaskBench(features: 300)
        func evaluation() throws -> Evaluation {
            try Evaluation(bench.network, on: bench.data(.embedding), settings: .init(timeSteps: 2, task: .embedding))
        }
        #expect(try json(merged(3) { _ in try evaluation() }) == json(evaluation().run(networkDigest: "net")))
    }

    // MARK: Dealing

    /// A sample's shard follows from the sample: turned around, the same data part into the same samples.
    @Test func samplesAreDealtByWhatTheyAre() throws {
        let bench = try TaskBench(features: 40)
        guard case .float32(let tensor) = bench.inputs[0].1 else { return }
        func shards(_ order: [Int], _ name: String) throws -> [Set<Int>] {
            let path = folder.file(name)
            let rows = order.flatMap { Array(tensor.values[$0 * 8..<($0 + 1) * 8]) }
            try NpzArchive.write([("features", .float32(Tensor([40, 8], rows)))], to: path)
            let data = try EvaluationData.open(path, for: bench.network.graph, preprocessing: nil, task: .agreement)
            return try (1...4).map { index in
                let file = self.path(index, of: 4)
                try? FileManager.default.removeItem(atPath: file)
                try measure(index, of: 4, try Evaluation(bench.network, on: data, settings: .init(timeSteps: 1, task: .agreement)))
                let subject = try #require(try document(file)["subject"] as? [String: Any])
                return Set(try #require(subject["samples"] as? [Int]).map { order[$0] })
            }
        }
        let (straight, turned) = (try shards(Array(0..<40), "a.npz"), try shards((0..<40).reversed(), "b.npz"))
        #expect(straight == turned && straight.allSatisfy { $0.count == 10 } && Set(straight.flatMap(\.self)).count == 40)
    }

    // MARK: Again

    @Test(arguments: Evaluation.Task.allCases) func interruptedShardsGoOn(task: Evaluation.Task) throws {
        let (bench, beside) = try TaskBench.of(task)
        let whole = try json(bench.evaluation(task, beside).run(networkDigest: "net"))
        for index in 1...2 {
            var rounds = 0
            while true {
                rounds += 1
                var isFirst = true
                do {
                    try measure(index, of: 2, try bench.evaluation(task, beside, batch: 2)) { done, total in
                        defer { isFirst = false }
                        if !isFirst, done < total { throw Interruption() }
                    }
                    break
                } catch is Interruption {
                    let error = #expect(throws: EvaluationError.self) { try ShardFiles.merge([path(index, of: 2)]) }
                    #expect(error?.message.contains("is not finished") == true)
                }
            }
            #expect(rounds == 3)
        }
        #expect(try json(ShardFiles.merge([path(1, of: 2), path(2, of: 2)])) == whole)
    }

    @Test func aShardThatIsRunAgainReplacesItself() throws {
        let (bench, beside) = try TaskBench.of(.agreement)
        let whole = try json(bench.evaluation(.agreement, beside).run(networkDigest: "net"))
        for index in 1...2 { #expect(try !measure(index, of: 2, bench.evaluation(.agreement, beside)).replacesFile) }
        let bytes = try folder.bytes("2-of-2.shard")
        // The same once more measures nothing.
        var calls = 0
        let again = try measure(2, of: 2, bench.evaluation(.agreement, beside)) { _, _ in calls += 1 }
        #expect(calls == 0 && again.isFinished && !again.replacesFile)
        #expect(try folder.bytes("2-of-2.shard") == bytes)
        // What is cut off, of another version or of other settings gives way.
        let text = String(decoding: bytes, as: UTF8.self)
        let old = Array(text.replacing("shard \(volleyVersion) ", with: "shard 0.0.1 ").utf8)
        try measure(1, of: 2, bench.evaluation(.agreement, beside, limit: 5), path: folder.file("other"))
        for content in [Array(bytes.dropLast(9)), old, try folder.bytes("other")] {
            try folder.write(content, to: "2-of-2.shard")
            #expect(try measure(2, of: 2, bench.evaluation(.agreement, beside)).replacesFile)
            #expect(try folder.bytes("2-of-2.shard") == bytes)
        }
        // Twice the same is fine.
        #expect(try json(ShardFiles.merge([1, 2, 1, 2].map { path($0, of: 2) })) == whole)
        // What is no shard stays.
        try folder.write(Array("notes\n".utf8), to: "2-of-2.shard")
        let error = #expect(throws: EvaluationError.self) { try measure(2, of: 2, bench.evaluation(.agreement, beside)) }
        #expect(error?.code == .shards)
        #expect(try folder.bytes("2-of-2.shard") == Array("notes\n".utf8))
    }

    // MARK: Refused

    private func refuse(_ paths: [String], _ words: String...) {
        let error = #expect(throws: EvaluationError.self) { try ShardFiles.merge(paths) }
        #expect(error?.code == .shards)
        let text = error.map { "\($0)" } ?? ""
        for word in words { #expect(text.contains(word), "\(text)") }
    }

    @Test func whatDoesNotMakeAWholeIsRefused() throws {
        let (bench, beside) = try TaskBench.of(.classification)
        for count in [2, 3] { for index in 1...count { try measure(index, of: count, bench.evaluation(.classification, beside)) } }
        let (one, two) = (path(1, of: 3), path(2, of: 3))
        refuse([])
        refuse([one, two], "1 of 3 shards is missing", "3/3", one, two)
        refuse([two], "2 of 3 shards are missing", "1/3", "3/3")
        refuse([one, two, path(2, of: 2)], "overlap", one, path(2, of: 2))

        func other(_ evaluation: Evaluation, network: String = "net") throws -> String {
            try? FileManager.default.removeItem(atPath: folder.file("other"))
            var run = try ShardRun(try #require(Shard(3, of: 3)), of: evaluation, path: folder.file("other"), networkDigest: network)
            _ = try run.run()
            return folder.file("other")
        }
        refuse([one, two, try other(bench.evaluation(.classification, beside), network: "another")], "the network.", one, "other")
        let labels = NpyContent.int64([TaskBench.samples, TaskBench.positions], TaskBench.ids.map { ($0 + 1) % TaskBench.tokens })
        refuse([one, two, try other(bench.evaluation(.classification, [("labels", labels)]))], "the data.", one, "other")
        refuse([one, two, try other(bench.evaluation(.classification, beside, limit: 9))], "the limit of samples", "other")
        refuse([one, two, try other(bench.evaluation(.embedding, beside))], "the task", "other")
        refuse([one, two, try other(bench.evaluation(.classification, beside, ann: false))], "whether the ANN answers.", "other")
    }

    /// Two machines take different times for the same shard: whose are right nobody knows.
    @Test func shardsThatSayDifferentThingsAreRefused() throws {
        let settings = Evaluation.Settings(timeSteps: 3, earlyExit: [0.5])
        for index in 1...2 { try measure(index, of: 2, classes(12, settings)) }
        try measure(2, of: 2, classes(12, settings), path: folder.file("again"))
        refuse([path(1, of: 2), path(2, of: 2), folder.file("again")], "Two files hold shard 2/2", path(2, of: 2), "again")
    }

    @Test func whatIsNoShardIsRefused() throws {
        let (bench, beside) = try TaskBench.of(.agreement)
        for index in 1...2 { try measure(index, of: 2, bench.evaluation(.agreement, beside)) }
        let bytes = try folder.bytes("2-of-2.shard")
        let text = String(decoding: bytes, as: UTF8.self)
        let broken = folder.file("broken")
        for (content, words) in [
            (Array(bytes.dropLast(20)), "cut off"), (Array("{}".utf8), "no shard"), ([], "no shard"),
            (Array(text.replacing("shard \(volleyVersion) ", with: "shard 0.0.1 ").utf8), "0.0.1"),
            (Array(text.replacing("\"position\":5", with: "\"position\":4").utf8), "altered"),
        ] {
            try folder.write(content, to: "broken")
            refuse([path(1, of: 2), broken], words, broken)
        }
        #expect(throws: FileError.self) { try ShardFiles.merge([folder.file("nowhere")]) }
    }

    private func document(_ path: String) throws -> [String: Any] {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        let content = Data(bytes[(bytes.firstIndex(of: UInt8(ascii: "\n"))! + 1)...])
        return try #require(try JSONSerialization.jsonObject(with: content) as? [String: Any])
    }

    /// Every number of a shard in turn becomes one that cannot be, under the right digest: whatever is said, nothing crashes, and sums that
    /// contradict each other are not believed.
    @Test(arguments: Evaluation.Task.allCases) func impossibleNumbersAreRefused(task: Evaluation.Task) throws {
        let (bench, beside) = try TaskBench.of(task)
        try measure(1, of: 1, bench.evaluation(task, beside))
        try replaceEveryNumber()
    }

    @Test func impossibleNumbersOfEarlyExitAreRefused() throws {
        try measure(1, of: 1, classes(12, .init(timeSteps: 2, earlyExit: [0.5])))
        try replaceEveryNumber()
    }

    private func replaceEveryNumber() throws {
        let document = try document(path(1, of: 1))
        let places = Self.numbers(document)
        #expect(places.count { $0.starts(with: ["tally", "tally"]) } > 20)
        for place in places {
            for value in [-1, 5 * Int(Int32.max), Int.max] {
                let changed = [UInt8](
                    try JSONSerialization.data(withJSONObject: Self.replacing(document, place[...], by: value), options: .sortedKeys))
                let title = "volley shard \(volleyVersion) \(SHA256.digest(of: changed).hexadecimal)\n"
                try folder.write(Array(title.utf8) + changed, to: "changed")
                do {
                    _ = try ShardFiles.merge([folder.file("changed")])
                    #expect(value != .max || !place.starts(with: ["tally", "tally"]), "\(place)")
                } catch let error as EvaluationError {
                    #expect(error.code == .shards)
                }
            }
        }
    }

    /// The paths of all numbers.
    private static func numbers(_ value: Any) -> [[String]] {
        if let object = value as? [String: Any] { return object.flatMap { key, value in numbers(value).map { [key] + $0 } } }
        if let array = value as? [Any] { return array.prefix(3).enumerated().flatMap { index, value in numbers(value).map { ["\(index)"] + $0 } } }
        return value is NSNumber ? [[]] : []
    }

    private static func replacing(_ value: Any, _ place: ArraySlice<String>, by number: Int) -> Any {
        guard let key = place.first else { return number }
        if var object = value as? [String: Any] {
            object[key] = replacing(object[key]!, place.dropFirst(), by: number)
            return object
        }
        var array = value as! [Any]
        array[Int(key)!] = replacing(array[Int(key)!], place.dropFirst(), by: number)
        return array
    }
}
