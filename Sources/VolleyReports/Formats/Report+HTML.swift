internal import VolleyTensors

extension Report {
    /// A page of its own: no script, no font, no picture is loaded. It is well-formed XML too.
    public var html: String {
        let sections = sections
        var parts = [
            """
            <!DOCTYPE html>
            <html lang="en" xmlns="http://www.w3.org/1999/xhtml">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content="light dark"/>
            <title>\(Markup.escaped(title))</title>
            <style>
            \(ChartStyle.css)
            \(PageStyle.css)
            </style>
            </head>
            <body>
            <header><h1>\(Markup.escaped(title))</h1>
            <p class="faint">Spiking networks measured by Volley \(Markup.escaped(volleyVersion))</p>
            <nav>
            """
        ]
        parts += sections.enumerated().map { "<a href=\"#s\($0.offset)\">\(Markup.escaped($0.element.title))</a>" }
        parts.append("</nav></header><main>")
        for (index, section) in sections.enumerated() {
            parts.append("<section id=\"s\(index)\"><h2>\(Markup.escaped(section.title))</h2>")
            parts += section.blocks.map(Self.html)
            parts.append("</section>")
        }
        return (parts + ["</main></body></html>\n"]).joined(separator: "\n")
    }

    private static func html(_ block: ReportSection.Block) -> String {
        switch block {
        case .text(let text): "<p>\(Markup.escaped(text))</p>"
        case .notice(let text): "<p class=\"notice\">\(Markup.escaped(text))</p>"
        case .figures(let figures):
            "<dl class=\"figures\">"
                + figures.map { "<div><dt>\(Markup.escaped($0.meaning))</dt><dd>\(Markup.escaped($0.value))</dd></div>" }.joined() + "</dl>"
        case .table(let table): html(table)
        case .charts(let charts): "<div class=\"charts\">" + charts.map { "<figure>\($0.svg)</figure>" }.joined(separator: "\n") + "</div>"
        }
    }

    private static func html(_ table: ReportTable) -> String {
        let caption = table.caption.map { Markup.escaped($0) } ?? "Table"
        let head = [groups(table), "<tr>" + table.columns.map { "<th\(style($0))>\(Markup.escaped($0.title))</th>" }.joined() + "</tr>"]
        let rows = table.rows.map { row in
            "<tr>"
                + zip(row, table.columns).enumerated().map { index, pair in
                    let (cell, column) = pair
                    let shade = cell.shade.map { " style=\"--s:\(Int((max(0, min(1, $0)) * 62).rounded()))%\"" } ?? ""
                    let classes = (column.kind == .number ? ["n"] : column.kind == .prose ? ["prose"] : []) + (cell.shade == nil ? [] : ["shade"])
                    let name = classes.isEmpty ? "" : " class=\"\(classes.joined(separator: " "))\""
                    let tag = index == 0 ? "th" : "td"
                    return "<\(tag)\(index == 0 ? " scope=\"row\"" : "")\(name)\(shade)>\(Markup.escaped(cell.text))</\(tag)>"
                }.joined() + "</tr>"
        }
        let visible = table.isFolded || table.caption == nil ? "" : "<p class=\"caption\">\(caption)</p>"
        let body =
            "\(visible)<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(caption)\"><table>\n<thead>\(head.joined())</thead>\n<tbody>"
            + rows.joined(separator: "\n") + "</tbody></table></div>"
        return table.isFolded ? "<details><summary>\(caption) (\(table.rows.count) rows)</summary>\(body)</details>" : body
    }

    private static func style(_ column: ReportTable.Column) -> String { " scope=\"col\"" + (column.kind == .number ? " class=\"n\"" : "") }

    /// The row of what columns share; empty where none do.
    private static func groups(_ table: ReportTable) -> String {
        guard table.columns.contains(where: { $0.group != nil }) else { return "" }
        var spans: [(title: String?, count: Int)] = []
        for column in table.columns {
            if let last = spans.last, last.title == column.group {
                spans[spans.count - 1].count += 1
            } else {
                spans.append((column.group, 1))
            }
        }
        return "<tr class=\"groups\">"
            + spans.map { "<th scope=\"colgroup\" colspan=\"\($0.count)\">\(Markup.escaped($0.title ?? ""))</th>" }.joined() + "</tr>"
    }
}

/// How a page looks: on a wide screen, on a telephone, in the dark, on paper.
enum PageStyle {
    static let css = """
        :root{--text:#1b1f24;--faint:#5b6470;--line:#dfe3e8;--page:#fff;--box:#f4f6f8;--warm:#fff4d6;--warmline:#d9a400;--shade:#0072b2;--link:#0065a8}
        @media screen and (prefers-color-scheme:dark){:root{--text:#e8eaed;--faint:#a3acb8;--line:#363c44;--page:#15181c;--box:#20252b}\
        :root{--warm:#3a2f10;--warmline:#d9a400;--shade:#56b4e9;--link:#7cc4f4}}
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%}
        body{margin:0 auto;max-width:1240px;padding:16px;background:var(--page);color:var(--text);\
        font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;overflow-wrap:break-word}
        h1{font-size:1.6rem;margin:.2em 0 0;overflow-wrap:anywhere}h2{font-size:1.2rem;margin:2em 0 .5em;padding-top:.6em;border-top:1px solid var(--line)}
        p{margin:.5em 0;max-width:75ch}.faint{color:var(--faint);margin:0}a{color:var(--link)}
        nav{display:flex;flex-wrap:wrap;gap:2px 14px;margin-top:.7em;font-size:.9rem}
        .notice{background:var(--warm);border-left:4px solid var(--warmline);padding:.5em .8em}
        .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;margin:1em 0}
        .figures div{background:var(--box);border-radius:8px;padding:10px 12px;display:flex;flex-direction:column-reverse;justify-content:flex-end}
        .figures dd{margin:0;font-size:1.6rem;font-weight:600;line-height:1.2}.figures dt{color:var(--faint);font-size:.82rem;line-height:1.35}
        .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,370px),1fr));gap:18px;margin:1em 0}
        figure{margin:0;max-width:520px}.chart{display:block;width:100%;height:auto}
        .caption{font-weight:600;margin-top:1.2em}.scroll{overflow-x:auto;margin:.5em 0}
        table{border-collapse:collapse;font-size:.86rem;font-variant-numeric:tabular-nums}
        th,td{padding:4px 9px;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
        thead th{font-weight:600;vertical-align:bottom;color:var(--faint)}.groups th{text-align:center;border-bottom:0;font-weight:400;padding-bottom:0}
        th.n{text-align:right}td,th{white-space:nowrap}td.n{text-align:right}tbody th{font-weight:500}
        td.prose{white-space:normal;overflow-wrap:anywhere;min-width:11em}
        .shade{background:color-mix(in srgb,var(--shade) var(--s),transparent);print-color-adjust:exact;-webkit-print-color-adjust:exact}
        details{margin:1em 0}summary{cursor:pointer;font-weight:600}
        @media (max-width:600px){body{padding:12px;font-size:15px}.figures{grid-template-columns:1fr 1fr}th,td{padding:3px 6px}}
        @media print{@page{size:A4;margin:14mm}body{max-width:none;padding:0;font-size:10pt}nav{display:none}h2{break-after:avoid;margin-top:1.2em}\
        .charts{grid-template-columns:1fr 1fr;gap:8mm}figure,tr,.figures,.notice{break-inside:avoid}.scroll{overflow:visible}table{font-size:7.5pt}thead th{white-space:normal}\
        th,td{padding:2px 4px}details::details-content{content-visibility:visible;height:auto;display:block}}
        """
}
