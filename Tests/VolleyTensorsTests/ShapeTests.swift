import Testing
import VolleyTensors

@Suite struct ShapeTests {
    @Test func countIsTheProductOfTheLengths() {
        #expect(Shape([2, 3, 4]).count == 24)
        #expect(Shape([]).count == 1)
        #expect(Shape([5, 0, 7]).count == 0)
    }

    @Test func stridesAreRowMajor() {
        #expect(Shape([2, 3, 4]).strides == [12, 4, 1])
        #expect(Shape([7]).strides == [1])
        #expect(Shape([]).strides == [])
    }

    @Test func rowCountLeavesOutTheFirstAxis() {
        #expect(Shape([2, 3, 4]).rowCount == 12)
        #expect(Shape([9]).rowCount == 1)
    }

    @Test func describesItselfAsAList() {
        #expect(Shape([2, 3]).description == "[2, 3]")
        #expect(Shape([]).description == "[]")
    }

    @Test func axesAreReadAndWrittenByIndex() {
        var shape: Shape = [2, 3]
        shape[1] = 8
        #expect(shape == [2, 8])
        #expect(shape.rank == 2)
        #expect(shape[0] == 2)
    }
}
