import VolleyTensors

/// Data sets of image files in one folder per class.
enum ClassFolders {
    /// The extensions of the files that count as images, in lower case.
    static let imageExtensions = [".jpg", ".jpeg", ".png"]

    static func isImage(_ name: String) -> Bool { imageExtensions.contains { name.lowercased().hasSuffix($0) } }

    /// The sorted folder names are the classes 0, 1, …; the images of a class follow each other, sorted by name.
    static func open(_ listing: FolderListing, classes: [String]) throws -> Dataset {
        var paths: [String] = []
        var labels: [Int] = []
        var others = listing.names.filter { !Set(classes).contains($0) }
        var empty: [String] = []
        for (label, name) in classes.enumerated() {
            let folder = try FolderListing(listing.path(of: name))
            let images = folder.names.filter(isImage)
            if images.isEmpty { empty.append(name) }
            paths += images.map { name + "/" + $0 }
            labels += images.map { _ in label }
            others += folder.names.filter { !isImage($0) }.map { name + "/" + $0 }
        }
        guard empty.isEmpty else { throw withoutImages(listing, empty: empty, of: classes.count) }
        let diagnostics = others.isEmpty
            ? []
            : [Diagnostic(listing.path, "\(others.count) entries are no images and left out: \(others.listed()).")]
        return Dataset(
            path: listing.path, source: .files(folder: listing.path, paths: paths), labels: labels, classNames: classes,
            diagnostics: diagnostics)
    }

    /// A folder without images would shift the labels of those that follow, so it is an error even if others have some.
    private static func withoutImages(_ listing: FolderListing, empty: [String], of count: Int) -> EvaluationError {
        let advice = empty.count == count
            ? "name the folder that holds the class folders" : "remove what is no class, or add its images"
        return EvaluationError(
            .malformedDataset, "Each folder counts as a class, so each needs images: \(advice).",
            context: .init(
                file: listing.path, expected: imageExtensions.joined(separator: ", "),
                found: "no such file directly in \(empty.listed())"))
    }
}
