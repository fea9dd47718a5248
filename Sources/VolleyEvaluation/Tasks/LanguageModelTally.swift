internal import Foundation
internal import VolleyTensors

/// How well the next token is foretold.
struct LanguageModelTally: TaskTally {
    private struct Sums: Sendable, Hashable, Codable {
        var negativeLogLikelihood = ExactSum()
        var right = 0

        /// - Parameter logits: by position.
        mutating func add(_ logits: ArraySlice<Float>, _ targets: [(position: Int, token: Int)], width: Int) {
            var sum = 0.0
            for (position, token) in targets {
                let row = logits.row(position, of: width)
                let largest = row.largest
                if largest == token { right += 1 }
                let top = Double(row[row.startIndex + largest])
                let partition = row.reduce(0.0) { $0 + exp(Double($1) - top) }
                sum += log(partition) + top - Double(row[row.startIndex + token])
            }
            negativeLogLikelihood += sum
        }

        static func += (sums: inout Sums, other: Sums) {
            sums.negativeLogLikelihood += other.negativeLogLikelihood
            sums.right += other.right
        }

        func isPossible(of tokens: Int) -> Bool { 0...tokens ~= right && negativeLogLikelihood.value >= 0 }
    }

    private var tokens = 0
    /// nil where the ANN is left out.
    private var ann: Sums?
    /// By time-step.
    private var steps: [Sums]
    /// Tokens of one sample that can be foretold.
    private let most: Int

    init(timeSteps: Int, shape: Shape, comparesWithANN: Bool) {
        steps = Array(repeating: Sums(), count: timeSteps)
        ann = comparesWithANN ? Sums() : nil
        most = shape[0] - 1
    }

    mutating func add(_ sample: MeasuredSample) {
        let targets = sample.targets.enumerated().filter { $0.element >= 0 }.map { (position: $0.offset, token: $0.element) }
        tokens += targets.count
        if let logits = sample.ann { ann?.add(logits, targets, width: sample.width) }
        for (step, logits) in sample.steps.enumerated() { steps[step].add(logits, targets, width: sample.width) }
    }

    static func += (tally: inout LanguageModelTally, other: LanguageModelTally) {
        tally.tokens += other.tokens
        tally.ann.add(other.ann, by: +=)
        tally.steps.add(other.steps, by: +=)
    }

    func isPossible(beside empty: LanguageModelTally, samples: Int) -> Bool {
        most == empty.most && 0...samples * most ~= tokens && (ann == nil) == (empty.ann == nil) && steps.count == empty.steps.count
            && (steps + [ann].compactMap(\.self)).allSatisfy { $0.isPossible(of: tokens) }
    }

    func result(samples: Int) -> TaskResult {
        let count = Double(tokens)
        func figures(_ sums: Sums, beside ann: Sums?) -> [String: Double] {
            let loss = sums.negativeLogLikelihood.value / count
            return [String: Double]([
                .perplexity: exp(loss), .perplexityRatio: ann.map { exp(loss - $0.negativeLogLikelihood.value / count) },
                .negativeLogLikelihood: loss, .nextTokenAccuracy: Double(sums.right) / count,
            ])
        }
        return TaskResult(counted: tokens, ann: ann.map { figures($0, beside: nil) } ?? [:], steps: steps.map { figures($0, beside: ann) })
    }
}
