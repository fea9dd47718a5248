import Foundation
import Volley

/// Images and their classes in memory, as a program may have them from a camera, a database or a generator.
struct Digits {
    /// `[N, 1, 8, 8]`, pixels in 0…1, as the network was trained on.
    var images: Tensor
    var classes: [Int]

    /// Here they come from a file; nothing below knows that.
    init(contentsOf file: URL) throws {
        let archive = try NpzArchive(path: file.path)
        images = try archive.array("x").tensor
        classes = try archive.array("y").tensor.values.map { Int($0) }
    }

    /// What thresholds are taken from. Labels are not used.
    var calibration: CalibrationSet {
        get throws { CalibrationSet(try Dataset(images, name: "digits to calibrate with")) }
    }

    /// What is measured.
    var test: Dataset {
        get throws { try Dataset(images, labels: classes, name: "digits to measure") }
    }
}
