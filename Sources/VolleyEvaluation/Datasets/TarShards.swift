import VolleyFormats
import VolleyTensors

/// Samples in tar archives, as WebDataset packs them: the files of a sample stand side by side under one name, up to the first dot of
/// which they are alike. `000.jpg` is its image and `000.cls` the number of its class.
///
/// Where files lie is read when the archives are opened, their bytes when a sample is asked for, in the order of the archives.
struct TarShards: Sendable {
    /// An image in one of the archives.
    struct Image: Sendable {
        var archive: Int
        var member: TarArchive.Member
    }

    private let archives: [TarArchive]
    private(set) var images: [Image] = []
    /// By image; nil where there is none.
    private var classes: [Int?] = []
    /// Files that are neither images nor classes, and samples without an image.
    private var left: [String] = []

    /// Whether a name is that of an archive, and whether that is compressed.
    static func isArchive(_ name: String) -> Bool { name.lowercased().hasSuffix(".tar") }
    static func isCompressed(_ name: String) -> Bool {
        let name = name.lowercased()
        return [".tgz", ".tar.gz", ".tar.zst", ".tar.xz", ".tar.bz2"].contains { name.hasSuffix($0) }
    }

    init(paths: [String]) throws {
        archives = try paths.map { try TarArchive(path: $0) }
        for (index, archive) in archives.enumerated() { try add(archive, index) }
    }

    private mutating func add(_ archive: TarArchive, _ index: Int) throws {
        let name = shardName(index)
        left += archive.others.map { name + "/" + $0 }
        var known: Set<String> = []
        var rest = archive.members[...]
        while let first = rest.first {
            let key = Self.parts(first.name).key
            let sample = rest.prefix { Self.parts($0.name).key == key }
            rest = rest.dropFirst(sample.count)
            guard known.insert(key).inserted else {
                throw failure(
                    archive, "The files of a sample must stand side by side: pack them so, for example sorted by name.",
                    expected: "one group of files called \(key).*", found: "another one")
            }
            try add(Array(sample), key, archive, index)
        }
    }

    private mutating func add(_ sample: [TarArchive.Member], _ key: String, _ archive: TarArchive, _ index: Int) throws {
        var (found, number) = (TarArchive.Member?.none, Int?.none)
        for member in sample {
            let kind = Self.parts(member.name).kind
            if ImageFolder.imageExtensions.contains("." + kind) {
                guard found == nil else {
                    throw failure(
                        archive, "There is no telling which image a sample is.", expected: "one image called \(key).*",
                        found: "\(found!.name) and \(member.name)")
                }
                found = member
            } else if kind == "cls" {
                number = try classNumber(member, archive)
            } else {
                left.append(shardName(index) + "/" + member.name)
            }
        }
        guard let found else {
            if number != nil { left.append(shardName(index) + "/" + key + ".cls") }
            return
        }
        images.append(Image(archive: index, member: found))
        classes.append(number)
    }

    private func classNumber(_ member: TarArchive.Member, _ archive: TarArchive) throws -> Int {
        let longest = 32
        let text = member.range.count <= longest ? String(decoding: try archive.bytes(of: member), as: UTF8.self) : ""
        guard let number = Int(text.trimmedOfSpaces), number >= 0 else {
            throw failure(
                archive, "The class of a sample is no number.", expected: "\(member.name) with a class index from 0",
                found: member.range.count <= longest ? "\"\(text.trimmedOfSpaces)\"" : "\(member.range.count) bytes")
        }
        return number
    }

    /// A name up to the first dot of its last part, and what is behind that, in lower case.
    private static func parts(_ name: String) -> (key: String, kind: String) {
        let start = name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
        guard let dot = name[start...].firstIndex(of: ".") else { return (name, "") }
        return (String(name[..<dot]), name[name.index(after: dot)...].lowercased())
    }

    private func failure(_ archive: TarArchive, _ message: String, expected: String, found: String) -> EvaluationError {
        EvaluationError(.malformedDataset, message, context: .init(file: archive.path, expected: expected, found: found))
    }

    private func shardName(_ index: Int) -> String { archives[index].path.split(separator: "/").last.map(String.init) ?? archives[index].path }

    // MARK: Samples

    /// The samples of all archives in a folder, in the order of their names; nil where there are none.
    /// - Parameter labels: the path of a file that says the classes of images in folders, which is refused here.
    static func dataset(in folder: FolderListing, labels: String?) throws -> Dataset? {
        let shards = folder.names.filter(isArchive)
        guard !shards.isEmpty else { return nil }
        if labels != nil {
            throw EvaluationError(
                .unrecognizedDataset, "\(Remedy(.classTable)) does not apply: files .cls in the archives say the classes of their images.",
                context: .init(file: folder.path), remedies: [Remedy(.classTable)])
        }
        var dataset = try TarShards(paths: shards.map(folder.path)).dataset(path: folder.path)
        let others = folder.names.filter { !isArchive($0) }
        if !others.isEmpty {
            dataset.diagnostics.append(Diagnostic(folder.path, "\(others.count) entries are no archives and left out: \(others.listed())."))
        }
        return dataset
    }

    func name(at position: Int) -> String { shardName(images[position].archive) + "/" + images[position].member.name }

    func byteCount(at position: Int) -> Int { images[position].member.range.count }

    func bytes(at position: Int) throws -> [UInt8] { try archives[images[position].archive].bytes(of: images[position].member) }

    /// - Parameter path: what was opened: an archive, or a folder of them.
    func dataset(path: String) -> Dataset {
        var annotation = Annotation.indices(classes.map { $0 ?? 0 }, classes: nil)
        let missing = classes.indices.filter { classes[$0] == nil }
        if let first = missing.first {
            annotation = .missing(
                EvaluationError(
                    .malformedDataset, "Not all samples say their class.",
                    context: .init(
                        file: path, expected: "a file .cls with a class index beside every image",
                        found: "none beside \(missing.count) of \(classes.count), such as \(name(at: first))")))
        }
        let diagnostics =
            left.isEmpty
            ? []
            : [Diagnostic(path, "\(left.count) files are neither an image nor its class and left out: \(left.listed()).")]
        return Dataset(path: path, source: .archived(self), annotation: annotation, diagnostics: diagnostics)
    }
}

extension String {
    /// Without spaces and line ends at both ends.
    fileprivate var trimmedOfSpaces: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
