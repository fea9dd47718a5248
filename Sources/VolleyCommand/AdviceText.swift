import Volley

/// The command lines that do what a diagnosis advises, with the user's own paths.
struct AdviceText {
    let network: String
    let data: String
    /// The options that a conversion of the model takes as they were given here; nil without a model.
    let conversion: [String]?
    /// The options that tell how the data is read, and for a diagnosis how many samples.
    let reading: [String]
    let samples: [String]

    func command(for change: Advice.Change, of diagnosis: Diagnosis) -> String {
        switch change {
        case .steps(let steps):
            // Without labels nothing can be evaluated, but looked at.
            let words = diagnosis.annAccuracy == nil ? ["volley", "verify", network, data] + samples : ["volley", "evaluate", network, data]
            return line(words + ["--steps", "\(steps)"] + reading)
        case .adjustment(let adjustment): return line(["volley", "adjust", network] + options(adjustment) + ["-o", path(name(adjustment))])
        case .conversion(let label):
            if let conversion {
                return line(["volley", "convert"] + conversion + options(label) + ["-o", path(label)])
            } else {
                return "volley convert MODEL --calibration CALIBRATION " + line(options(label) + ["-o", path(label)])
            }
        }
    }

    private func options(_ adjustment: Adjustment) -> [String] {
        func factors(_ option: String, _ factors: [String: Double]) -> [String] {
            factors.sorted { $0.key < $1.key }.flatMap { [option, "\($0.key)=\(number($0.value))"] }
        }
        return factors("--raise", adjustment.raised) + factors("--refine", adjustment.refined)
            + factors("--scale", adjustment.scaled)
            + (adjustment.stepsPerOctave.map { ["--steps-per-octave", "\($0)"] } ?? [])
            + (adjustment.deadZones.map { ["--dead-zones", number($0)] } ?? [])
    }

    private func name(_ adjustment: Adjustment) -> String {
        [
            adjustment.raised.isEmpty ? nil : "raised", adjustment.refined.isEmpty ? nil : "refined",
            adjustment.scaled.isEmpty ? nil : "scaled",
            adjustment.stepsPerOctave.map { "\($0)-steps-per-octave" }, adjustment.deadZones.map { "dead-zones-\(number($0))" },
        ].compactMap(\.self).joined(separator: "-")
    }

    /// `NAME:setting=value` as options of `volley convert`.
    private func options(_ label: String) -> [String] {
        let parts = label.split(separator: ":").map(String.init)
        return ["--method", parts[0]]
            + parts.dropFirst().flatMap { part in
                let sides = part.split(separator: "=", maxSplits: 1).map(String.init)
                return ["--" + sides[0], sides[1]]
            }
    }

    /// Beside the network, called after what was done.
    private func path(_ suffix: String) -> String {
        let stem = network.hasSuffix(".volley") ? String(network.dropLast(".volley".count)) : network
        return stem + "-" + suffix.map { $0.isLetter || $0.isNumber || $0 == "." ? String($0) : "-" }.joined() + ".volley"
    }

    private func number(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }

    private func line(_ words: [String]) -> String { words.map(ShellText.word).joined(separator: " ") }
}
