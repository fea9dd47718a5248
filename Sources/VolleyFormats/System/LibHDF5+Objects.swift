import VolleyTensors

/// Trees of groups and arrays in and out of files.
extension LibHDF5 {
    // MARK: Writing

    func bytes(of objects: [String: HDF5Object], path: String) throws -> [UInt8] {
        try image(path: path) { file in
            // Without times of their own, equal objects are equal bytes.
            try holding(listCreate(creationClass), closing: listClose, path) { creation in
                try require(trackTimes(creation, 0), path)
                try add(objects, to: file, creation, path)
            }
        }
    }

    private func add(_ objects: [String: HDF5Object], to parent: Handle, _ creation: Handle, _ path: String) throws {
        for (name, object) in objects.sorted(by: { $0.key < $1.key }) {
            switch object {
            case .group(let members):
                let group = unsafe groupCreate(parent, name, Self.anything, Self.anything, Self.anything)
                try holding(group, closing: groupClose, path) { try add(members, to: $0, creation, path) }
            case .floats(let tensor):
                try addData(name, tensor.shape, type: fileFloat, to: parent, creation, path) { data in
                    unsafe dataWrite(data, nativeFloat, Self.anything, Self.anything, Self.anything, tensor.values)
                }
            case .integers(let shape, let values):
                try addData(name, shape, type: fileInteger, to: parent, creation, path) { data in
                    unsafe dataWrite(data, nativeInteger, Self.anything, Self.anything, Self.anything, values.map(Int64.init))
                }
            case .texts(let shape, let values):
                try withTextType(path) { type in
                    try addData(name, shape, type: type, to: parent, creation, path) { data in
                        // One block of bytes, each text with a zero behind it, and where each begins.
                        let bytes = values.map { Array($0.utf8) + [0] }
                        let starts = bytes.reduce(into: [0]) { $0.append($0.last! + $1.count) }
                        return unsafe Array(bytes.joined()).withUnsafeBytes { block in
                            let texts = unsafe starts.dropLast().map { unsafe block.baseAddress! + $0 }
                            return unsafe dataWrite(data, type, Self.anything, Self.anything, Self.anything, texts)
                        }
                    }
                }
            }
        }
    }

    private func addData(
        _ name: String, _ shape: Shape, type: Handle, to parent: Handle, _ creation: Handle, _ path: String, _ write: (_ data: Handle) -> Int32
    ) throws {
        let lengths = shape.dimensions.map(UInt64.init)
        let space = lengths.isEmpty ? scalarCreate(0) : unsafe spaceCreate(Int32(lengths.count), lengths, nil)
        try holding(space, closing: spaceClose, path) { space in
            let data = unsafe dataCreate(parent, name, type, space, Self.anything, creation, Self.anything)
            try holding(data, closing: dataClose, path) { data in
                if shape.count > 0 { try require(write(data), path) }
            }
        }
    }

    // MARK: Reading

    func objects(in bytes: [UInt8], path: String) throws -> [String: HDF5Object] {
        try reading(bytes, path: path) { try members(of: $0, path, inside: "") }
    }

    private func members(of group: Handle, _ path: String, inside parents: String) throws -> [String: HDF5Object] {
        var members: [String: HDF5Object] = [:]
        for name in names(in: group) {
            let object = unsafe objectOpen(group, name, Self.anything)
            members[name] = try holding(object, closing: objectClose, path) { object in
                switch kind(object) {
                case 2: .group(try self.members(of: object, path, inside: parents + name + "/"))
                case 5: try array(object, path, parents + name)
                default: throw FormatError(.unsupported, "\((parents + name).quoted) is neither a group nor an array.", path: path)
                }
            }
        }
        return members
    }

    /// The names in a group, ascending.
    private func names(in group: Handle) -> [String] {
        var names: [String] = []
        while true {
            let length = unsafe name(group, ".", 0, 0, UInt64(names.count), nil, 0, Self.anything)
            guard length > 0 else { return names }
            var bytes = [CChar](repeating: 0, count: length + 1)
            _ = unsafe name(group, ".", 0, 0, UInt64(names.count), &bytes, length + 1, Self.anything)
            names.append(String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
    }

    private func array(_ data: Handle, _ path: String, _ name: String) throws -> HDF5Object {
        try holding(dataSpace(data), closing: spaceClose, path) { space in
            let rank = Int(self.rank(space))
            guard rank >= 0 else { throw FormatError(.unsupported, "\(name.quoted) is an array without a shape.", path: path) }
            var lengths = [UInt64](repeating: 0, count: rank)
            _ = unsafe self.lengths(space, &lengths, nil)
            guard let count = Self.count(of: lengths) else { throw FormatError(.tooLarge, "\(name.quoted) is too large to be read.", path: path) }
            let shape = Shape(lengths.map { Int($0) })
            return try holding(dataType(data), closing: typeClose, path) { type in
                switch typeClass(type) {
                case 0:
                    var values = [Int64](repeating: 0, count: count)
                    try require(unsafe dataRead(data, nativeInteger, Self.anything, Self.anything, Self.anything, &values), path)
                    return .integers(shape, values.map { Int($0) })
                case 1:
                    var values = [Float](repeating: 0, count: count)
                    try require(unsafe dataRead(data, nativeFloat, Self.anything, Self.anything, Self.anything, &values), path)
                    return .floats(Tensor(shape, values))
                case 3 where isVariableText(type) > 0:
                    return .texts(shape, try texts(data, count, space, path))
                default: throw FormatError(.unsupported, "\(name.quoted) holds neither numbers nor texts of any length.", path: path)
                }
            }
        }
    }

    /// How many elements there are, as far as they can be read at once.
    private static func count(of lengths: [UInt64]) -> Int? {
        let most: UInt64 = 1 << 31
        return lengths.reduce(1 as UInt64?) { count, length in
            guard let count, length <= most, count * length <= most else { return nil }
            return count * length
        }.map { Int($0) }
    }

    private func texts(_ data: Handle, _ count: Int, _ space: Handle, _ path: String) throws -> [String] {
        try withTextType(path) { type in
            var pointers = unsafe [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
            try require(unsafe dataRead(data, type, Self.anything, Self.anything, Self.anything, &pointers), path)
            let texts = unsafe pointers.map { pointer in unsafe pointer.map { unsafe String(cString: $0) } ?? "" }
            _ = unsafe reclaim(type, space, Self.anything, &pointers)
            return texts
        }
    }
}
