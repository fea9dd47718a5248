internal import VolleyTensors

/// Lines drawn with characters, over axes that begin at 0.
struct TextPlot {
    private let right: Double
    private let top: Double
    private var cells: [[Character]]

    private var width: Int { cells[0].count }
    private var height: Int { cells.count }

    /// - Parameters:
    ///   - width: columns of the area that is drawn on; the axis takes seven more.
    ///   - right, top: the ends of the axes, > 0.
    init(width: Int, height: Int, right: Double, top: Double) {
        (self.right, self.top) = (right, top)
        cells = [[Character]](repeating: [Character](repeating: " ", count: width), count: height)
    }

    /// Straight lines between points that ascend in x; what leaves the area is not drawn.
    mutating func draw(_ points: [(x: Double, y: Double)], _ character: Character) {
        for (from, to) in zip(points, points.dropFirst()) {
            for column in self.column(from.x)...max(self.column(from.x), self.column(to.x)) {
                let x = (Double(column) + 0.5) / Double(width) * right
                let share = min(1, max(0, (x - from.x) / (to.x - from.x)))
                mark(x, from.y + share * (to.y - from.y), character)
            }
        }
    }

    mutating func mark(_ x: Double, _ y: Double, _ character: Character) {
        guard y >= 0, y <= top, x >= 0, x <= right else { return }
        cells[height - 1 - min(height - 1, Int(y / top * Double(height)))][column(x)] = character
    }

    private func column(_ x: Double) -> Int { min(width - 1, max(0, Int(x / right * Double(width)))) }

    /// The area with its axes: at the left the values of the rows' lower ends.
    var lines: [String] {
        var lines = cells.enumerated().map { row, cells in
            let label = row % 2 == 0 ? TextTable.fixed(Double(height - 1 - row) / Double(height) * top, 2) : ""
            return TextTable.right(label, 6) + "┤" + String(cells)
        }
        lines.append("      └" + String(repeating: "─", count: width))
        let ticks = 4
        var labels = ""
        for tick in 0...ticks {
            let text = TextTable.fixed(Double(tick) / Double(ticks) * right, 2)
            labels = TextTable.left(labels, 7 + min(width - text.count, tick * width / ticks)) + text
        }
        return lines + [labels]
    }
}
