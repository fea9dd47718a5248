internal import CVolleyDemoData
internal import Foundation
internal import Volley

/// The demo's files, embedded in the program: a ViT of 200 000 parameters trained on scikit-learn's handwritten digits, 512
/// calibration and 360 test images of 8×8 pixels.
public enum DemoFiles {
    /// Writes them into a folder, which is made if needed.
    /// - Throws: the format's error when they cannot be written.
    public static func write(to folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw FormatError(.writeFailed, "the folder cannot be made: \(error.localizedDescription)", path: folder)
        }
        var index: Int32 = 0
        while let name = unsafe volley_demo_file_at(index).name {
            let file = unsafe volley_demo_file_at(index)
            let bytes = unsafe [UInt8](UnsafeBufferPointer(start: file.bytes, count: file.count))
            try AtomicFile.write(bytes, to: "\(folder)/\(unsafe String(cString: name))")
            index += 1
        }
    }
}
