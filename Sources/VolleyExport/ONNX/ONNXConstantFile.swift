internal import Foundation
internal import VolleyFormats
internal import VolleyONNX

/// The file beside a model that holds its large constants: messages of the format hold no more than 2 GiB.
enum ONNXConstantFile {
    /// Constants of fewer bytes stay in the model.
    private static let smallest = 1024
    /// Readers that map the file want constants to begin where pages do.
    private static let alignment = 4096

    /// Moves the large constants of a document to a file, where all are more than the model's file takes.
    /// - Returns: the path of the file that was written; nil for none.
    static func moveConstants(of document: inout ONNXDocument, besides path: String, largestFile: Int) throws -> String? {
        guard document.constants.reduce(0, { $0 + $1.content.byteCount }) > largestFile else { return nil }
        let dataPath = path + ".data"
        let name = URL(filePath: dataPath).lastPathComponent
        var offset = 0
        try AtomicFile.write(to: dataPath) { file in
            for index in document.constants.indices where document.constants[index].content.byteCount >= smallest {
                guard case .floats(let tensor) = document.constants[index].content else { continue }
                let gap = -offset & (alignment - 1)
                try file.append([UInt8](repeating: 0, count: gap))
                try file.append(tensor)
                let length = document.constants[index].content.byteCount
                document.constants[index].place = ONNXDocument.ExternalPlace(file: name, offset: offset + gap, length: length)
                offset += gap + length
            }
        }
        return dataPath
    }
}
