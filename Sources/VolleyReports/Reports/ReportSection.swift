/// A part of a report under a title: what every format shows in its own way.
struct ReportSection: Sendable {
    var title: String
    var blocks: [Block]

    enum Block: Sendable {
        case text(String)
        /// What a reader must not miss.
        case notice(String)
        /// The few numbers that matter most, each with what it is.
        case figures([(value: String, meaning: String)])
        case table(ReportTable)
        /// Side by side where there is room. Formats without pictures leave them out: tables hold their numbers.
        case charts([Chart])
    }

    init(_ title: String, _ blocks: [Block]) { (self.title, self.blocks) = (title, blocks) }
}

struct ReportTable: Sendable {
    struct Column: Sendable {
        var title: String
        /// What neighbouring columns share, above their titles.
        var group: String?
        var kind: Kind

        /// Words, numbers, or texts that may take several lines.
        enum Kind { case text, number, prose }

        static func text(_ title: String, in group: String? = nil) -> Column { Column(title: title, group: group, kind: .text) }
        static func number(_ title: String, in group: String? = nil) -> Column { Column(title: title, group: group, kind: .number) }
        static func prose(_ title: String) -> Column { Column(title: title, group: nil, kind: .prose) }
    }

    struct Cell: Sendable, ExpressibleByStringInterpolation {
        var text: String
        /// How dark it is, 0…1.
        var shade: Double?

        init(_ text: String, shade: Double? = nil) { (self.text, self.shade) = (text, shade) }
        init(stringLiteral text: String) { self.init(text) }
    }

    var caption: String?
    var columns: [Column]
    var rows: [[Cell]]
    /// Whether it is long, and folded until somebody asks.
    var isFolded = false

    init(_ columns: [Column], rows: [[Cell]], caption: String? = nil, isFolded: Bool = false) {
        (self.caption, self.columns, self.rows, self.isFolded) = (caption, columns, rows, isFolded)
    }
}
