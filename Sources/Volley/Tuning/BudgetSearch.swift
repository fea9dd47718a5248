internal import Foundation

/// Which energy budget of few-step to try next, so that its networks come close to a bound. What it says follows from what was measured, so an
/// interrupted search goes the same way again.
struct BudgetSearch {
    let bound: TuningBound

    /// Networks of one T and one ladder, by energy.
    private struct Family {
        var method: FewStep
        var points: [(energy: Double, loss: Double, budget: Double?)]
    }

    /// Budgets that differ by less than this part are one.
    private static let resolution = 0.02
    /// Where no network is beyond the bound yet, how far the next one is.
    private static let stride = 1.3

    /// A budget as labels have it: three significant digits.
    static func text(_ budget: Double) -> String {
        let digits = pow(10, 2 - floor(log10(budget)))
        return "\((budget * digits).rounded() / digits)"
    }

    /// - Parameters:
    ///   - methods: by label, what was tried.
    ///   - entries: what was measured of it.
    /// - Returns: nil where nothing is left that could be better.
    func next(_ methods: [String: any ConversionMethod], _ entries: [TuningResults.Entry]) -> MethodCandidate? {
        let best = bound.choice(of: entries).flatMap { choice in
            TuningResults.points(of: entries).first { $0.choice == choice }
        }
        let proposals = families(methods, entries).compactMap { family in
            proposal(family, best: best.map { ($0.point.energy, $0.loss) }).map { (family.method, $0) }
        }
        // What promises most: the least energy, or the least loss.
        guard let found = proposals.min(by: { $0.1.promise < $1.1.promise }) else { return nil }
        var settings = [(name: "steps", value: "\(found.0.steps)")]
        if found.0.stepsPerOctave != FewStep.fewStep.stepsPerOctave {
            settings.append(("steps-per-octave", "\(found.0.stepsPerOctave)"))
        }
        settings.append(("energy-budget", Self.text(found.1.budget)))
        guard let next = try? MethodCandidate("few-step", settings: settings), methods[next.label] == nil else { return nil }
        return next
    }

    private func families(_ methods: [String: any ConversionMethod], _ entries: [TuningResults.Entry]) -> [Family] {
        var families: [Family] = []
        for entry in entries {
            guard let method = methods[entry.label] as? FewStep, let point = entry.points.first, let loss = point.loss else { continue }
            var own = method
            own.energyBudget = nil
            // Fields that labels of this search do not state stay as they are.
            var plain = FewStep.fewStep
            (plain.steps, plain.stepsPerOctave) = (own.steps, own.stepsPerOctave)
            guard own == plain else { continue }
            let measured = (point.energy, loss, method.energyBudget)
            if let index = families.firstIndex(where: { $0.method == own }) {
                families[index].points.append(measured)
            } else {
                families.append(Family(method: own, points: [measured]))
            }
        }
        for index in families.indices { families[index].points.sort { $0.energy < $1.energy } }
        return families
    }

    /// A budget whose network may be better than the best one, and what it promises, less for more.
    private func proposal(_ family: Family, best: (energy: Double, loss: Double)?) -> (budget: Double, promise: Double)? {
        switch bound {
        case .loss(let most):
            let (within, beyond) = (family.points.first { $0.loss <= most }, family.points.last { $0.loss > most })
            let energy: Double
            switch (within, beyond) {
            case (let within?, let beyond?) where beyond.energy < within.energy:
                guard within.energy > (1 + 2 * Self.resolution) * beyond.energy else { return nil }
                energy = (within.energy * beyond.energy).squareRoot()
            case (let within?, _): energy = within.energy / Self.stride
            case (nil, let beyond?):
                // Where more energy bought none any more, all is sent already.
                let before = family.points.dropLast().last?.energy ?? 0
                guard beyond.energy > (1 + Self.resolution) * before else { return nil }
                energy = beyond.energy * Self.stride
            case (nil, nil): return nil
            }
            guard energy < (1 - Self.resolution) * (best?.energy ?? .infinity), isNew(energy, in: family) else { return nil }
            return (energy, energy)
        case .energy(let most):
            let within = family.points.last { $0.energy <= most }
            if let within, within.energy > (1 - Self.resolution) * most { return nil }
            // What calibration samples cost and what others do differ: the budget nearest to the bound says by how much.
            let near = family.points.min { abs($0.energy - most) < abs($1.energy - most) }!
            let tried = near.budget.flatMap { abs($0 / most - 1) < 0.1 ? $0 : nil }
            let budget = tried.map { $0 * most / near.energy * (1 - Self.resolution / 4) } ?? most
            let isFar = within == nil && near.energy > Self.stride * most
            guard isNew(budget, in: family), !isFar || best == nil else { return nil }
            return (budget, within?.loss ?? .infinity)
        }
    }

    private func isNew(_ budget: Double, in family: Family) -> Bool {
        !family.points.contains { $0.budget.map { Self.text($0) == Self.text(budget) } ?? false }
    }
}
