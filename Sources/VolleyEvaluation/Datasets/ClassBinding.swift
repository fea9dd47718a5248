import VolleyTensors

/// Which class of a network each name stands for.
///
/// Where the network names its classes, every name must be one of them. Where it does not, or its names only number them:
///
/// - names that are all numbers are class indices, counted from 0;
/// - names that are all WordNet ids of ImageNet-1k are its classes, when the network has 1,000;
/// - as many names as classes are the classes in the order of the names, with a note, where it has no names at all.
///
/// Everything else is refused, and so is what leaves more than one reading.
struct ClassBinding {
    /// Sorted by their UTF-8 bytes.
    private let names: [String]
    private let list: ClassList
    private let origin: NameOrigin
    private let path: String

    /// - Parameter path: that of the data set.
    init(_ names: Set<String>, to list: ClassList, origin: NameOrigin, path: String) {
        self.names = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        self.list = list
        self.origin = origin
        self.path = path
    }

    typealias Found = (classes: [String: Int], diagnostics: [Diagnostic])

    /// The class index of every name.
    /// - Throws: `EvaluationError` (`unknownClasses`).
    func find() throws -> Found {
        if let classNames = list.names {
            let saysNothing = Self.isPlaceholder(classNames)
            if let found = try byName(classNames, mayFail: saysNothing) { return found }
            if saysNothing || ImageNetClasses.areNamed(classNames), let found = byWordNetID() { return found }
            if saysNothing, let found = try byNumber() { return found }
            throw failure(
                "The model names its classes, and these names are none of them.",
                expected: "names such as \(classNames.listed(4))", found: names.listed(8))
        }
        if let found = try byNumber() ?? byWordNetID() { return found }
        guard names.count == list.count else {
            throw failure(
                "The model does not name its classes, and these names do not say which they are.",
                expected: "one for each of \(list.count) classes", found: "\(names.count): \(names.listed(8))")
        }
        let note = "The model does not name its classes; \(what), sorted by name, are taken for classes 0…\(list.count - 1)."
        return (Dictionary(uniqueKeysWithValues: zip(names, 0...)), [Diagnostic(file, note)])
    }

    /// Nil where none of the names is known: then they may be of another kind.
    /// - Parameter mayFail: nil where one of them is not known, too.
    private func byName(_ classNames: [String], mayFail: Bool) throws -> Found? {
        let index = ClassNameIndex(classNames)
        let found = names.map { (name: $0, candidates: index.candidates($0)) }
        if found.allSatisfy({ $0.candidates.isEmpty }) { return nil }
        let unknown = found.filter { $0.candidates.isEmpty }.map(\.name)
        guard unknown.isEmpty else {
            if mayFail { return nil }
            throw failure(
                "The model names its classes, and \(unknown.count) of these names are none of them.",
                expected: "names such as \(classNames.listed(4))", found: unknown.listed(8))
        }
        if let (name, candidates) = found.first(where: { $0.candidates.count > 1 }) {
            let meanings = candidates.map { "\($0) (\(classNames[$0]))" }
            throw failure("The name '\(name)' may mean \(candidates.count) classes: \(meanings.listed()).")
        }
        return try distinct(found.map { (name: $0.name, index: $0.candidates[0]) })
    }

    /// Names that say no more than the number of the class: "7", "LABEL_7", "class 7".
    private static func isPlaceholder(_ classNames: [String]) -> Bool {
        classNames.enumerated().allSatisfy { index, name in
            ["\(index)", "label \(index)", "class \(index)"].contains(ClassNameIndex.key(name))
        }
    }

    /// Nil where not all names are numbers.
    private func byNumber() throws -> Found? {
        let numbers = names.compactMap { name in
            name.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(name) : nil
        }
        guard numbers.count == names.count else { return nil }
        let (least, most) = (numbers.min()!, numbers.max()!)
        guard most < list.count else {
            let hint = least > 0 && most == list.count ? " They seem to count from 1: rename them so that they count from 0." : ""
            throw failure(
                "Names that are numbers are class indices, which count from 0.\(hint)",
                expected: "0…\(list.count - 1)", found: numbers.sorted().map(String.init).listed(8))
        }
        if Set(numbers) == Set(1...max(1, numbers.count)), numbers.count > 1 {
            throw failure(
                "These numbers count from 1, but class indices count from 0: there is no telling which is meant.",
                expected: "numbers in 0…\(list.count - 1)", found: numbers.sorted().map(String.init).listed(8))
        }
        var found = try distinct(zip(names, numbers).map { (name: $0, index: $1) })
        if numbers != numbers.sorted() {
            let note =
                "\(what.capitalizedFirst) are numbers, taken for class indices from 0. Some training programs sort such "
                + "names as text (0, 1, 10, 11, 2, …); where the model was trained so, say the classes in a CSV file of labels."
            found.diagnostics.append(Diagnostic(file, note))
        }
        return found
    }

    /// Nil where not all names are WordNet ids of ImageNet-1k, or the network has another number of classes.
    private func byWordNetID() -> Found? {
        guard list.count == ImageNetClasses.wordNetIDs.count else { return nil }
        let order = Dictionary(uniqueKeysWithValues: zip(ImageNetClasses.wordNetIDs, 0...))
        let indices = names.compactMap { order[$0] }
        guard indices.count == names.count else { return nil }
        return (Dictionary(uniqueKeysWithValues: zip(names, indices)), [])
    }

    private func distinct(_ pairs: [(name: String, index: Int)]) throws -> Found {
        for (_, group) in Dictionary(grouping: pairs, by: \.index).sorted(by: { $0.key < $1.key }) where group.count > 1 {
            throw failure(
                "Several names mean class \(group[0].index): \(group.map(\.name).listed()). Put its samples under one name.")
        }
        return (Dictionary(uniqueKeysWithValues: pairs.map { ($0.name, $0.index) }), [])
    }

    private var what: String {
        switch origin {
        case .folder: "the folders"
        case .table: "the classes of the labels file"
        }
    }

    private var file: String {
        switch origin {
        case .folder: path
        case .table(let path): path
        }
    }

    private func failure(_ problem: String, expected: String? = nil, found: String? = nil) -> EvaluationError {
        EvaluationError(
            .unknownClasses, problem + " " + ClassHints.threeWays,
            context: .init(file: file, expected: expected, found: found), remedies: [ClassHints.remedy])
    }
}

/// How a data set can say which class a sample is of.
enum ClassHints {
    static let remedy = Remedy(.classTable)
    static let threeWays = """
        There are three ways to say the classes: folders named like the model's own classes (label_names or id2label in its \
        config.json when it is converted); folders named by class index from 0 or, for ImageNet's 1,000 classes, by WordNet \
        id; or \(remedy) FILE.csv with the columns 'file' and 'class' or 'class_index'.
        """
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
