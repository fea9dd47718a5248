extension Results {
    /// Which class was taken for which: after the last time-step, or where samples stop at the largest margin.
    public struct Confusion: Sendable, Hashable, Codable {
        /// So many samples of class `label` were answered with class `answer`.
        public struct Cell: Sendable, Hashable, Codable {
            public var label: Int
            public var answer: Int
            public var samples: Int
        }

        /// The number of classes.
        public var classes: Int
        /// Of the classes, where the network knows them.
        public var names: [String]?
        /// The spiking network's answers: what never occurs is left out, the rest in the order of the classes.
        public var spiking: [Cell]
        /// The ANN's; nil where it was left out.
        public var ann: [Cell]?
    }
}

/// The running counts of what was answered to samples of each class.
struct AnswerTally: Sendable, Hashable, Codable {
    private let classes: Int
    /// By `label · classes + answer`.
    private var spiking: [Int: Int] = [:]
    /// nil where the ANN is left out.
    private var ann: [Int: Int]?

    init(classes: Int, comparesWithANN: Bool) {
        self.classes = classes
        if comparesWithANN { ann = [:] }
    }

    mutating func add(_ label: Int, spiking answer: Int, ann annAnswer: Int?) {
        spiking[label * classes + answer, default: 0] += 1
        if let annAnswer { ann?[label * classes + annAnswer, default: 0] += 1 }
    }

    static func += (tally: inout AnswerTally, other: AnswerTally) {
        tally.spiking.merge(other.spiking, uniquingKeysWith: +)
        tally.ann.add(other.ann) { $0.merge($1, uniquingKeysWith: +) }
    }

    /// Whether these can be counts of so many samples.
    /// - Parameters:
    ///   - right: how many answers of the spiking network are right.
    ///   - annRight: how many of the ANN's are.
    func isPossible(beside empty: AnswerTally, samples: Int, right: Int?, ann annRight: Int?) -> Bool {
        guard classes == empty.classes, (ann == nil) == (empty.ann == nil) else { return false }
        func isPossible(_ counts: [Int: Int], right: Int?) -> Bool {
            guard counts.allSatisfy({ 0..<classes * classes ~= $0.key && 1...max(1, samples) ~= $0.value }), counts.count <= samples else {
                return false
            }
            let onDiagonal = counts.reduce(0) { $0 + ($1.key % (classes + 1) == 0 ? $1.value : 0) }
            return counts.values.reduce(0, +) == samples && onDiagonal == right ?? onDiagonal
        }
        return isPossible(spiking, right: right) && ann.map { isPossible($0, right: annRight) } ?? true
    }

    func results(names: [String]?) -> Results.Confusion {
        func cells(_ counts: [Int: Int]) -> [Results.Confusion.Cell] {
            counts.sorted { $0.key < $1.key }.map { .init(label: $0.key / classes, answer: $0.key % classes, samples: $0.value) }
        }
        return Results.Confusion(classes: classes, names: names, spiking: cells(spiking), ann: ann.map(cells))
    }
}
