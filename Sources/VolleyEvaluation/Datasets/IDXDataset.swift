import VolleyFormats
import VolleyTensors

/// Data sets of the MNIST family: a file of images and one of labels next to it.
enum IDXDataset {
    static func open(_ path: String) throws -> Dataset {
        let images = try IDXFile(path: path)
        guard images.shape.rank == 3, images.elementType == .uint8, images.shape.rowCount > 0 else {
            throw EvaluationError(
                .malformedDataset, "these are no images",
                context: .init(
                    file: path, expected: "bytes [N, H, W]", found: "\(images.elementType.rawValue) \(images.shape)"))
        }
        let labelsPath = try labelsPath(of: path)
        let labels = try IDXFile(path: labelsPath).labels()
        guard labels.count == images.count, labels.allSatisfy({ $0 >= 0 }) else {
            throw EvaluationError(
                .malformedDataset, "the labels do not fit the images of \(path)",
                context: .init(
                    file: labelsPath, expected: "\(images.count), none of them negative",
                    found: "\(labels.count), the least one \(labels.min() ?? 0)"))
        }
        let pixels = try (0..<images.count).flatMap { try images.image($0).pixels }
        let array = ImageArray(height: images.shape[1], width: images.shape[2], channels: 1, pixels: pixels)
        return Dataset(path: path, source: .images(array), labels: labels)
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
            .malformedDataset, "the file with the labels is missing next to the images",
            context: .init(file: path, expected: "\(wanted) or \(other)"))
    }
}
