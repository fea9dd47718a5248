import warnings

import pytest

import volley
from volley._progress import Listener, parse


@pytest.mark.parametrize("line, expected", [
    ("evaluating: 0/1000", ("evaluating", 0, 1000, None, None)),
    ("evaluating: 600/1000, 10.0 samples/s, 40 s left", ("evaluating", 600, 1000, "samples", None)),
    ("evaluating: 2/1000, 1.00 samples/s, 17 min left", ("evaluating", 2, 1000, "samples", None)),
    ("trying out dead zones: 7/7, 12.5 networks/s, 1 s", ("trying out dead zones", 7, 7, "networks", None)),
    ("measuring few-step:steps=2: 64/360", ("measuring few-step:steps=2", 64, 360, None, None)),
    ("tuning: 1/3, 0.50 candidates/s, 4 s left: converting ecmt:levels=6 3/4", ("tuning", 1, 3, "candidates", "converting ecmt:levels=6 3/4")),
    ("note: net.npz: 3/4", None), ("error: 1/2", None), ("skipped: a.jpg: 1/2", None), ("evaluating: 5/3", None), ("nothing", None), ("", None),
])
def test_lines_are_taken_apart(line, expected):
    found = parse(line)
    assert (None if found is None else tuple(found)) == expected


def test_lines_go_where_they_belong(caplog):
    calls = []
    listener = Listener(lambda *call: calls.append(call), lambda text: text.replace("/tmp/x/", ""))
    caplog.set_level("INFO", "volley")
    with pytest.warns(volley.VolleyWarning) as caught:
        for line in [
                "note: /tmp/x/data.npz: an axis", "evaluating: 1/2", "84 candidates (ecmt 2)", "skipped: a.jpg: cut off",
                "evaluating: 2/2, 5.0 samples/s, 1 s", "error: what failed", "  note: a second line"]:
            listener.hear(line + "\n")
    assert calls == [("evaluating", 1, 2), ("evaluating", 2, 2)]
    assert [str(each.message) for each in caught] == ["data.npz: an axis", "skipped: a.jpg: cut off"]
    # A warning is about the caller's line.
    assert all(each.filename == __file__ for each in caught)
    assert listener.error == ["what failed", "  note: a second line"] and listener.rest == ["84 candidates (ecmt 2)"]
    assert [record.message for record in caplog.records] == ["84 candidates (ecmt 2)"]


def test_bars_follow():
    pytest.importorskip("tqdm")
    from volley._progress import ProgressLine, _Bars

    class Bar:
        made = []

        def __init__(self, **options):
            (self.n, self.total, self.options, self.closed) = (options["initial"], options["total"], options, False)
            Bar.made.append(self)

        def update(self, by):
            self.n += by

        def set_postfix_str(self, text, refresh):
            self.postfix = text

        def close(self):
            self.closed = True

    bars = _Bars(Bar)
    for what, done in [("reading", 0), ("reading", 5), ("evaluating", 0), ("evaluating", 3), ("evaluating", 1)]:
        bars.update(ProgressLine(what, done, 9, "samples", None))
    bars.close()
    assert [(bar.options["desc"], bar.n, bar.closed) for bar in Bar.made] == [("reading", 5, True), ("evaluating", 3, True), ("evaluating", 1, True)]


def test_the_tool_tells_its_progress(network, test_data):
    seen = []
    network.evaluate(*test_data, steps=200, batch=2, no_ann=True, allow_overlap=True, progress=lambda *call: seen.append(call))
    counts = [done for what, done, total in seen if (what, total) == ("evaluating", 200)]
    assert counts and counts[-1] == 200 and counts == sorted(counts), seen


def test_a_warning_that_is_an_error_ends_the_tool(network, test_data):
    """As one that a callback throws."""
    def fail(what, done, total):
        raise RuntimeError("enough")

    with warnings.catch_warnings(), pytest.raises(RuntimeError, match="enough"):
        network.evaluate(*test_data, steps=2000, batch=2, threads=1, progress=fail)
