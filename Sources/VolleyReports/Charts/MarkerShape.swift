internal import VolleyTensors

/// What stands at a point, so that series differ without their colours.
enum MarkerShape: Int, CaseIterable {
    case circle, square, triangle, diamond, cross, plus, wedge

    /// The outline around a point, about `r` away from it.
    func path(_ x: Double, _ y: Double, _ r: Double) -> String {
        func line(_ points: [(Double, Double)]) -> String {
            "M" + points.map { TextTable.fixed(x + $0.0 * r, 1) + "," + TextTable.fixed(y + $0.1 * r, 1) }.joined(separator: "L")
        }
        switch self {
        case .circle:
            let radius = TextTable.fixed(r, 1)
            return "M\(TextTable.fixed(x - r, 1)),\(TextTable.fixed(y, 1))a\(radius),\(radius) 0 1 0 \(TextTable.fixed(2 * r, 1)),0"
                + "a\(radius),\(radius) 0 1 0 \(TextTable.fixed(-2 * r, 1)),0z"
        case .square: return line([(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)]) + "z"
        case .triangle: return line([(0, -1.15), (1.05, 0.8), (-1.05, 0.8)]) + "z"
        case .diamond: return line([(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)]) + "z"
        case .cross: return line([(-0.9, -0.9), (0.9, 0.9)]) + line([(-0.9, 0.9), (0.9, -0.9)])
        case .plus: return line([(0, -1.2), (0, 1.2)]) + line([(-1.2, 0), (1.2, 0)])
        case .wedge: return line([(0, 1.15), (1.05, -0.8), (-1.05, -0.8)]) + "z"
        }
    }
}

extension Chart.Series.Tone {
    static let colors = 6

    /// The class of what is drawn in it.
    var name: String {
        switch self {
        case .number(let number): "c\(number % Self.colors)"
        case .neutral: "neutral"
        }
    }

    var shape: MarkerShape {
        switch self {
        case .number(let number): MarkerShape(rawValue: number % MarkerShape.allCases.count) ?? .circle
        case .neutral: .circle
        }
    }
}
