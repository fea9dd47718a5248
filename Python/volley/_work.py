"""Temporary folders: what goes between Python and the tool."""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from pathlib import Path
from types import TracebackType
from typing import Optional, Type

_PREFIX = "volley-"


class WorkFolder:
    """A temporary folder that is removed when it is closed, at the latest when nobody holds it any more or Python ends.

    It lies where `tempfile` puts them: the environment variable ``TMPDIR`` says where.
    """

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
        self._end = weakref.finalize(self, shutil.rmtree, str(self.path), True)

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def close(self) -> None:
        """Removes the folder."""
        self._end()

    def __enter__(self) -> WorkFolder:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def shown(self, text: str) -> str:
        """A text of the tool without the names of such folders, which tell nobody anything."""
        return re.sub(re.escape(f"{self.path.parent}/{_PREFIX}") + r"\w+/", "", text)
