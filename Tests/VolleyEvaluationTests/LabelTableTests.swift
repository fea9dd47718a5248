import Testing
import VolleyEvaluation
import VolleyTensors
import VolleyTestSupport

/// Files that say the classes of the images in a folder.
@Suite struct LabelTableTests {
    private let folder: TemporaryDirectory

    /// Images `a.jpg`, `b, c.jpg` and `d/e "f".jpg`.
    init() throws {
        folder = try TemporaryDirectory()
        for name in ["a.jpg", "b, c.jpg", "d/e \"f\".jpg"] { try folder.copy("images/one-pixel.jpg", to: "images/\(name)") }
    }

    private func dataset(_ text: String) throws -> Dataset {
        let table = try folder.write(Array(text.utf8), to: "labels.csv")
        return try Dataset.open(folder.file("images"), .init(labels: table))
    }

    private func labels(_ text: String, _ classes: ClassList = ClassList(count: 10)) throws -> [Int] {
        try dataset(text).labels(for: classes).indices
    }

    private func refusal(_ text: String) throws -> String {
        let error = #expect(throws: EvaluationError.self) { try labels(text) }
        #expect(error?.description.contains("labels.csv") == true || error?.context.file == folder.file("images"))
        return error?.description ?? ""
    }

    @Test(arguments: [
        "file,class_index\na.jpg,3\n\"b, c.jpg\",1\n\"d/e \"\"f\"\".jpg\",4\n",
        // A byte-order mark, CRLF, no end of line at the end, empty lines, another order, further columns.
        "\u{FEFF}id,Class_Index, file\r\n7,3,a.jpg\r\n\r\n8,1,\"b, c.jpg\"\r\n9,4,\"d/e \"\"f\"\".jpg\"",
        "file,class_index,wordnet_id\n\"d/e \"\"f\"\".jpg\", 4 ,\"n\n1\"\n./a.jpg,3,x\n\"b, c.jpg\" ,1,\n",
        // Where both are there, the index counts.
        "file,class,class_index\na.jpg,x,3\n\"b, c.jpg\",y,1\n\"d/e \"\"f\"\".jpg\",z,4\n",
    ])
    func indicesAreRead(_ text: String) throws { #expect(try labels(text) == [3, 1, 4]) }

    @Test func namesAreBoundLikeThoseOfFolders() throws {
        let text = "class,file\nSea Urchin,a.jpg\nhen,\"b, c.jpg\"\nhen,\"d/e \"\"f\"\".jpg\"\n"
        #expect(try labels(text, ClassList(count: 3, names: ["owl", "hen", "sea_urchin"])) == [2, 1, 1])
        let error = #expect(throws: EvaluationError.self) { try labels(text, ClassList(count: 3, names: ["owl", "hen", "cod"])) }
        #expect(error?.code == .unknownClasses && error?.context.file == folder.file("labels.csv"))
        #expect(try labels(text.replacing("Sea Urchin", with: "07").replacing("hen", with: "2")) == [7, 2, 2])
    }

    private static let rest = "\"b, c.jpg\",1\n\"d/e \"\"f\"\".jpg\",4\n"

    @Test func headersThatSayNothingAreRefused() throws {
        for header in ["", "a.jpg,3\n", "file;class\n", "file,klass\n", "class,label\n", "file,file,class\n"] {
            #expect(try refusal(header + Self.rest).contains("file,class"), "\(header)")
        }
    }

    @Test func linesThatDoNotFitAreNamed() throws {
        #expect(try refusal("file,class_index\na.jpg\n" + Self.rest).contains("line 2"))
        #expect(try refusal("file,class_index\n" + Self.rest + "a.jpg,1,2\n").contains("line 4"))
        #expect(try refusal("file,class_index\na.jpg,\n" + Self.rest).contains("line 2"))
        #expect(try refusal("file,class_index\n" + Self.rest + "a.jpg,-1\n").contains("line 4"))
        #expect(try refusal("file,class_index\n" + Self.rest + "a.jpg,hen\n").contains("'hen'"))
        #expect(try refusal("file,class_index\n" + Self.rest + "\"a.jpg,1\n").contains("never closed"))
        #expect(try refusal("file,class_index\n" + Self.rest + "\"a\".jpg,1\n").contains("line 4"))
    }

    @Test func aFileTwiceIsRefused() throws {
        #expect(try refusal("file,class_index\na.jpg,1\n" + Self.rest + "./a.jpg,1\n").contains("line 2 too"))
    }

    @Test func imagesWithoutALineAreRefused() throws {
        #expect(try refusal("file,class_index\n" + Self.rest).contains("no line for a.jpg"))
        #expect(try refusal("file,class_index\nimages/a.jpg,1\n").contains("None of the images"))
    }

    @Test func linesWithoutAnImageAreNoted() throws {
        let dataset = try dataset("file,class_index\na.jpg,1\nz.jpg,2\n" + Self.rest)
        #expect(try dataset.labels(for: ClassList(count: 10)).indices == [1, 1, 4])
        #expect(dataset.diagnostics.map(\.message).contains { $0.contains("1 of its files") && $0.contains("z.jpg") })
    }

    @Test func filesOfOtherFormatsAreRefused() throws {
        try folder.write([1], to: "images/z.webp")
        #expect(try refusal("file,class_index\na.jpg,1\nz.webp,2\n" + Self.rest).contains("z.webp"))
    }

    @Test func indicesBeyondTheClassesAreRefused() throws {
        #expect(try refusal("file,class_index\na.jpg,10\n" + Self.rest).contains("label 10 of a.jpg"))
    }

    @Test func theFileHasToBeThere() throws {
        for path in [folder.file("nowhere.csv"), folder.path] {
            #expect(throws: FileError.self) { try Dataset.open(folder.file("images"), .init(labels: path)) }
        }
    }

    @Test func itMayLieAmongTheImages() throws {
        let text = "file,class_index\na.jpg,1\n" + Self.rest
        let path = try folder.write(Array(text.utf8), to: "images/labels.csv")
        #expect(try Dataset.open(folder.file("images"), .init(labels: path)).diagnostics.isEmpty)
    }

    @Test func arraysHaveTheirOwnLabels() throws {
        let path = Fixture.path("digits-vit/test.npz")
        let error = #expect(throws: EvaluationError.self) { try Dataset.open(path, .init(labels: folder.file("labels.csv"))) }
        #expect(error?.remedies == [Remedy(.classTable)])
    }
}
