"""What the tool says while it works."""

from __future__ import annotations

import logging
import re
import sys
import warnings
from types import FrameType
from typing import Any, Callable, List, NamedTuple, Optional, Union

from ._errors import VolleyWarning

log = logging.getLogger("volley")

ProgressCallback = Callable[[str, int, int], None]
"""Called with what is done, how many are done, and how many there are."""
Progress = Union[bool, ProgressCallback]
"""True for a bar of tqdm where that is installed, False for none, or what is called instead."""

# What there is, how many are done; behind it stand the rate and the time left, or what is being done.
_LINE = re.compile(r"(?P<what>.+?): (?P<done>\d+)/(?P<total>\d+)(?:, [\d.]+ (?P<unit>\S+)/s, [^:]*)?(?:: (?P<detail>.*))?")

_OTHER = ("note: ", "error: ", "skipped: ")


class ProgressLine(NamedTuple):
    """A line of progress, taken apart."""

    what: str
    done: int
    total: int
    unit: Optional[str]
    detail: Optional[str]


def parse(line: str) -> Optional[ProgressLine]:
    """A line of progress; None for any other."""
    found = _LINE.fullmatch(line)
    if found is None or line.startswith(_OTHER):
        return None
    done, total = int(found["done"]), int(found["total"])
    return ProgressLine(found["what"], done, total, found["unit"], found["detail"]) if 0 <= done <= total else None


class Listener:
    """Hears the tool's lines: progress becomes a bar, notes become warnings, an error is kept, and all else is logged."""

    def __init__(self, progress: Progress, shown: Callable[[str], str]) -> None:
        self._show = _bars() if progress is True else _Calls(progress) if callable(progress) else _Silence()
        self._shown = shown
        self.error: List[str] = []
        self.rest: List[str] = []

    def hear(self, line: str) -> None:
        """Takes a line without its end."""
        line = self._shown(line.rstrip())
        if self.error:
            self.error.append(line)
        elif line.startswith("error: "):
            self.error.append(line[len("error: "):])
        elif line.startswith(("note: ", "skipped: ")):
            warnings.warn(line[len("note: "):] if line.startswith("note: ") else line, VolleyWarning, stacklevel=caller())
        else:
            progress = parse(line)
            if progress is not None:
                self._show.update(progress)
            elif line:
                self.rest.append(line)
                log.info("%s", line)

    def close(self) -> None:
        """Ends what is shown."""
        self._show.close()


class _Silence:
    def update(self, line: ProgressLine) -> None: ...
    def close(self) -> None: ...


class _Calls(_Silence):
    def __init__(self, call: ProgressCallback) -> None:
        self._call = call

    def update(self, line: ProgressLine) -> None:
        self._call(line.what, line.done, line.total)


class _Bars(_Silence):
    """A bar of tqdm for each thing that is done, one after the other."""

    def __init__(self, tqdm: Any) -> None:
        self._tqdm = tqdm
        self._bar: Any = None
        self._what = ""

    def update(self, line: ProgressLine) -> None:
        if self._bar is None or self._what != line.what or line.done < self._bar.n:
            self.close()
            self._what = line.what
            self._bar = self._tqdm(desc=line.what, total=line.total, initial=line.done, unit=" " + (line.unit or "samples"), leave=False)
        self._bar.total = line.total
        if line.detail:
            self._bar.set_postfix_str(line.detail, refresh=False)
        self._bar.update(line.done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar = None


def _bars() -> _Silence:
    try:
        with warnings.catch_warnings():
            # In a notebook without widgets it says so, and shows text.
            warnings.simplefilter("ignore")
            from tqdm.auto import tqdm
    except ImportError:
        return _Silence()
    return _Bars(tqdm)


def caller() -> int:
    """How many frames up the code is that called this package: a warning is about what stands there."""
    package = __name__.rpartition(".")[0]
    frame: Optional[FrameType] = sys._getframe(1)
    level = 1
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        frame, level = frame.f_back, level + 1
    return level
