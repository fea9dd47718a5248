import VolleyFormats
import VolleyTensors

/// Data sets of the MNIST family: a file of images and one of labels next to it.
enum IDXDataset {
    static func open(_ path: String) throws -> Dataset {
        let images = try IDXFile(path: path)
        guard images.shape.rank == 3, images.elementType == .uint8, images.shape.rowCount > 0 else {
            throw EvaluationError(
                .malformedDataset, "These are no images.",
                context: .init(
                    file: path, expected: "bytes [N, H, W]", found: "\(images.elementType.rawValue) \(images.shape)"))
        }
        let annotation: Annotation
        do {
            annotation = .indices(try labels(of: images.count, path: path), classes: nil)
        } catch let error as EvaluationError {
            annotation = .missing(error)
        }
        let pixels = try (0..<images.count).flatMap { try images.image($0).pixels }
        let array = ImageArray(height: images.shape[1], width: images.shape[2], channels: 1, pixels: pixels)
        return Dataset(path: path, source: .images(array), annotation: annotation)
    }

    private static func labels(of count: Int, path: String) throws -> [Int] {
        let labelsPath = try labelsPath(of: path)
        let labels = try IDXFile(path: labelsPath).labels()
        guard labels.count == count, labels.allSatisfy({ $0 >= 0 }) else {
            throw EvaluationError(
                .malformedDataset, "The labels do not fit the images of \(path).",
                context: .init(
                    file: labelsPath, expected: "\(count), none of them negative",
                    found: "\(labels.count), the least one \(labels.min() ?? 0)"))
        }
        return labels
    }

    /// The file in the same folder that is called like this one, but with labels; rather one that is compressed alike.
    private static func labelsPath(of path: String) throws -> String {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        let wanted = name.lowercased().replacing("images", with: "labels").replacing("idx3", with: "idx1")
        let other = wanted.hasSuffix(".gz") ? String(wanted.dropLast(3)) : wanted + ".gz"
        let listing = try FolderListing(folder)
        for candidate in [wanted, other] {
            if let found = listing.names.first(where: { $0.lowercased() == candidate }) {
                return listing.path(of: found)
            }
        }
        throw EvaluationError(
            .malformedDataset, "The file with the labels is missing next to the images.",
            context: .init(file: path, expected: "\(wanted) or \(other)"))
    }
}
