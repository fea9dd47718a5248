public import VolleyFormats
public import VolleyGraph

extension RasterImage {
    /// This image scaled to another size by antialiased interpolation, equal to Pillow's `Image.resize`.
    /// - Precondition: both images have at least one pixel.
    public func resampled(height: Int, width: Int, interpolation: Preprocessing.Interpolation) -> RasterImage {
        resampled(
            height: height, width: width, keptRows: 0..<height, keptColumns: 0..<width, interpolation: interpolation)
    }

    /// A part of this image scaled to another size: as if all were scaled and the part cut out, at the part's cost.
    ///
    /// The horizontal pass comes first, except where the height shrinks by more than twice as many pixels as the width:
    /// as in Pillow 13. Earlier versions of Pillow always begin with it.
    /// - Parameters:
    ///   - keptRows: The wanted rows of the scaled image, out of `0 ..< height`.
    ///   - keptColumns: The wanted columns of the scaled image, out of `0 ..< width`.
    /// - Precondition: both images have at least one pixel, and the part lies inside the scaled image.
    public func resampled(
        height: Int, width: Int, keptRows: Range<Int>, keptColumns: Range<Int>,
        interpolation: Preprocessing.Interpolation
    ) -> RasterImage {
        precondition(!pixels.isEmpty && height > 0 && width > 0, "an image without pixels cannot be scaled")
        precondition(
            keptRows.lowerBound >= 0 && keptRows.upperBound <= height && keptColumns.lowerBound >= 0
                && keptColumns.upperBound <= width, "the wanted part lies outside the scaled image")
        // An axis that keeps its length is not filtered.
        let down =
            height == self.height
            ? nil : ResamplingTaps(source: self.height, output: height, kept: keptRows, interpolation: interpolation)
        let across =
            width == self.width
            ? nil : ResamplingTaps(source: self.width, output: width, kept: keptColumns, interpolation: interpolation)
        guard let down else {
            return across.map { filteredAcross($0, rows: keptRows) } ?? cropped(rows: keptRows, columns: keptColumns)
        }
        guard let across else { return filteredDown(down, columns: keptColumns) }
        // Each pass rounds to whole levels, so their order shows; the second one says what the first one has to make.
        let shrinksMostlyDown = height < self.height && self.height - height > 2 * (self.width - width)
        if shrinksMostlyDown {
            let needed = across.sources
            return filteredDown(down, columns: needed)
                .filteredAcross(across.counted(from: needed.lowerBound), rows: 0..<keptRows.count)
        }
        let needed = down.sources
        return filteredAcross(across, rows: needed)
            .filteredDown(down.counted(from: needed.lowerBound), columns: 0..<keptColumns.count)
    }

    /// A copy of a part of this image.
    /// - Precondition: the part lies inside the image.
    public func cropped(rows: Range<Int>, columns: Range<Int>) -> RasterImage {
        if rows == 0..<height && columns == 0..<width { return self }
        var part: [UInt8] = []
        part.reserveCapacity(rows.count * columns.count * channels)
        for row in rows {
            let start = (row * width + columns.lowerBound) * channels
            part += pixels[start..<start + columns.count * channels]
        }
        return RasterImage(width: columns.count, height: rows.count, channels: channels, pixels: part)
    }

    /// The horizontal pass over some rows.
    private func filteredAcross(_ taps: ResamplingTaps, rows: Range<Int>) -> RasterImage {
        var result = [UInt8](repeating: 0, count: rows.count * taps.windows.count * channels)
        var next = 0
        for row in rows {
            for window in taps.windows {
                var pixel = (row * width + window.start) * channels
                if channels == 3 {
                    var red = ResamplingTaps.half
                    var green = ResamplingTaps.half
                    var blue = ResamplingTaps.half
                    for weight in taps.weights[window.weights] {
                        red &+= Int32(pixels[pixel]) &* weight
                        green &+= Int32(pixels[pixel &+ 1]) &* weight
                        blue &+= Int32(pixels[pixel &+ 2]) &* weight
                        pixel &+= 3
                    }
                    result[next] = ResamplingTaps.level(red)
                    result[next + 1] = ResamplingTaps.level(green)
                    result[next + 2] = ResamplingTaps.level(blue)
                } else {
                    var sum = ResamplingTaps.half
                    for weight in taps.weights[window.weights] {
                        sum &+= Int32(pixels[pixel]) &* weight
                        pixel &+= 1
                    }
                    result[next] = ResamplingTaps.level(sum)
                }
                next += channels
            }
        }
        return RasterImage(width: taps.windows.count, height: rows.count, channels: channels, pixels: result)
    }

    /// The vertical pass over some columns.
    private func filteredDown(_ taps: ResamplingTaps, columns: Range<Int>) -> RasterImage {
        let length = columns.count * channels
        var result: [UInt8] = []
        result.reserveCapacity(taps.windows.count * length)
        var sums = ContiguousArray<Int32>(repeating: 0, count: length)
        for window in taps.windows {
            for index in sums.indices { sums[index] = ResamplingTaps.half }
            var start = (window.start * width + columns.lowerBound) * channels
            for weight in taps.weights[window.weights] {
                sums.add(pixels[start..<start + length], times: weight)
                start += width * channels
            }
            result.append(contentsOf: sums.lazy.map(ResamplingTaps.level))
        }
        return RasterImage(width: columns.count, height: taps.windows.count, channels: channels, pixels: result)
    }
}

extension ContiguousArray<Int32> {
    /// Adds a row of levels, multiplied by a weight.
    fileprivate mutating func add(_ levels: ArraySlice<UInt8>, times weight: Int32) {
        let levels = levels.span
        var sums = mutableSpan
        for index in 0..<Swift.min(levels.count, sums.count) { sums[index] &+= Int32(levels[index]) &* weight }
    }
}

extension ResamplingTaps {
    /// Half a level: where a sum starts, so that cutting off the fraction rounds.
    fileprivate static let half: Int32 = 1 << (fractionBits - 1)

    /// The level that a sum of weighted pixels stands for.
    @inline(__always)
    fileprivate static func level(_ sum: Int32) -> UInt8 { UInt8(clamping: sum >> fractionBits) }
}
