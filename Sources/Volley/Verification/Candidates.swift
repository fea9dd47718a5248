internal import Foundation

/// What a diagnosis tries out: changes that its findings speak for.
struct Candidates {
    let network: SpikingNetwork
    let timeSteps: Int
    let findings: [SiteFinding]
    /// Whether there is the user's own calibration data, so that conversions that take longer are worth their time.
    let isCalibrated: Bool

    typealias Candidate = (change: Advice.Change, reason: String)

    /// From what part of a site's squared error on a cause is worth a change of its neurons.
    private static let leastPart = 0.1
    /// Fine ladders hold so many thresholds an octave.
    private static let (finer, finest) = (4, 8)
    private static let largestFactor = 0x1p20
    private static let mostNamed = 4

    /// - Parameter worst: the sites that change the outputs most.
    func adjustments(_ worst: [SiteFinding]) -> [Candidate] {
        let adjustable = findings.filter { !network.neurons[$0.site]!.isSilent && !(network.neurons[$0.site]!.model is InputNeuron) }
        return raising(adjustable, worst) + scaling(adjustable, worst) + refining(adjustable, worst) + ladders()
    }

    // MARK: The ends of ladders

    private func raising(_ sites: [SiteFinding], _ worst: [SiteFinding]) -> [Candidate] {
        let clipped = sites.filter { $0.clipped.error >= Self.leastPart && ($0.overshoot ?? 0) > 1 }
        let calibrated = network.provenance.calibrationCount.map { "; it was calibrated on \($0) samples" } ?? ""
        return changing(clipped, worst, by: { power($0.overshoot!) }, raised) { site in
            "\(percent(site.clipped.values)) of its values, and \(percent(site.clipped.error)) of its squared error, lie beyond what it can send\(calibrated)"
        } several: {
            "values of \($0) sites lie beyond what they can send\(calibrated)"
        }
    }

    private func refining(_ sites: [SiteFinding], _ worst: [SiteFinding]) -> [Candidate] {
        let silent = sites.filter { $0.silent.error >= Self.leastPart && !hasDeadZone($0) && $0.firingRate > 0 }
        return changing(silent, worst, by: finerBy, { Adjustment(refined: $0) }, one: silence) {
            "no spike is sent for values of \($0) sites that are too small for their smallest threshold"
        }
    }

    /// Ladders that have room grow, others move up.
    private func raised(_ factors: [String: Double]) -> Adjustment {
        func hasRoom(_ site: String, _ factor: Double) -> Bool {
            guard let ladder = (network.neurons[site]?.model as? MultiThresholdNeuron)?.ladder else { return true }
            return ladder.levels + Int(log2(factor)) * ladder.stepsPerOctave <= NeuronKernel.maximumLevels
        }
        let growing = factors.filter { site, factor in
            site == Adjustment.everySite ? network.neurons.keys.allSatisfy { hasRoom($0, factor) } : hasRoom(site, factor)
        }
        return Adjustment(raised: growing, scaled: factors.filter { growing[$0.key] == nil })
    }

    /// Ladders whose upper octaves nothing needs, moved down.
    private func scaling(_ sites: [SiteFinding], _ worst: [SiteFinding]) -> [Candidate] {
        let idle = sites.filter { $0.silent.error >= Self.leastPart && ($0.overshoot ?? 1) <= 0.5 && $0.overshoot != 0 }
        return changing(idle, worst, by: { power($0.overshoot!) }, { Adjustment(scaled: $0) }, one: silence) {
            "no spike is sent for small values of \($0) sites, whose largest ones reach no more than half of what they can send"
        }
    }

    private func silence(_ site: SiteFinding) -> String {
        site.firingRate == 0
            ? "it never fires: its smallest threshold is \(multiple(site.size)) times the rms of its values"
            : "no spike is sent for \(percent(site.silent.values)) of its values, which make \(percent(site.silent.error)) of its squared error"
    }

    /// A candidate for the worst of the sites, and one for all of them, where there are several.
    private func changing(
        _ sites: [SiteFinding], _ worst: [SiteFinding], by factor: (SiteFinding) -> Double, _ change: ([String: Double]) -> Adjustment,
        one: (SiteFinding) -> String, several: (Int) -> String
    ) -> [Candidate] {
        var found: [Candidate] = []
        if let site = worst.first(where: { candidate in sites.contains { $0.site == candidate.site } }) {
            found.append((.adjustment(change([site.site: factor(site)])), one(site)))
        }
        guard sites.count > 1 else { return found }
        // A command that names many sites is hard to read.
        let factors =
            sites.count > Self.mostNamed
            ? [Adjustment.everySite: sites.map(factor).max()!] : Dictionary(uniqueKeysWithValues: sites.map { ($0.site, factor($0)) })
        return found + [(.adjustment(change(factors)), several(sites.count))]
    }

    /// The power of two that is as large, with a little room.
    private func power(_ value: Double) -> Double {
        var power = 1.0
        while power < 1.1 * value, power < Self.largestFactor { power *= 2 }
        while power / 2 >= 1.1 * value, power > 1 / Self.largestFactor { power /= 2 }
        return power
    }

    /// Down to a quarter of the root mean square, by two octaves at least.
    private func finerBy(_ site: SiteFinding) -> Double { max(4, power(4 / max(site.size ?? 1, 1e-9))) }

    private func hasDeadZone(_ site: SiteFinding) -> Bool {
        (network.neurons[site.site]?.model as? MultiThresholdNeuron)?.deadZones.contains { $0 > 0 } ?? false
    }

    // MARK: All ladders

    private func ladders() -> [Candidate] {
        var found: [Candidate] = []
        let ladders = network.neurons.values.compactMap { $0.model as? MultiThresholdNeuron }
        let steps = ladders.map(\.stepsPerOctave).min() ?? Self.finest
        let reason = "values are rounded to thresholds that lie \(text(of: steps)) apart"
        for finer in [Self.finer, Self.finest] where finer > steps {
            found.append((.adjustment(Adjustment(stepsPerOctave: finer)), reason))
            // Steps that small are worth something where what is left below the smallest one is as small.
            if network.coding == .differential {
                found.append((.adjustment(Adjustment(refined: [Adjustment.everySite: 16], stepsPerOctave: finer)), reason))
            }
        }
        if network.hasDeadZones {
            let silent = findings.map(\.silent.error).max() ?? 0
            let reason = "values in dead zones make up to \(percent(silent)) of a site's squared error"
            found += [0.5, 0].map { (.adjustment(Adjustment(deadZones: $0)), reason) }
        }
        return found
    }

    private func text(of steps: Int) -> String { steps == 1 ? "an octave" : "1/\(steps) octave" }

    // MARK: Other conversions

    /// Labels of methods with settings.
    func conversions() -> [Candidate] {
        let method = network.provenance.method
        var found: [Candidate] = []
        func add(_ label: String, _ reason: String) { found.append((.conversion(label), reason)) }
        if network.coding == .rate {
            add("differential", "under differential coding neurons send corrections, and settle in fewer time-steps")
        }
        if method != FewStep.fewStep.name {
            add("differential:steps-per-octave=\(Self.finest)", "fine ladders leave little to round")
        }
        guard isCalibrated else { return found }
        if network.provenance.settings["optimal-for"] == "0", let label = changing("optimal-for", to: "\(timeSteps)") {
            add(label, "thresholds are those of quantiles, not those with the smallest error after T = \(timeSteps)")
        }
        if let clipped = findings.map(\.clipped.values).max(), findings.contains(where: { $0.cause == .clipping }) {
            for (setting, whole) in [("quantile", "1"), ("percentile", "100")] {
                guard let label = changing(setting, to: whole) else { continue }
                add(label, "up to \(percent(clipped)) of a site's values lie beyond what it can send")
            }
        }
        if timeSteps <= NeuronKernel.maximumDeadZones {
            let budget = network.provenance.settings["energy-budget"].flatMap(Double.init) ?? FewStep.suggestedBudget(steps: timeSteps)
            if method != FewStep.fewStep.name {
                add("few-step:steps=\(timeSteps)", "its dead zones are chosen for T = \(timeSteps) and an energy")
            } else {
                add("few-step:steps=\(timeSteps):energy-budget=\(Double(Int((150 * budget).rounded())) / 100)", "more energy buys smaller dead zones")
            }
        }
        return found
    }

    /// The network's own method with its own settings, but for one; nil where it has none of that name.
    private func changing(_ name: String, to text: String) -> String? {
        guard let method = try? ConversionMethods.named(network.provenance.method) else { return nil }
        let standard = method.settingValues
        guard standard.contains(where: { $0.name == name }) else { return nil }
        let kept = standard.compactMap { setting -> String? in
            guard setting.name != name, let found = network.provenance.settings[setting.name], found != setting.value else { return nil }
            return "\(setting.name)=\(found)"
        }
        return ([method.name] + kept + ["\(name)=\(text)"]).joined(separator: ":")
    }

    private func percent(_ part: Double) -> String { "\(TextTable.fixed(100 * part, part < 0.0995 ? 1 : 0)) %" }
    private func multiple(_ size: Double?) -> String { size.map { $0 > 0 ? TextTable.fixed(1 / $0, 1) : "many" } ?? "many" }
}
