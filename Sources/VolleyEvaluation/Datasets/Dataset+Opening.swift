import Foundation
import VolleyFormats

extension Dataset {
    /// Opens what lies at a path:
    ///
    /// - a folder with one folder of `.jpg`, `.jpeg` or `.png` files per class, the classes in the order of the names;
    /// - an `.npz` archive with the arrays `x` and `y`: floats `[N, …]` are fed as they are, 8-bit unsigned integers
    ///   `[N, H, W]`, `[N, H, W, C]` or `[N, C, H, W]` are images;
    /// - a binary batch `.bin` of CIFAR-10 or CIFAR-100 (fine labels);
    /// - an IDX file `…-images…ubyte` or `…-images…ubyte.gz`, next to the `…-labels…` file of the same name.
    ///
    /// Hidden files are ignored; anything else that is left out is told in `diagnostics`.
    /// - Throws: `EvaluationError` or `FormatError`, which name the file and say what was expected.
    public static func open(_ path: String) throws -> Dataset {
        var path = path
        while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
        guard FileManager.default.fileExists(atPath: path) else {
            throw EvaluationError(.unrecognizedDataset, "There is no such file or folder.", context: .init(file: path))
        }
        let dataset = try Folder.exists(path) ? openFolder(path) : openFile(path)
        guard dataset.count > 0 else {
            throw EvaluationError(.malformedDataset, "The data set holds no samples.", context: .init(file: path))
        }
        return dataset
    }

    private static func openFolder(_ path: String) throws -> Dataset {
        let listing = try FolderListing(path)
        let folders = listing.names.filter { Folder.exists(listing.path(of: $0)) }
        if !folders.isEmpty { return try ClassFolders.open(listing, classes: folders) }

        func failure(_ message: String, found: String) -> EvaluationError {
            EvaluationError(
                .unrecognizedDataset, message,
                context: .init(file: path, expected: "one folder of images per class", found: found))
        }
        let arrays = listing.names.filter { ArrayFileKind(name: $0) != nil }
        if !arrays.isEmpty {
            throw failure(
                "A folder does not say which of its files to use: give the path of one.", found: arrays.listed(12))
        }
        if listing.names.contains("batches.meta") {
            throw failure(
                "CIFAR's version for Python is not read: get the binary version.", found: listing.names.listed())
        }
        let images = listing.names.filter(ClassFolders.isImage)
        if !images.isEmpty {
            throw failure("Without class folders there are no labels.", found: "images in the folder itself")
        }
        let found = listing.names.isEmpty ? "nothing" : listing.names.listed()
        throw failure("This folder holds no data set.", found: found)
    }

    private static func openFile(_ path: String) throws -> Dataset {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        switch ArrayFileKind(name: name) {
        case .npz: return try NpzDataset.open(path)
        case .cifar: return try CIFARDataset.open(path)
        case .idxImages: return try IDXDataset.open(path)
        case .idxLabels:
            throw EvaluationError(
                .unrecognizedDataset, "This file holds labels: give the path of the one with the images.",
                context: .init(file: path))
        case nil:
            throw EvaluationError(
                .unrecognizedDataset, "The file's name tells of no data set.",
                context: .init(
                    file: path, expected: "*.npz, *.bin (CIFAR), *-images*ubyte[.gz] (IDX) or a folder of folders"))
        }
    }
}

/// The kinds of files that hold a whole data set, told by their names.
enum ArrayFileKind {
    case npz, cifar, idxImages, idxLabels

    init?(name: String) {
        let name = name.lowercased()
        let isIDX = name.hasSuffix("ubyte") || name.hasSuffix("ubyte.gz")
        if name.hasSuffix(".npz") {
            self = .npz
        } else if name.hasSuffix(".bin") {
            self = .cifar
        } else if isIDX && name.contains("images") {
            self = .idxImages
        } else if isIDX && name.contains("labels") {
            self = .idxLabels
        } else {
            return nil
        }
    }
}
