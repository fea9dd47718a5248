import Foundation
import VolleyFormats
import VolleyTensors

extension Dataset {
    /// What a caller can say about the data beside its path.
    public struct Options: Hashable, Sendable {
        /// A CSV file that says the classes of the images in a folder.
        public var labels: String?
        /// Which arrays of an `.npz` file are `x`, the samples, and `y`, the labels.
        public var arrays: [String: String]
        /// The name of the network's input: an array called so holds the samples.
        public var input: String?

        public init(labels: String? = nil, arrays: [String: String] = [:], input: String? = nil) {
            self.labels = labels
            self.arrays = arrays
            self.input = input
        }
    }

    /// Opens what lies at a path:
    ///
    /// - a folder of `.jpg`, `.jpeg` or `.png` files, in one folder per class or in any other way; only class folders, and
    ///   any folder with a file of labels, can be measured on;
    /// - a `.tar` archive, or a folder of them, of such images, each with its class index in a file `.cls` of the same name beside it
    ///   (WebDataset);
    /// - an `.npz` archive with samples `x` and for measuring labels `y`: floats `[N, …]` are fed as they are, 8-bit unsigned
    ///   integers `[N, H, W]`, `[N, H, W, C]` or `[N, C, H, W]` are images; labels are class indices or one-hot;
    /// - a binary batch `.bin` of CIFAR-10 or CIFAR-100 (fine labels);
    /// - an IDX file `…-images…ubyte` or `…-images…ubyte.gz`, next to the `…-labels…` file of the same name.
    ///
    /// Hidden files are ignored; anything else that is left out is told in `diagnostics`. What is wrong with labels is thrown
    /// by `labels(for:)`, since calibration does not need them.
    /// - Throws: `EvaluationError` or `FormatError`, which name the file and say what was expected.
    public static func open(_ path: String, _ options: Options = Options()) throws -> Dataset {
        var path = path
        while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
        guard FileManager.default.fileExists(atPath: path) else {
            throw EvaluationError(.unrecognizedDataset, "There is no such file or folder.", context: .init(file: path))
        }
        func refuse(_ option: Remedy, _ why: String) throws {
            throw EvaluationError(
                .unrecognizedDataset, "\(option) does not apply: \(why)", context: .init(file: path), remedies: [option])
        }
        let isFolder = Folder.exists(path)
        if options.labels != nil, !isFolder { try refuse(Remedy(.classTable), "it says the classes of the images in a folder.") }
        if !options.arrays.isEmpty, isFolder || ArrayFileKind(name: path) != .npz {
            try refuse(Remedy(.arrays), "it names arrays of an .npz file.")
        }
        let dataset = try isFolder ? openFolder(path, options) : openFile(path, options)
        guard dataset.count > 0 else {
            throw EvaluationError(.malformedDataset, "The data set holds no samples.", context: .init(file: path))
        }
        return dataset
    }

    private static func openFolder(_ path: String, _ options: Options) throws -> Dataset {
        let listing = try FolderListing(path)
        let folder = try ImageFolder(listing)
        if folder.hasImages { return try folder.dataset(labels: options.labels) }
        if let dataset = try TarShards.dataset(in: listing, labels: options.labels) { return dataset }

        func failure(_ message: String, found: String) -> EvaluationError {
            EvaluationError(
                .unrecognizedDataset, message,
                context: .init(file: path, expected: "folders of JPEG or PNG images, or .tar archives of them", found: found))
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
        let found = listing.names.isEmpty ? "nothing" : listing.names.listed()
        throw failure("This folder holds no data set.", found: found)
    }

    private static func openFile(_ path: String, _ options: Options) throws -> Dataset {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        switch ArrayFileKind(name: name) {
        case .npz: return try NpzDataset.open(path, options)
        case .cifar: return try CIFARDataset.open(path)
        case .tar: return try TarShards(paths: [path]).dataset(path: path)
        case .compressedTar:
            throw EvaluationError(
                .unrecognizedDataset, "Compressed archives are not read, since their samples cannot be reached apart: unpack it to a .tar file.",
                context: .init(file: path))
        case .idxImages: return try IDXDataset.open(path)
        case .idxLabels:
            throw EvaluationError(
                .unrecognizedDataset, "This file holds labels: give the path of the one with the images.",
                context: .init(file: path))
        case nil:
            throw EvaluationError(
                .unrecognizedDataset, "The file's name tells of no data set.",
                context: .init(
                    file: path, expected: "*.npz, *.tar (WebDataset), *.bin (CIFAR), *-images*ubyte[.gz] (IDX) or a folder of folders"))
        }
    }
}

/// The kinds of files that hold a whole data set, told by their names.
enum ArrayFileKind {
    case npz, tar, compressedTar, cifar, idxImages, idxLabels

    init?(name: String) {
        let name = name.lowercased()
        let isIDX = name.hasSuffix("ubyte") || name.hasSuffix("ubyte.gz")
        if name.hasSuffix(".npz") {
            self = .npz
        } else if TarShards.isArchive(name) {
            self = .tar
        } else if TarShards.isCompressed(name) {
            self = .compressedTar
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
