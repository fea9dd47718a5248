import VolleyTensors

/// The checked table of contents of a safetensors file.
struct SafetensorsHeader: Sendable {
    struct Entry: Sendable {
        let name: String
        let elementType: ElementType
        let shape: Shape
        /// Where the data lies in the file.
        let bytes: Range<Int>
    }

    static let metadataName = "__metadata__"
    /// Room for more than a hundred thousand tensors, and so little that its parsed form does not fill the memory.
    private static let largestHeader = 32_000_000
    private static let elementTypes: [String: ElementType] = [
        "F64": .float64, "F32": .float32, "F16": .float16, "BF16": .bfloat16, "I64": .int64, "I32": .int32, "I16": .int16,
        "I8": .int8, "U64": .uint64, "U32": .uint32, "U16": .uint16, "U8": .uint8, "BOOL": .bool,
    ]

    let metadata: [String: String]
    /// In the order of the data.
    let entries: [Entry]
    private let positions: [String: Int]

    func entry(_ name: String) -> Entry? { positions[name].map { entries[$0] } }

    init(of file: InputFile) throws {
        let dataStart = try SafetensorsHeader.dataStart(in: file)
        let json = try JSONParser.parse(try file.bytes(8..<dataStart), path: file.path, startingAt: 8)
        guard let members = json.members else {
            throw FormatError(.malformed, "The header is JSON, but not an object.", path: file.path, offset: 8)
        }
        var metadata: [String: String] = [:]
        var entries: [Entry] = []
        for member in members {
            if member.name == SafetensorsHeader.metadataName {
                metadata = try SafetensorsHeader.metadata(member.value, path: file.path)
            } else {
                entries.append(try Entry(member, dataStart: dataStart, path: file.path))
            }
        }
        entries.sort { ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound) }
        try SafetensorsHeader.checkGapless(entries, dataStart: dataStart, in: file)
        self.metadata = metadata
        self.entries = entries
        positions = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
    }

    private static func dataStart(in file: InputFile) throws -> Int {
        guard file.count >= 8 else {
            let message = "The file has \(file.count) bytes, too few for safetensors. Fetch it again."
            throw FormatError(.truncated, message, path: file.path)
        }
        let length = try file.bytes(0..<8).uint64(at: 0)
        guard length <= largestHeader else {
            let message = """
                The header would have \(length) bytes; at most \(largestHeader) are allowed. This is not a safetensors file.
                """
            throw FormatError(.tooLarge, message, path: file.path, offset: 0)
        }
        guard length <= file.count - 8 else {
            let message = """
                The header should have \(length) bytes, but the file ends after \(file.count - 8). Fetch it again.
                """
            throw FormatError(.truncated, message, path: file.path, offset: 0)
        }
        return 8 + Int(length)
    }

    private static func metadata(_ value: JSONValue, path: String) throws -> [String: String] {
        let pairs = value.members?.compactMap { member in member.value.string.map { (member.name, $0) } }
        guard let pairs, pairs.count == value.members?.count else {
            let message = "The header's \(metadataName) must be an object whose values are strings."
            throw FormatError(.malformed, message, path: path)
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    /// Each tensor must start where the one before it ends, and the last one end with the file.
    private static func checkGapless(_ entries: [Entry], dataStart: Int, in file: InputFile) throws {
        var end = dataStart
        for entry in entries {
            guard entry.bytes.lowerBound == end else {
                let problem = entry.bytes.lowerBound < end ? "overlaps the tensor before it" : "leaves a gap before it"
                let message = """
                    The data of tensor \(entry.name.quoted) \(problem): expected at byte \(end), found at \
                    \(entry.bytes.lowerBound).
                    """
                throw FormatError(.malformed, message, path: file.path, offset: entry.bytes.lowerBound)
            }
            end = entry.bytes.upperBound
        }
        guard end == file.count else {
            let message = "The tensors end at byte \(end), but the file at \(file.count). Fetch it again."
            throw FormatError(end > file.count ? .truncated : .malformed, message, path: file.path, offset: end)
        }
    }
}

extension SafetensorsHeader.Entry {
    fileprivate init(_ member: JSONValue.Member, dataStart: Int, path: String) throws {
        func failure(_ code: FormatError.Code, _ problem: String) -> FormatError {
            FormatError(code, "The header of tensor \(member.name.quoted) \(problem).", path: path)
        }
        guard let typeName = member.value["dtype"]?.string else { throw failure(.malformed, "has no dtype") }
        guard let elementType = SafetensorsHeader.elementTypes[typeName] else {
            throw failure(.unsupported, "has the dtype \(typeName.quoted), which is not read here")
        }
        guard let lengths = member.value["shape"]?.integers, let extent = elementType.extent(of: lengths) else {
            throw failure(.malformed, "has no shape, or one with negative or too large lengths")
        }
        guard let offsets = member.value["data_offsets"]?.integers, offsets.count == 2, offsets[0] >= 0,
            offsets[0] <= offsets[1], offsets[1] <= Int.max - dataStart
        else { throw failure(.malformed, "needs data_offsets of the form [begin, end]") }
        guard offsets[1] - offsets[0] == extent.byteCount else {
            let found = "\(offsets[1] - offsets[0]) bytes of data"
            throw failure(.malformed, "announces \(extent.byteCount) bytes (\(typeName) \(extent.shape)) but has \(found)")
        }
        name = member.name
        self.elementType = elementType
        shape = extent.shape
        bytes = dataStart + offsets[0]..<dataStart + offsets[1]
    }
}
