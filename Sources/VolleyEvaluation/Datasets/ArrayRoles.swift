import VolleyTensors

/// Which arrays of an `.npz` file hold the samples and which the labels.
///
/// These are tried in order: what the caller names (`x`, `y`); arrays called `x` and `y`; an array called like the network's input; a
/// name that is usual for it, alone or with the part of the data before or behind it (`X_test`, `train_images`), as far as
/// only one array has such a name. Labels are of the same part as the samples.
struct ArrayRoles {
    let samples: String
    /// The labels' array, or why there is none: calibration does not need labels.
    let labels: Result<String, EvaluationError>

    private static let sampleNames: Set<String> = [
        "x", "image", "images", "input", "inputs", "data", "sample", "samples", "features", "pixels", "pixel_values",
    ]
    private static let labelNames: Set<String> = ["y", "label", "labels", "target", "targets", "class", "classes"]
    private static let parts: Set<String> = ["train", "training", "test", "testing", "val", "valid", "validation", "eval", "calibration"]

    init(_ names: [String], chosen: [String: String], input: String?, path: String) throws {
        func failure(_ message: String, _ remedy: Remedy, expected: String, found: [String]) -> EvaluationError {
            Self.failure(message, remedy, expected: expected, found: found, path)
        }
        let choice = Remedy(.arrays)
        for (role, name) in chosen.sorted(by: { $0.key < $1.key }) {
            guard role == "x" || role == "y" || role == input else {
                throw failure(
                    "\(choice) names the array of 'x', the samples, or 'y', the labels.", choice, expected: "x=NAME or y=NAME",
                    found: ["\(role)=\(name)"])
            }
            guard names.contains(name) else {
                throw failure("There is no array '\(name)', which \(choice) names.", choice, expected: "one of the file's arrays", found: names)
            }
        }
        let candidates = names.filter { Self.split($0).map { Self.sampleNames.contains($0.base) } ?? false }
        if let named = chosen["x"] ?? input.flatMap({ chosen[$0] }) {
            samples = named
        } else if let exact = ["x", input].compactMap({ $0 }).first(where: names.contains) {
            samples = exact
        } else if candidates.count == 1 {
            samples = candidates[0]
        } else {
            let choice = Remedy(.arrays, "x=\(candidates.first ?? names.first ?? "NAME")")
            throw failure(
                candidates.isEmpty
                    ? "No array is called 'x': name the one with the samples, as in \(choice)."
                    : "Several arrays may hold the samples: name one, as in \(choice).",
                choice, expected: "an array x, and y with its labels for measuring", found: names)
        }
        labels = Self.labels(among: names, chosen: chosen, of: samples, path: path)
    }

    /// - Parameter samples: the array of the samples; nil where they are in several.
    static func labels(among names: [String], chosen: [String: String], of samples: String?, path: String) -> Result<String, EvaluationError> {
        let part = samples.flatMap { split($0)?.part }
        let labelled = names.filter { name in
            !chosen.values.contains(name) && (split(name).map { labelNames.contains($0.base) && (part == nil || $0.part == part) } ?? false)
        }
        if let named = chosen["y"] { return .success(named) }
        if part == nil, names.contains("y"), samples != "y" { return .success("y") }
        if labelled.count == 1 { return .success(labelled[0]) }
        let choice = Remedy(.arrays, "y=\(labelled.first ?? "NAME")")
        let whose = samples.map { "'\($0)'" } ?? "these samples"
        return .failure(
            failure(
                labelled.isEmpty
                    ? "There are no labels for \(whose): add them as an array y, or name it, as in \(choice)."
                    : "Several arrays may hold the labels of \(whose): name one, as in \(choice).",
                choice, expected: "an array y", found: names, path))
    }

    private static func failure(
        _ message: String, _ remedy: Remedy, expected: String, found: [String], _ path: String
    ) -> EvaluationError {
        EvaluationError(
            .malformedDataset, message,
            context: .init(file: path, expected: expected, found: found.isEmpty ? "no arrays" : found.listed(12)), remedies: [remedy])
    }

    /// "X_test" is "x" of "test"; nil for names of more than two such parts.
    private static func split(_ name: String) -> (base: String, part: String?)? {
        let name = name.lowercased()
        if sampleNames.contains(name) || labelNames.contains(name) { return (name, nil) }
        let words = name.split(separator: "_").map(String.init)
        guard words.count >= 2 else { return (name, nil) }
        if parts.contains(words.last!) { return (words.dropLast().joined(separator: "_"), words.last) }
        if parts.contains(words[0]) { return (words.dropFirst().joined(separator: "_"), words[0]) }
        return nil
    }
}
