public import VolleyTensors

/// How the axes of an array, without the batch, are arranged beside those of a network's input.
public enum ArrayLayout: Hashable, Sendable {
    case same
    /// The channels stand last here and first there: `[H, W, C]` becomes `[C, H, W]`.
    case channelsLast
    /// The channels stand first here and last there: `[C, H, W]` becomes `[H, W, C]`.
    case channelsFirst
    /// Grey images without an axis for their one channel: `[H, W]` becomes `[1, H, W]` or `[H, W, 1]`.
    case withoutChannels

    /// Nil where no arrangement turns one shape into the other.
    public init?(of found: Shape, as expected: Shape) {
        if found == expected {
            self = .same
        } else if found.rank == 3, expected.rank == 3, expected == [found[2], found[0], found[1]] {
            self = .channelsLast
        } else if found.rank == 3, expected.rank == 3, expected == [found[1], found[2], found[0]] {
            self = .channelsFirst
        } else if found.rank == 2, expected == [1, found[0], found[1]] || expected == [found[0], found[1], 1] {
            self = .withoutChannels
        } else {
            return nil
        }
    }

    /// Puts the elements of samples that follow each other into the network's layout.
    /// - Parameter shape: that of one sample as the network reads it.
    public func apply(to values: [Float], shape: Shape) -> [Float] {
        guard self == .channelsLast || self == .channelsFirst, shape.count > 0 else { return values }
        // Either way two blocks of axes change places: the columns of one matrix become the rows of the other.
        let columns = self == .channelsLast ? shape[0] : shape[0] * shape[1]
        let rows = shape.count / columns
        var result = [Float](repeating: 0, count: values.count)
        for start in stride(from: 0, to: values.count, by: shape.count) {
            for row in 0..<rows {
                for column in 0..<columns { result[start + column * rows + row] = values[start + row * columns + column] }
            }
        }
        return result
    }

    /// Says in a note what was done.
    public func note(_ found: Shape, _ expected: Shape) -> String? {
        switch self {
        case .same: nil
        case .withoutChannels: "Samples of shape \(found) get an axis for their one channel: \(expected)."
        case .channelsLast, .channelsFirst: "Samples of shape \(found) are transposed to \(expected), as the network reads them."
        }
    }

    /// The error for samples that no layout fits.
    public static func mismatch(_ found: Shape, _ expected: Shape, file: String) -> EvaluationError {
        let isPermuted = found.rank == expected.rank && found.dimensions.sorted() == expected.dimensions.sorted()
        let advice = isPermuted ? " The lengths are the same in another order: transpose the array." : ""
        return EvaluationError(
            .shapeMismatch, "Samples are fed as they are, and these do not fit the network's input.\(advice)",
            context: .init(file: file, expected: "\(expected)", found: "\(found)"))
    }
}
