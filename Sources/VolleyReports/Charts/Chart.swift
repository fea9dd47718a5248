/// A drawing of numbers over numbers: axes, series, lines to compare with. It writes itself as SVG, in which every mark says its numbers.
///
/// Numbers that cannot stand on an axis, because they are not finite or not positive on a logarithmic scale, are left out; lines are broken
/// there, and the drawing says how many they are.
public struct Chart: Sendable, Hashable {
    public var title: String
    public var x: Axis
    public var y: Axis
    public var series: [Series]
    public var references: [Reference]
    /// Of the area between the axes, in pixels. Wide drawings are hard to read on a telephone, where everything shrinks.
    public var (width, height) = (340.0, 190.0)

    public init(_ title: String, x: Axis, y: Axis, series: [Series] = [], references: [Reference] = []) {
        (self.title, self.x, self.y, self.series, self.references) = (title, x, y, series, references)
    }

    public struct Axis: Sendable, Hashable {
        public enum Scale: Sendable, Hashable {
            case linear
            /// Of positive numbers. Ticks are powers of two, as for time-steps, or of ten.
            case log2, log10
        }

        public var label: String
        /// Such as "ms"; nil for numbers without one.
        public var unit: String?
        public var scale: Scale
        /// Whether only whole numbers lie on it, so that no others are marked.
        public var isWhole: Bool
        /// Whether numbers stand at it; they say nothing where it only puts lines apart.
        public var isNumbered = true
        /// What it shows beside the numbers of the series, such as 0.
        public var including: [Double]

        public init(_ label: String, unit: String? = nil, scale: Scale = .linear, isWhole: Bool = false, including: [Double] = []) {
            (self.label, self.unit, self.scale, self.isWhole, self.including) = (label, unit, scale, isWhole, including)
        }

        /// Such as "time (ms)".
        public var text: String { label + (unit.map { " (\($0))" } ?? "") }
    }

    public struct Point: Sendable, Hashable {
        public var x: Double
        public var y: Double
        /// Between which values the true one lies, such as a confidence interval.
        public var band: ClosedRange<Double>?
        /// What its mark says; nil for the series' name and the numbers.
        public var title: String?

        public init(_ x: Double, _ y: Double, band: ClosedRange<Double>? = nil, title: String? = nil) {
            (self.x, self.y, self.band, self.title) = (x, y, band, title)
        }
    }

    public struct Series: Sendable, Hashable {
        public enum Style: Sendable, Hashable {
            /// Marks with lines between them, in the order of the points.
            case line
            /// Marks alone.
            case points
            /// Marks and a line that stays at a value until the next one, as the front of best trade-offs does.
            case steps
            case bars
            /// Short upright strokes, as spikes are drawn.
            case ticks
        }

        public enum Tone: Sendable, Hashable {
            /// The colour and shape that belong to a number. Six colours and seven shapes repeat.
            case number(Int)
            /// That of text, for what is no series among others.
            case neutral
        }

        public var name: String
        public var points: [Point]
        public var style: Style
        /// nil for the place among the series.
        public var tone: Tone?

        public init(_ name: String, _ points: [Point], style: Style = .line, tone: Tone? = nil) {
            (self.name, self.points, self.style, self.tone) = (name, points, style, tone)
        }
    }

    /// A dashed line across the drawing at one value.
    public struct Reference: Sendable, Hashable {
        public enum Direction: Sendable, Hashable { case horizontal, vertical }

        public var direction: Direction
        public var value: Double
        public var label: String

        public init(_ direction: Direction, at value: Double, _ label: String) {
            (self.direction, self.value, self.label) = (direction, value, label)
        }
    }
}
