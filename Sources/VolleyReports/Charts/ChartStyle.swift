/// How charts look, for a page that holds several; a chart in a file of its own brings it along.
///
/// Colours are CSS variables: light and dark follow `prefers-color-scheme`, and paper is always light. The six of them are told apart
/// by people with the common colour blindnesses (after Okabe and Ito, *Color Universal Design*, 2008, darker on white); shapes of
/// marks differ too.
public enum ChartStyle {
    public static let css = """
        .chart{--ink:#1b1f24;--faint:#5b6470;--grid:#dfe3e8;--paper:#fff;\
        --c0:#0072b2;--c1:#d55e00;--c2:#00845f;--c3:#b0478a;--c4:#8a6d00;--c5:#3d8fd1}
        @media screen and (prefers-color-scheme:dark){.chart{--ink:#e8eaed;--faint:#a3acb8;--grid:#363c44;--paper:#15181c;\
        --c0:#56b4e9;--c1:#ff8a45;--c2:#2fc99b;--c3:#e790c4;--c4:#e6c84b;--c5:#9db7ff}}
        .chart{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;background:var(--paper)}
        .chart text{fill:var(--ink)}.chart .name{font-weight:600;font-size:13px}.chart .small{fill:var(--faint);font-size:11px}
        .chart .end{text-anchor:end}.chart .middle{text-anchor:middle}
        .chart .grid{stroke:var(--grid);fill:none}.chart .axis{stroke:var(--faint);fill:none}
        .chart .reference{stroke:var(--faint);stroke-dasharray:5 4;fill:none;stroke-width:1.3}
        .chart .c0{--tone:var(--c0)}.chart .c1{--tone:var(--c1)}.chart .c2{--tone:var(--c2)}\
        .chart .c3{--tone:var(--c3)}.chart .c4{--tone:var(--c4)}.chart .c5{--tone:var(--c5)}.chart .neutral{--tone:var(--ink)}
        .chart .line{stroke:var(--tone);fill:none;stroke-width:1.8;stroke-linejoin:round}
        .chart .mark{stroke:var(--tone);fill:var(--tone);stroke-width:1.4}
        .chart .bar{fill:var(--tone)}.chart .band{fill:var(--tone);opacity:.17;stroke:none}
        .chart .spike{stroke:var(--tone);stroke-width:1.6;fill:none}
        """
}
