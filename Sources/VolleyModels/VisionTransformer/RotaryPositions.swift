import Foundation
import VolleyTensors

/// Rotary positions over rows and columns: queries and keys are turned by angles that grow with the place of their patch.
///
/// With B = D/4H frequencies `ωᵢ = τ^(−i/B)`, the first B pairs of features of a head turn by `row · ωᵢ` and the other B pairs
/// by `column · ωᵢ`. Rows and columns are counted on the grid that the network was pre-trained on, so that a finer grid has
/// fractional ones. The prefix is not turned. Su et al., *RoFormer*, arXiv:2104.09864; Fang et al., *EVA-02*, arXiv:2303.11331.
struct RotaryPositions {
    /// τ.
    var temperature: Float = 10_000
    /// The grid of patches during pre-training; nil where it is the network's own.
    var reference: (rows: Size, columns: Size)?

    /// The angle of every token and feature, [L, D/H], in the order of operations of timm.
    func angles(prefix: Int, grid: (rows: Int, columns: Int), headWidth: Int) -> Tensor {
        let bands = headWidth / 4
        let frequencies = (0..<bands).map { 1 / pow(temperature, Float($0) / Float(bands)) }
        let rows = Self.places(grid.rows, reference: reference?.rows)
        let columns = Self.places(grid.columns, reference: reference?.columns)
        var values = [Float](repeating: 0, count: prefix * headWidth)
        for row in rows {
            for column in columns {
                for place in [row, column] {
                    for frequency in frequencies { values += [place * frequency, place * frequency] }
                }
            }
        }
        return Tensor([prefix + rows.count * columns.count, headWidth], values)
    }

    private static func places(_ count: Int, reference: Size?) -> [Float] {
        (0..<count).map(Float.init).map { place in
            reference.map { place / Float(count) * Float($0.value) } ?? place
        }
    }
}
