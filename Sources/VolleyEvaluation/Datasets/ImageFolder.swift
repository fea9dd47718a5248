import VolleyFormats
import VolleyTensors

/// Data sets of image files in a folder: one folder per class, or in any other way with a file of labels.
struct ImageFolder {
    /// The extensions of the files that count as images, in lower case.
    static let imageExtensions = [".jpg", ".jpeg", ".png"]
    /// How deep folders are looked through; what is deeper is most likely a link to a folder above.
    private static let deepest = 8

    static func isImage(_ name: String) -> Bool { imageExtensions.contains { name.lowercased().hasSuffix($0) } }

    private let root: FolderListing
    /// Paths are relative to the folder, here and below; they stand folder by folder in the order of the names.
    private var images: [String] = []
    /// Files that are no images, and folders without any file.
    private var others: [String] = []
    /// The folders that lie directly in this one.
    private let folders: [String]

    init(_ listing: FolderListing) throws {
        root = listing
        folders = listing.names.filter { Folder.exists(listing.path(of: $0)) }
        let isFolder = Set(folders)
        for name in listing.names { try add(name, isFolder: isFolder.contains(name), depth: 1) }
    }

    var hasImages: Bool { !images.isEmpty }

    private mutating func add(_ name: String, isFolder: Bool, depth: Int) throws {
        guard isFolder else {
            if Self.isImage(name) { images.append(name) } else { others.append(name) }
            return
        }
        guard depth <= Self.deepest else {
            throw EvaluationError(
                .unrecognizedDataset, "Folders are nested more than \(Self.deepest) deep: is one a link to a folder above?",
                context: .init(file: root.path(of: name)))
        }
        let content = try FolderListing(root.path(of: name)).names
        if content.isEmpty { others.append(name) }
        for inner in content {
            let path = name + "/" + inner
            try add(path, isFolder: !Self.isImage(inner) && Folder.exists(root.path(of: path)), depth: depth + 1)
        }
    }

    /// - Parameter labels: the path of a file that says the classes; nil where the folders do.
    func dataset(labels: String?) throws -> Dataset {
        let annotation: Annotation
        var diagnostics: [Diagnostic] = []
        if let labels {
            let table = try LabelTable(path: labels)
            (annotation, diagnostics) = try table.annotation(of: images, in: root)
        } else {
            annotation = classFolders
        }
        let left = others.filter { labels == nil || root.path(of: $0) != labels }
        if !left.isEmpty {
            diagnostics.append(Diagnostic(root.path, "\(left.count) entries are no images and left out: \(left.listed())."))
        }
        return Dataset(
            path: root.path, source: .files(folder: root.path, paths: images), annotation: annotation, diagnostics: diagnostics)
    }

    /// Each image is of the class that its folder is called after, where all lie just one folder deep.
    private var classFolders: Annotation {
        func missing(_ problem: String, found: String) -> Annotation {
            .missing(
                EvaluationError(
                    .malformedDataset, problem + " " + ClassHints.threeWays,
                    context: .init(file: root.path, expected: "one folder of images per class", found: found), remedies: [ClassHints.remedy]))
        }
        let parts = images.map { $0.split(separator: "/", omittingEmptySubsequences: false).map(String.init) }
        let loose = parts.filter { $0.count == 1 }.count
        if loose == images.count { return missing("Nothing says which class an image is of.", found: "images in the folder itself") }
        if loose > 0 {
            return missing("Some images lie in no class folder.", found: "\(loose) of \(images.count) images in the folder itself")
        }
        if let deep = parts.first(where: { $0.count > 2 }) {
            return missing(
                "Class folders lie deeper: name the folder that holds them, and only them.", found: deep.joined(separator: "/"))
        }
        let classes = Set(parts.map { $0[0] })
        let empty = folders.filter { !classes.contains($0) }
        guard empty.isEmpty else {
            return missing(
                "Each folder counts as a class, so each needs images: remove what is no class, or add its images.",
                found: "no \(Self.imageExtensions.joined(separator: ", ")) file in \(empty.listed())")
        }
        return .names(parts.map { $0[0] }, .folder)
    }
}
