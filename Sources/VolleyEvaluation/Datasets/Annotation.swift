/// What a data set says about the class of each sample, before a network's classes are known.
enum Annotation: Sendable {
    /// The number of the class. One-hot rows also say how many classes there are.
    case indices([Int], classes: Int?)
    /// A name: that of the folder an image lies in, or from a file of labels.
    case names([String], NameOrigin)
    /// There is nothing that can be used; the error says why and is thrown where labels are asked for.
    case missing(EvaluationError)

    /// The same for some of the samples.
    func selecting(_ samples: [Int]) -> Annotation {
        switch self {
        case .indices(let indices, let classes): .indices(samples.map { indices[$0] }, classes: classes)
        case .names(let names, let origin): .names(samples.map { names[$0] }, origin)
        case .missing: self
        }
    }

    /// A number for each of `count` samples, equal for samples of one class, in the order of the classes.
    func groups(of count: Int) -> [Int] {
        switch self {
        case .indices(let indices, _): return indices
        case .names(let names, _):
            var numbers: [String: Int] = [:]
            return names.map { name in
                let number = numbers[name] ?? numbers.count
                numbers[name] = number
                return number
            }
        case .missing: return Array(repeating: 0, count: count)
        }
    }
}

/// Where the name of a sample's class stands.
enum NameOrigin: Sendable {
    case folder
    /// The column `class` of a file of labels.
    case table(path: String)
}
