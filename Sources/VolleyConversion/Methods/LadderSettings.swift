internal import VolleySpiking
internal import VolleyTensors

extension MethodSetting {
    /// m, the same for every method on ladders.
    static func stepsPerOctave(_ path: Path<Int>) -> MethodSetting {
        MethodSetting(
            "steps-per-octave", path, symbol: "m", unit: "1", range: "1, 2, 4, 8", rule: "is one of 1, 2, 4, 8",
            meaning: "thresholds per octave: 1 doubles from one to the next, more make finer ladders", parse: { Int($0) },
            isAllowed: { ThresholdLadder.possibleStepsPerOctave.contains($0) })
    }
}

extension ThresholdLadder {
    /// How many thresholds 12 octaves have, as far as there may be so many: what finer ladders take where nothing is said, since their steps are
    /// smaller than what 8 octaves leave unsent.
    static func levelsOfTwelveOctaves(stepsPerOctave: Int) -> Int { min(12 * max(1, stepsPerOctave), NeuronKernel.maximumLevels) }
}
