import Testing
import VolleyGraph
import VolleyTensors

/// Weighted means of values of size 10: a few roundings.
private let tolerance: Float = 1e-5

/// What can be said without other programs; the cases of the onnx package say the rest.
@Suite struct ResizeTests {
    private func line(_ values: [Float]) -> Tensor { Tensor([1, values.count], values) }

    private func resized(
        _ values: [Float], to length: Int, _ interpolation: Resize.Interpolation, _ coordinates: Resize.Coordinates = .halfPixel,
        _ rounding: Resize.Rounding = .halfDown, antialiases: Bool = false
    ) throws -> [Float] {
        let axis = Resize.Axis(axis: 1, length: length, scale: Float(length) / Float(values.count))
        let resize = Resize(
            axes: [axis], interpolation: interpolation, coordinates: coordinates, rounding: rounding, antialiases: antialiases)
        return try evaluate(.resize(resize), [line(values)]).values
    }

    @Test func nearestElementsByHand() throws {
        // Places −0.25, 0.25, 0.75, 1.25, …
        #expect(try resized([1, 2, 3], to: 6, .nearest) == [1, 1, 2, 2, 3, 3])
        // Places 0, 0.5, 1, 1.5.
        #expect(try resized([1, 2], to: 4, .nearest, .asymmetric, .halfDown) == [1, 1, 2, 2])
        #expect(try resized([1, 2], to: 4, .nearest, .asymmetric, .halfUp) == [1, 2, 2, 2])
        #expect(try resized([1, 2], to: 4, .nearest, .asymmetric, .up) == [1, 2, 2, 2])
        #expect(try resized([1, 2], to: 4, .nearest, .asymmetric, .down) == [1, 1, 2, 2])
        // Places 0, 1.5, 3: upwards where the axis shrinks.
        #expect(try resized([1, 2, 3, 4, 5], to: 3, .nearest, .asymmetric, .towardsLonger) == [1, 3, 5])
        // Places 0, 4/3, 8/3, 4.
        #expect(try resized([1, 2, 3, 4, 5], to: 4, .nearest, .alignedCorners, .down) == [1, 2, 3, 5])
        #expect(try resized([1, 2, 3, 4, 5], to: 1, .nearest, .halfPixelOrFirst) == [1])
        // Places 0.5, 1, 1.5, 2.
        #expect(try resized([1, 2], to: 4, .nearest, .halfPixelUnshifted, .down) == [1, 2, 2, 2])
    }

    @Test func meansByHand() throws {
        #expect(try resized([0, 4], to: 4, .linear) == [0, 1, 3, 4])
        #expect(try resized([0, 4, 8], to: 5, .linear, .alignedCorners) == [0, 2, 4, 6, 8])
        // Twice as many elements take part where the axis is halved: ¼, ¾, ¾, ¼ of half a step each, cut at the border.
        #expect(try resized([0, 8, 0, 0], to: 2, .linear, antialiases: true).map { ($0 * 8).rounded() } == [27, 8])
    }

    @Test(arguments: [Resize.Interpolation.nearest, .linear, .cubic], [true, false])
    func weightsSumUpToOne(interpolation: Resize.Interpolation, antialiases: Bool) throws {
        for coordinates in [Resize.Coordinates.halfPixel, .halfPixelSymmetric, .alignedCorners, .asymmetric] {
            for excludesOutside in [true, false] {
                for length in [1, 2, 3, 7, 11] {
                    let axes = [(1, length), (2, 12 - length)].map { axis, length in
                        Resize.Axis(axis: axis, length: length, scale: Float(length) / 5)
                    }
                    let resize = Resize(
                        axes: axes, interpolation: interpolation, coordinates: coordinates, excludesOutside: excludesOutside,
                        antialiases: antialiases)
                    let y = try evaluate(.resize(resize), [Tensor([2, 5, 5], repeating: 7)])
                    #expect(y.shape == [2, length, 12 - length])
                    #expect(y.distance(to: Tensor(y.shape, repeating: 7)) <= tolerance)
                }
            }
        }
    }

    @Test func whatLiesOutsideARegionIsTheGivenNumber() throws {
        let axis = Resize.Axis(axis: 1, length: 5, scale: 1, start: -0.5, end: 1.5)
        let resize = Resize(axes: [axis], interpolation: .linear, coordinates: .region, outside: 9)
        #expect(try evaluate(.resize(resize), [line([2, 4, 6])]).values == [9, 2, 4, 6, 9])
    }

    @Test(arguments: [
        Resize.Axis(axis: 2, length: 1, scale: 1), Resize.Axis(axis: 1, length: -1, scale: 1),
        Resize.Axis(axis: 1, length: 1, scale: 0), Resize.Axis(axis: 1, length: 1, scale: .nan),
    ]) func whatDoesNotFitIsRefused(axis: Resize.Axis) {
        let resize = Resize(axes: [axis], interpolation: .linear)
        let error = #expect(throws: GraphError.self) { try resize.outputShape([[2, 3]]) }
        #expect(error?.code == .shapeMismatch && error?.message.contains("axis \(axis.axis)") == true)
    }

    @Test func theBatchKeepsItsLength() {
        let resize = Resize(axes: [Resize.Axis(axis: 0, length: 4, scale: 2)], interpolation: .nearest)
        #expect(throws: GraphError.self) { try resize.outputShape([[.batch, 3]]) }
    }
}
