import Foundation
import Testing
import Volley
import VolleyTestSupport

/// Images in folders measured on the command line: every way to say the classes, and what is refused without one.
@Suite struct ClassFolderTests {
    private let folder: TemporaryDirectory
    private static let words = ["zebra", "ant", "yak", "bee", "wolf", "cat", "viper", "dog", "urial", "emu", "tapir", "fox"]

    init() throws { folder = try TemporaryDirectory() }

    /// A network whose classes are called as `names` has them, "words" or "numbers"; or not at all.
    private func network(_ names: String?) throws -> String {
        try folder.copy("class-folders/model.safetensors", to: "model/model.safetensors")
        try folder.copy("class-folders/\(names ?? "words").json", to: "model/config.json")
        if names == nil {
            let text = String(decoding: try Fixture.bytes("class-folders/words.json"), as: UTF8.self)
            try folder.write(Array(text.replacing("label_names", with: "other_names").utf8), to: "model/config.json")
        }
        // Calibration needs no classes: all images in one folder, one of them skipped since it cannot be opened.
        for word in Self.words { try folder.copy("class-folders/images/\(word)/0.png", to: "calibration/\(word).png") }
        let path = folder.file("net.volley")
        let outcome = try CommandLineTool.run(["convert", folder.file("model"), "--calibration", folder.file("calibration"), "-o", path])
        #expect(outcome.code == 0, "\(outcome.errors)")
        return path
    }

    /// A folder of class folders, called as `name` says of the class with that index; without the images calibrated with.
    private func images(_ classes: [Int], _ name: (Int) -> String) throws -> String {
        let root = "images-" + UUID().uuidString
        for index in classes {
            for image in 1..<5 {
                try folder.copy("class-folders/images/\(Self.words[index])/\(image).png", to: "\(root)/\(name(index))/\(image).png")
            }
        }
        return folder.file(root)
    }

    private func evaluate(_ network: String, _ data: String, _ extra: [String] = []) throws -> (top1: Double?, outcome: CommandLineTool.Outcome) {
        let json = folder.file("results.json")
        try? FileManager.default.removeItem(atPath: json)
        let outcome = try CommandLineTool.run(["evaluate", network, data, "--steps", "2", "--allow-overlap", "--json", json] + extra)
        let results = FileManager.default.contents(atPath: json).flatMap { try? JSONDecoder().decode(Results.self, from: $0) }
        return (results?.ann?.top1, outcome)
    }

    private func expectAllRight(
        _ network: String, _ data: String, _ extra: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let (top1, outcome) = try evaluate(network, data, extra)
        #expect(outcome.code == 0 && top1 == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
    }

    private func expectThreeWays(_ network: String, _ data: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let (_, outcome) = try evaluate(network, data)
        #expect(outcome.code == 2, sourceLocation: sourceLocation)
        for way in ["label_names", "class index", "--labels"] {
            #expect(outcome.errors.contains(way), "\(outcome.errors)", sourceLocation: sourceLocation)
        }
    }

    @Test(arguments: [Array(0..<12), [7, 2, 5]]) func wordsAreTheModelsNames(_ classes: [Int]) throws {
        let network = try network("words")
        try expectAllRight(network, images(classes) { Self.words[$0] })
        try expectAllRight(network, images(classes) { Self.words[$0].uppercased() })
        try expectThreeWays(network, images(classes) { "\($0)" })
        try expectThreeWays(network, images(classes) { Self.words[$0] + "s" })
    }

    @Test(arguments: [Array(0..<12), [7, 2, 5]]) func numbersAreTheModelsNames(_ classes: [Int]) throws {
        let network = try network("numbers")
        try expectAllRight(network, images(classes) { "\($0)" })
        try expectAllRight(network, images(classes) { $0 < 10 ? "00\($0)" : "0\($0)" })
        try expectThreeWays(network, images(classes) { Self.words[$0] })
    }

    @Test(arguments: [Array(0..<12), [7, 2, 5]]) func numbersAreIndicesWithoutNames(_ classes: [Int]) throws {
        let network = try network(nil)
        try expectAllRight(network, images(classes) { "\($0)" })
        try expectThreeWays(network, images(classes) { "\($0 + (classes.count == 3 ? 7 : 1))" })
        if classes.count == 3 { try expectThreeWays(network, images(classes) { Self.words[$0] }) }
    }

    @Test func asManyFoldersAsClassesAreTakenInOrderWithANote() throws {
        let network = try network(nil)
        let data = try images(Array(0..<12)) { "\(Character(UnicodeScalar(UInt8(97 + $0))))" }
        try expectAllRight(network, data)
        #expect(try evaluate(network, data).outcome.errors.contains("classes 0…11"))
        #expect(try evaluate(network, data, ["--strict"]).outcome.code == 2)
    }

    @Test func aFileOfLabelsSaysItForAnyFolder() throws {
        let network = try network("words")
        let data = try images([7, 2, 5]) { "\($0)" }
        try expectThreeWays(network, data)
        let rows = [7, 2, 5].flatMap { index in (1..<5).map { (file: "\(index)/\($0).png", index: index) } }
        let indices = "file,class_index\r\n" + rows.map { "\($0.file),\($0.index)\r\n" }.joined()
        try expectAllRight(network, data, ["--labels", folder.write(Array(indices.utf8), to: "indices.csv")])
        let names = "class,file\n" + rows.map { "\(Self.words[$0.index]),\($0.file)\n" }.joined()
        try expectAllRight(network, data, ["--labels", folder.write(Array(names.utf8), to: "names.csv")])
        // A flat one.
        try expectThreeWays(network, folder.file("calibration"))
        let flat = "file,class_index\n" + Self.words.enumerated().map { "\($1).png,\($0)\n" }.joined()
        try expectAllRight(network, folder.file("calibration"), ["--labels", folder.write(Array(flat.utf8), to: "flat.csv")])
        let beyond = flat.replacing("fox.png,11", with: "fox.png,12")
        let outcome = try evaluate(network, folder.file("calibration"), ["--labels", folder.write(Array(beyond.utf8), to: "beyond.csv")]).outcome
        #expect(outcome.code == 2 && outcome.errors.contains("label 12 of fox.png"), "\(outcome.errors)")
    }

    @Test func whatWasCalibratedWithIsFoundAndWhatCannotBeOpenedIsSkipped() throws {
        let network = try network("words")
        let data = try images([7]) { Self.words[$0] }
        let dog = data + "/dog"
        func run(_ extra: [String] = []) throws -> CommandLineTool.Outcome {
            try CommandLineTool.run(["evaluate", network, data, "--steps", "1"] + extra)
        }
        #expect(try run().code == 0)
        try FileManager.default.createSymbolicLink(atPath: dog + "/9.png", withDestinationPath: dog + "/nowhere.png")
        #expect(try run().code == 2)
        let skipped = try run(["--skip-bad"])
        #expect(skipped.code == 0 && skipped.output.contains("4 samples, 1 skipped"), "\(skipped.errors)")
        #expect(skipped.errors.contains("skipped: dog/9.png"))
        try folder.copy("class-folders/images/dog/0.png", to: String(dog.dropFirst(folder.path.count + 1)) + "/0.png")
        let overlap = try run(["--skip-bad"])
        #expect(overlap.code == 2 && overlap.errors.contains("dog/0.png") && overlap.errors.contains("--allow-overlap"), "\(overlap.errors)")
        #expect(try run(["--skip-bad", "--allow-overlap"]).code == 0)
    }
}
