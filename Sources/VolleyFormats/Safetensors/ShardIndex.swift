import Foundation
import VolleyTensors

/// The file `….safetensors.index.json`, which says in which of several files a tensor lies.
struct ShardIndex {
    private let path: String
    /// File names in the order of their first appearance.
    private let shards: [String]
    /// For each tensor the position of its file among the shards.
    let places: [String: Int]

    private static let largestIndex = 32_000_000

    init(path: String) throws {
        let file = try InputFile.opening(path)
        guard file.count <= ShardIndex.largestIndex else {
            let message = "The index has \(file.count) bytes; at most \(ShardIndex.largestIndex) are allowed."
            throw FormatError(.tooLarge, message, path: path)
        }
        let json = try JSONParser.parse(try file.allBytes, path: path)
        guard let members = json["weight_map"]?.members, !members.isEmpty else {
            let message = "The index must have an object \"weight_map\" that gives each tensor's file."
            throw FormatError(.malformed, message, path: path)
        }
        var shards: [String] = []
        var numbers: [String: Int] = [:]
        var places: [String: Int] = [:]
        for member in members {
            guard let shard = member.value.string, ShardIndex.isPlainName(shard) else {
                let message = """
                    The index puts tensor \(member.name.quoted) into \(member.value.string?.quoted ?? "no file"); expected \
                    the name of a .safetensors file in the same folder.
                    """
                throw FormatError(.malformed, message, path: path)
            }
            if numbers[shard] == nil {
                numbers[shard] = shards.count
                shards.append(shard)
            }
            places[member.name] = numbers[shard]
        }
        self.path = path
        self.shards = shards
        self.places = places
    }

    /// Whether a name stays inside the folder.
    private static func isPlainName(_ name: String) -> Bool {
        name.hasSuffix(".safetensors") && !name.contains { "/\\:\0".contains($0) }
    }

    /// Opens all shards and checks that each holds the tensors it should.
    func openShards() throws -> [SafetensorsFile] {
        let folder = URL(filePath: path).deletingLastPathComponent()
        let paths = shards.map { folder.appending(path: $0).path(percentEncoded: false) }
        let missing = zip(shards, paths).filter { !FileManager.default.fileExists(atPath: $1) }.map(\.0.quoted)
        guard missing.isEmpty else {
            let message = """
                \(missing.count) of \(shards.count) files named in the index are missing: \
                \(missing.joined(separator: ", ")). Put them into the same folder.
                """
            throw FormatError(.notFound, message, path: path)
        }
        let files = try paths.map(SafetensorsFile.init)
        for (name, place) in places.sorted(by: { $0.key < $1.key }) where files[place].shape(of: name) == nil {
            let message = "The index puts tensor \(name.quoted) into \(shards[place].quoted), but it is not there."
            throw FormatError(.missingEntry, message, path: path)
        }
        return files
    }
}
