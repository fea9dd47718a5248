import VolleyFormats
import VolleyTensors

/// Where the samples of a data set lie.
enum SampleSource: Sendable {
    /// Image files, by their paths relative to a folder.
    case files(folder: String, paths: [String])
    /// Image files in tar archives.
    case archived(TarShards)
    case images(ImageArray)
    /// Network inputs `[N, …]`.
    case values(Tensor)

    /// Network inputs that are checked to be numbers.
    /// - Throws: ``EvaluationError`` that says where one is NaN or infinite.
    static func finite(_ tensor: Tensor, name: String, path: String) throws -> SampleSource {
        guard let index = tensor.values.firstIndex(where: { !$0.isFinite }) else { return .values(tensor) }
        throw EvaluationError(
            .malformedDataset, "The array \(name) has to be finite.",
            context: .init(file: path, found: "\(tensor.values[index]) in sample \(index / tensor.shape.rowCount)"))
    }

    /// The number of samples.
    var count: Int {
        switch self {
        case .files(_, let paths): paths.count
        case .archived(let shards): shards.images.count
        case .images(let array): array.pixels.count / array.byteCount
        case .values(let tensor): tensor.shape[0]
        }
    }

    /// The length of image files that is believed, in bytes.
    private static let maximumFileLength = 1 << 28

    /// The stored bytes of one sample: the whole file, or the elements of its part of an array; pixels with their
    /// channels together, floats as 4 bytes, least significant first.
    func bytes(at position: Int) throws -> [UInt8] {
        switch self {
        case .files(let folder, let paths):
            let file = try InputFile(path: folder + "/" + paths[position])
            try Self.check(file.count, path: file.path)
            return try file.allBytes
        case .archived(let shards):
            try Self.check(shards.byteCount(at: position), path: shards.name(at: position))
            return try shards.bytes(at: position)
        case .images(let array):
            return array.image(at: position).pixels
        case .values(let tensor):
            return tensor.rows(position..<position + 1).values.flatMap { value in
                (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
            }
        }
    }

    private static func check(_ count: Int, path: String) throws {
        guard count <= maximumFileLength else {
            throw FormatError(.tooLarge, "The file has \(count) bytes; at most \(maximumFileLength) are read. Shrink it.", path: path)
        }
    }

    /// The number of those bytes, without reading them.
    func byteCount(at position: Int) throws -> Int {
        switch self {
        case .files(let folder, let paths): try InputFile(path: folder + "/" + paths[position]).count
        case .archived(let shards): shards.byteCount(at: position)
        case .images(let array): array.byteCount
        case .values(let tensor): 4 * tensor.shape.rowCount
        }
    }

    func sample(at position: Int) throws -> Sample {
        switch self {
        case .files(let folder, let paths):
            .image(try ImageDecoder.decode(bytes(at: position), name: folder + "/" + paths[position]))
        case .archived(let shards):
            .image(try ImageDecoder.decode(bytes(at: position), name: shards.name(at: position)))
        case .images(let array):
            .image(array.image(at: position))
        case .values(let tensor):
            .values(
                tensor.rows(position..<position + 1).reshaped(to: Shape(Array(tensor.shape.dimensions.dropFirst()))))
        }
    }
}
