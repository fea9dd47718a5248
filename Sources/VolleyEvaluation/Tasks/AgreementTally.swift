internal import VolleyTensors

/// How often the spiking network's largest estimate is where the ANN's largest output is, and how far its output is off.
struct AgreementTally: TaskTally {
    private var positions = 0
    /// By time-step.
    private var agreements: [Int]
    private var errors: [RelativeErrorTally]
    /// Positions of one sample.
    private let most: Int

    init(timeSteps: Int, shape: Shape) {
        agreements = Array(repeating: 0, count: timeSteps)
        errors = Array(repeating: RelativeErrorTally(), count: timeSteps)
        most = shape.count / max(1, shape.dimensions.last ?? 1)
    }

    mutating func add(_ sample: MeasuredSample) {
        let (rows, width) = (sample.countedRows, sample.width)
        let ann = rows.map { sample.ann!.row($0, of: width) }
        positions += rows.count
        for (step, estimates) in sample.steps.enumerated() {
            let found = rows.map { estimates.row($0, of: width) }
            agreements[step] += zip(found, ann).count { $0.largest == $1.largest }
            errors[step].add(zip(found, ann).map { (found: $0, ann: $1) })
        }
    }

    static func += (tally: inout AgreementTally, other: AgreementTally) {
        tally.positions += other.positions
        tally.agreements.add(other.agreements, by: +=)
        tally.errors.add(other.errors, by: +=)
    }

    func isPossible(beside empty: AgreementTally, samples: Int) -> Bool {
        most == empty.most && 0...samples * most ~= positions && agreements.count == empty.agreements.count
            && errors.count == empty.errors.count && agreements.allSatisfy { 0...positions ~= $0 } && errors.allSatisfy(\.isPossible)
    }

    func result(samples: Int) -> TaskResult {
        TaskResult(
            counted: positions,
            steps: agreements.indices.map {
                [String: Double]([.agreement: Double(agreements[$0]) / Double(positions), .relativeError: errors[$0].value])
            })
    }
}

extension ArraySlice<Float> {
    /// A row of a matrix `[rows, width]`.
    func row(_ index: Int, of width: Int) -> ArraySlice<Float> { self[startIndex + index * width..<startIndex + (index + 1) * width] }

    /// Where the largest element stands, the first of equal ones.
    var largest: Int {
        var best = startIndex
        for index in indices where self[index] > self[best] { best = index }
        return best - startIndex
    }
}
