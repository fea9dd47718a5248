internal import VolleyTensors

/// What stands before the data of an `.npy` file. Source: NEP 1 and the documentation of `numpy.lib.format`.
struct NpyHeader {
    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// NumPy itself refuses more than 10 000 bytes unless told to trust the file.
    private static let longestHeader = 1 << 20

    let elementType: ElementType
    let order: ByteOrder
    let isFortranOrdered: Bool
    let lengths: [Int]
    let dataStart: Int

    init(_ bytes: [UInt8], path: String) throws {
        guard bytes.starts(with: NpyHeader.magic) else {
            let message = "The file does not begin like an .npy file (0x93, \"NUMPY\")."
            throw FormatError(.malformed, message, path: path, offset: 0)
        }
        let truncated = FormatError(.truncated, "The .npy header ends early. Fetch the file again.", path: path)
        guard bytes.count >= 12 else { throw truncated }
        let version = bytes[6]
        guard (1...3).contains(version), bytes[7] == 0 else {
            let message = "The .npy format version is \(version).\(bytes[7]); 1.0, 2.0 and 3.0 are read."
            throw FormatError(.unsupported, message, path: path, offset: 6)
        }
        let textStart = version == 1 ? 10 : 12
        let length = version == 1 ? Int(bytes.uint16(at: 8)) : Int(bytes.uint32(at: 8))
        guard length <= NpyHeader.longestHeader else {
            let message = "The .npy header has \(length) bytes; at most \(NpyHeader.longestHeader) are read."
            throw FormatError(.tooLarge, message, path: path, offset: 8)
        }
        guard length <= bytes.count - textStart else { throw truncated }
        dataStart = textStart + length

        let text = Array(bytes[textStart..<dataStart])
        let members = try PythonLiteral.parseDictionary(text, path: path, startingAt: textStart)
        func malformed(_ problem: String) -> FormatError {
            FormatError(.malformed, "The .npy header \(problem).", path: path, offset: textStart)
        }
        guard Set(members.keys) == ["descr", "fortran_order", "shape"] else {
            throw malformed("must have exactly the keys descr, fortran_order and shape")
        }
        guard case .bool(let isFortranOrdered) = members["fortran_order"] else {
            throw malformed("needs True or False for fortran_order")
        }
        guard case .tuple(let elements) = members["shape"] else { throw malformed("needs a tuple as shape") }
        lengths = try elements.map {
            guard case .integer(let length) = $0, length >= 0 else {
                throw malformed("needs a tuple of integers, none of them negative, as shape")
            }
            return length
        }
        self.isFortranOrdered = isFortranOrdered
        (elementType, order) = try NpyHeader.elementType(members["descr"], path: path, offset: textStart)
    }

    private static func elementType(
        _ descr: PythonLiteral?, path: String, offset: Int
    ) throws -> (ElementType, ByteOrder) {
        guard case .string(let text) = descr else {
            let message = "The array has structured elements, which are not read. Save each field as an array of its own."
            throw FormatError(.unsupported, message, path: path, offset: offset)
        }
        let hasOrder = text.first.map { "<>|=".contains($0) } ?? false
        let kind = String(hasOrder ? text.dropFirst() : text[...])
        if kind.hasPrefix("O") {
            let message = """
                The array holds Python objects (pickles), which can run code and are never read. Save it as numbers.
                """
            throw FormatError(.unsupported, message, path: path, offset: offset)
        }
        guard let elementType = elementTypes[kind] else {
            let known = elementTypes.keys.sorted().joined(separator: ", ")
            let message = "The array's dtype is \(text.quoted); read are \(known). Convert it before saving."
            throw FormatError(.unsupported, message, path: path, offset: offset)
        }
        return (elementType, text.first == ">" ? .big : .little)
    }

    private static let elementTypes: [String: ElementType] = [
        "b1": .bool, "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64, "u1": .uint8, "u2": .uint16, "u4": .uint32,
        "u8": .uint64, "f2": .float16, "f4": .float32, "f8": .float64,
    ]

    /// Everything before the data, which begins at a multiple of 64.
    /// - Parameters:
    ///   - descr: the elements' type as NumPy writes it, quotes included.
    ///   - shape: as many digits as it has are what the length depends on.
    static func encoded(_ descr: String, _ shape: Shape) -> [UInt8] {
        let lengths = shape.dimensions.map(String.init).joined(separator: ", ") + (shape.rank == 1 ? "," : "")
        var text = "{'descr': \(descr), 'fortran_order': False, 'shape': (\(lengths)), }"
        text += String(repeating: " ", count: -(10 + text.utf8.count + 1) & 63) + "\n"
        var bytes = magic + [1, 0]
        bytes.append(littleEndian: UInt16(text.utf8.count))
        return bytes + Array(text.utf8)
    }
}
