import Testing
import VolleyTensors

@Suite struct TextTableTests {
    @Test func textsStandLeftAndNumbersRight() {
        let table = TextTable([.text("layer"), .number("MACs"), .text("kind")], rows: [["a", "1 000", "affine"], ["blocks.0", "7", ""]])
        #expect(
            table.text == """
                layer      MACs  kind
                a         1 000  affine
                blocks.0      7

                """)
    }

    /// The width is what a terminal shows: two columns for an ideograph and for a picture, one for a letter with its accent.
    @Test func widthsAreThoseOfATerminal() {
        #expect(TextTable.width("e\u{301}té") == 3)
        #expect(TextTable.width("λ₁ ≥ ½") == 6)
        #expect(TextTable.width("猫 and 🐈") == 9)
        #expect(TextTable.width("ｶﾅ カナ 한글") == 2 + 1 + 4 + 1 + 4)
        let table = TextTable([.text("class"), .number("n")], rows: [["猫", "1"], ["tench", "12"], ["e\u{301}toile", "3"]])
        #expect(table.lines == ["class    n", "猫       1", "tench   12", "e\u{301}toile   3"])
    }

    @Test func groupsStandAboveTheirColumns() {
        let table = TextTable(
            [.text(""), .number("top-1"), .number("paper", in: "energy (spiking / ANN)"), .number("full", in: "energy (spiking / ANN)")],
            rows: [["t = 1", "0.5", "0.1", "0.2"]])
        #expect(
            table.lines == [
                "              energy (spiking / ANN)",
                "       top-1             paper  full",
                "t = 1    0.5               0.1   0.2",
            ])
        // The same title twice, but not side by side, is two groups.
        let apart = TextTable([.number("a", in: "g"), .number("b"), .number("c", in: "g")], rows: [["100", "2", "300"]])
        #expect(apart.lines == ["  g       g", "  a  b    c", "100  2  300"])
    }

    @Test func noTextMovesTheCursor() {
        let table = TextTable([.text("name")], rows: [["a\u{1B}[2J\nb\t"]])
        #expect(table.lines == ["name", "a�[2J�b�"])
    }

    @Test(
        arguments: [
            (0, 0, "0"), (0, 2, "0.00"), (2.5, 0, "3"), (-2.5, 0, "-3"), (0.00049, 3, "0.000"), (-0.00049, 3, "0.000"), (0.0005, 3, "0.001"),
            (99.996, 2, "100.00"), (1234.5678, 1, "1234.6"), (-0.25, 1, "-0.3"), (1e300, 2, "1e+300"), (.infinity, 2, "inf"), (.nan, 1, "nan"),
        ] as [(Double, Int, String)])
    func fixedNumbers(value: Double, places: Int, text: String) { #expect(TextTable.fixed(value, places) == text) }
}
