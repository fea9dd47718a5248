import Testing
import VolleyEvaluation
import VolleyTensors
import VolleyTestSupport

/// Which class of a network the name of a folder stands for.
@Suite struct ClassBindingTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    /// By folder, in the order of their names, the class of its image.
    private func bind(_ folders: [String], count: Int, names: [String]? = nil) throws -> ClassLabels {
        for name in folders { try folder.copy("images/one-pixel.jpg", to: "\(name)/1.jpg") }
        return try Dataset.open(folder.path).labels(for: ClassList(count: count, names: names))
    }

    private func refusal(_ folders: [String], count: Int, names: [String]? = nil) throws -> String {
        let error = #expect(throws: EvaluationError.self) { try bind(folders, count: count, names: names) }
        #expect(error?.code == .unknownClasses)
        #expect(error?.context.file == folder.path)
        for way in ["label_names", "id2label", "class index", "WordNet", "\(Remedy(.classTable))"] {
            #expect(error?.description.contains(way) == true, "\(way)")
        }
        return error?.description ?? ""
    }

    private static let animals = ["zebra", "ant", "tench, Tinca tinca", "wolf", "C++", "jack-o'-lantern", "C"]

    @Test func namesAreLookedUpAmongTheModels() throws {
        let labels = try bind(["ant", "wolf", "zebra"], count: 7, names: Self.animals)
        #expect(labels.indices == [1, 3, 0] && labels.diagnostics.isEmpty)
    }

    @Test(arguments: [
        ("Wolf", 3), ("WOLF", 3), ("tench, Tinca tinca", 2), ("tench", 2), ("Tinca_tinca", 2), ("tinca-tinca", 2), ("tench__tinca tinca", 2),
        ("jack_o_lantern", 5), ("Jack-O’-Lantern", 5), ("C", 6), ("C++", 4), ("c", 6), ("c++", 4),
    ])
    func caseAndPunctuationDoNotCount(folder: String, index: Int) throws {
        #expect(try bind([folder], count: 7, names: Self.animals).indices == [index])
    }

    @Test func accentsMayBeComposedOrNot() throws {
        #expect(try bind(["caf\u{65}\u{301}"], count: 2, names: ["tea", "caf\u{E9}"]).indices == [1])
    }

    @Test func unknownNamesAreRefused() throws {
        #expect(try refusal(["ant", "yeti"], count: 7, names: Self.animals).contains("1 of these names are none of them"))
    }

    @Test func numbersDoNotStandForNamedClasses() throws {
        #expect(try refusal(["0", "1"], count: 7, names: Self.animals).contains("zebra"))
    }

    @Test func namesWithTwoMeaningsAreRefused() throws {
        let names = ["crane", "crane", "Cardigan, Welsh corgi", "cardigan"]
        #expect(try refusal(["crane"], count: 4, names: names).contains("0 (crane), 1 (crane)"))
    }

    @Test func aNameLetterByLetterIsThatClass() throws {
        let names = ["crane", "crane", "Cardigan, Welsh corgi", "cardigan"]
        #expect(try bind(["cardigan"], count: 4, names: names).indices == [3])
    }

    @Test func aNameThatIsOnlySimilarToTwoIsRefused() throws {
        let names = ["crane", "crane", "Cardigan, Welsh corgi", "cardigan"]
        #expect(try refusal(["Cardigan"], count: 4, names: names).contains("may mean 2 classes"))
    }

    @Test func twoFoldersOfOneClassAreRefused() throws {
        #expect(try refusal(["tench", "Tinca tinca"], count: 7, names: Self.animals).contains("Tinca tinca, tench"))
    }

    @Test func numbersAsNamesAreLookedUpToo() throws {
        let fromOne = (1...12).map(String.init)
        #expect(try bind(["1", "2", "10"], count: 12, names: fromOne).indices == [0, 9, 1])
    }

    @Test(arguments: [(0..<12).map(String.init), (0..<12).map { "LABEL_\($0)" }, (0..<12).map { "class \($0)" }])
    func namesThatOnlyNumberTheClassesAreNoNames(_ names: [String]) throws {
        #expect(try bind(["00", "07", "11"], count: 12, names: names).indices == [0, 7, 11])
    }

    @Test func placeholdersAreNamesAsWell() throws {
        #expect(try bind(["LABEL_2", "LABEL_10"], count: 12, names: (0..<12).map { "LABEL_\($0)" }).indices == [10, 2])
    }

    @Test func numbersAreClassIndices() throws {
        let labels = try bind(["2", "5", "7", "11"], count: 12)
        #expect(labels.indices == [11, 2, 5, 7])
        #expect(labels.diagnostics.count == 1 && labels.diagnostics[0].message.contains("as text"))
    }

    @Test func numbersWithLeadingZerosAreClassIndices() throws {
        let labels = try bind((0..<12).map { $0 < 10 ? "0\($0)" : "\($0)" }, count: 12)
        #expect(labels.indices == Array(0..<12) && labels.diagnostics.isEmpty)
    }

    @Test func numbersBeyondTheClassesAreRefused() throws {
        #expect(try refusal(["3", "12"], count: 12).contains("0…11; found 3, 12"))
    }

    @Test(arguments: [12, 20]) func numbersFromOneAreRefused(count: Int) throws {
        #expect(try refusal((1...12).map(String.init), count: count).contains("count from 1"))
    }

    @Test func numbersThatAreEqualAreRefused() throws {
        #expect(try refusal(["3", "03"], count: 12).contains("03, 3"))
    }

    @Test func hugeNumbersAreNoNumbers() throws {
        #expect(try refusal(["99999999999999999999"], count: 12).contains("99999999999999999999"))
    }

    @Test func asManyNamesAsClassesAreTakenInOrderWithANote() throws {
        let labels = try bind(["b", "a", "C"], count: 3)
        #expect(labels.indices == [0, 1, 2])
        #expect(labels.diagnostics.count == 1 && labels.diagnostics[0].message.contains("classes 0…2"))
    }

    @Test(arguments: [2, 4]) func fewerOrMoreNamesThanClassesAreRefused(count: Int) throws {
        #expect(try refusal(["a", "b", "c"], count: count).contains("3: a, b, c"))
    }

    @Test func wordNetIDsAreImageNetsClasses() throws {
        let labels = try bind(["n15075141", "n01440764", "n01443537"], count: 1000)
        #expect(labels.indices == [0, 1, 999] && labels.diagnostics.isEmpty)
    }

    @Test func otherWordNetIDsAndOtherNetworksAreRefused() throws {
        #expect(try refusal(["n01440764", "n02084071"], count: 1000).contains("n02084071"))
        #expect(try refusal([], count: 999).contains("ound 2"))
    }

    @Test func wordNetIDsFitModelsThatNameImageNetsClasses() throws {
        var names = (0..<1000).map { "thing \($0), object \($0)" }
        (names[0], names[1]) = ("tench, Tinca tinca", "goldfish, Carassius auratus")
        #expect(try bind(["n01440764", "n15075141"], count: 1000, names: names).indices == [0, 999])
        names.sort()
        #expect(throws: EvaluationError.self) { try bind([], count: 1000, names: names) }
    }

    @Test func namesOfAnotherNumberOfClassesAreNotUsed() throws {
        #expect(ClassList(count: 3, names: ["a", "b"]).names == nil)
        #expect(try bind(["0", "2"], count: 3, names: ["a", "b"]).indices == [0, 2])
    }
}
