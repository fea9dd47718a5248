internal import Foundation
public import VolleyEvaluation
public import VolleyTensors

/// A file that an evaluation wrote, read again.
public enum ResultFile {
    /// More than the results of any network take.
    private static let largest = 1 << 30

    /// - Throws: `FileError`, ``ReportError`` for what is no result file, or one whose figures contradict each other.
    public static func read(_ path: String) throws -> Results {
        let file = try InputFile(path: path)
        guard file.count <= largest else { throw ReportError(path, "This file is too large for the results of an evaluation (\(file.count) bytes).") }
        let data = Data(try file.allBytes)
        let results: Results
        do {
            results = try JSONDecoder().decode(Results.self, from: data)
        } catch {
            throw ReportError(path, reason(data, error))
        }
        if let problem = contradiction(in: results) {
            throw ReportError(path, "This result file was altered or damaged: \(problem). Measure again.")
        }
        return results
    }

    private static func reason(_ data: Data, _ error: any Error) -> String {
        let expected = "Expected is what an evaluation writes as JSON"
        guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            return "This is not a result file: it is no JSON object. \(expected)."
        }
        if object["entries"] != nil, object["unfit"] != nil {
            return "This is a comparison of methods, not the results of one evaluation. \(expected), of one network."
        }
        var place = ""
        if let error = error as? DecodingError {
            switch error {
            case .keyNotFound(let key, let context): place = "'\((context.codingPath + [key]).map(\.stringValue).joined(separator: "."))' is missing"
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
                place = "'\(context.codingPath.map(\.stringValue).joined(separator: "."))' is not what it should be"
            @unknown default: place = "it cannot be read"
            }
        }
        if let version = object["version"] as? String, object["steps"] != nil, version != volleyVersion {
            return "This was written by version \(version), and this is \(volleyVersion), which cannot read it: \(place). Measure again."
        }
        return "This is not a result file: \(place). \(expected)."
    }

    /// What cannot be, in words; nil where all fits.
    private static func contradiction(in results: Results) -> String? {
        guard results.samples >= 1 else { return "it rests on \(results.samples) samples" }
        guard !results.steps.isEmpty || results.exits?.isEmpty == false else { return "it holds no time-steps" }
        guard zip([0] + results.steps.map(\.step), results.steps.map(\.step)).allSatisfy(<) else { return "its time-steps do not ascend from 1" }
        let exits = results.exits ?? []
        var fractions: [Double?] = [results.ann?.top1, results.ann?.top5]
        for step in results.steps { fractions += [step.top1, step.top5, step.agreement] }
        for exit in exits { fractions += [exit.top1, exit.top5, exit.agreement, exit.reached] + exit.stops }
        for figure in results.task.figures where figure.style == .fraction {
            fractions += results.steps.map { $0.figures?[figure.key] } + [results.annFigures?[figure.key]]
        }
        if results.task == .classification, results.steps.contains(where: { $0.top1 == nil || $0.top5 == nil }) {
            return "a time-step of a classification has no accuracy"
        }
        if let reading = results.reading, reading.counted < 1 { return "it rests on \(reading.counted) positions" }
        guard fractions.allSatisfy({ 0...1 ~= $0 ?? 0 }) else { return "a fraction of samples is not within 0…1" }
        let intervals =
            results.steps.compactMap(\.top1Interval) + exits.map(\.top1Interval) + [results.annTop1Interval].compactMap(\.self)
        guard intervals.allSatisfy({ 0 <= $0.lower && $0.lower <= $0.upper && $0.upper <= 1 }) else { return "an interval has no order" }
        for site in results.sites {
            guard site.codes.count == site.thresholds.count, site.spikesPerLevel.allSatisfy({ $0.count == site.codes.count }), site.neurons >= 0
            else {
                return "site '\(site.name)' does not have a number for each of its codes"
            }
        }
        if let confusion = results.confusion {
            let classes = 0..<max(1, confusion.classes)
            let cells = confusion.spiking + (confusion.ann ?? [])
            guard confusion.classes >= 1, cells.allSatisfy({ classes ~= $0.label && classes ~= $0.answer && $0.samples >= 0 }) else {
                return "its confusion names classes that there are not"
            }
        }
        return nil
    }
}

/// A result file that cannot be reported on.
public struct ReportError: InputError {
    public let path: String
    public let message: String

    init(_ path: String, _ message: String) { (self.path, self.message) = (path, message) }

    public var description: String { "\(path): \(message)" }
}
