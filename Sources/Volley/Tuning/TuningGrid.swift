/// What a tuning tries first: methods with a few values of the fields that matter most, coarsely spaced.
public enum TuningGrid {
    /// - Parameter steps: the time-steps that are looked at, ascending.
    public static func candidates(steps: [Int]) -> [MethodCandidate] {
        (fewStep(steps) + ladders(steps)).map(candidate) + papers
    }

    private typealias Fields = (name: String, settings: [(name: String, value: String)])

    private static func candidate(_ fields: Fields) -> MethodCandidate {
        guard let found = try? MethodCandidate(fields.name, settings: fields.settings) else {
            preconditionFailure("the grid sets \(fields.settings) of \(fields.name)")
        }
        return found
    }

    /// Energies around what is suggested for each T, the finest ladder; a coarser one at that energy.
    private static func fewStep(_ steps: [Int]) -> [Fields] {
        steps.flatMap { step -> [Fields] in
            var method = FewStep.fewStep
            method.steps = step
            // Dead zones have so many steps at most.
            guard (try? method.validate()) != nil else { return [] }
            let suggested = FewStep.suggestedBudget(steps: step)
            let energies = [0.7, 1.4].map { (name: "energy-budget", value: BudgetSearch.text($0 * suggested)) }
            let own = (name: "steps", value: "\(step)")
            return [("few-step", [own])] + energies.map { ("few-step", [own, $0]) } + [("few-step", [own, ("steps-per-octave", "4")])]
        }
    }

    /// Ladders of thresholds from quantiles: how fine, how long, and from what on they are silent; and those for each T.
    private static func ladders(_ steps: [Int]) -> [Fields] {
        let finer = [2, 4, 8].flatMap { m in
            ["none", "0.1,0.03", "0.2,0.1"].map { zone -> Fields in
                ("differential", [("steps-per-octave", "\(m)")] + (zone == "none" ? [] : [("dead-zone", zone)]))
            }
        }
        let methods = ["differential", "ecmt"]
        let plain = methods.map { name -> Fields in (name, []) } + [("differential", [("levels", "12")]), ("ecmt", [("steps-per-octave", "4")])]
        return plain + finer + methods.flatMap { name in steps.map { (name, [("optimal-for", "\($0)")]) } }
    }

    /// The other methods, as their papers have them.
    private static var papers: [MethodCandidate] {
        ConversionMethods.all.filter { !["few-step", "differential", "ecmt"].contains($0.name) }.map { MethodCandidate($0) }
    }
}

extension ConversionMethod {
    /// The time-steps at which a network by this method is worth a look: the one that it was made for, where it was made for one.
    func steps(among steps: [Int]) -> [Int] {
        switch self {
        case let method as FewStep: [method.steps]
        case let method as MultiThreshold where method.optimalSteps > 0: [method.optimalSteps]
        default: steps
        }
    }
}
