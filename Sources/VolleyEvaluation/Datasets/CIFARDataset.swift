import VolleyFormats

/// A binary batch of CIFAR-10 or CIFAR-100, with its fine labels.
enum CIFARDataset {
    static func open(_ path: String) throws -> Dataset {
        let file = try CIFARFile(path: path)
        let array = ImageArray(
            height: CIFARFile.side, width: CIFARFile.side, channels: 3,
            pixels: try (0..<file.count).flatMap { try file.image($0).pixels })
        return Dataset(path: path, source: .images(array), annotation: .indices(file.labels, classes: nil))
    }
}
