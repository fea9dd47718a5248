"""Where the tool is."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Optional

from ._errors import VolleyError

DISTRIBUTION = "volley-snn"
_OWN = Path(__file__).resolve().parent / "bin" / "volley"


def tool() -> Path:
    """The command-line tool that does the work: what the environment variable ``VOLLEY`` names, or else the one that came with this
    package, or else a `volley` on the ``PATH``.

    Raises:
        VolleyError: where there is none.
    """
    named = os.environ.get("VOLLEY")
    if named:
        found = shutil.which(named)
        if found is None:
            raise VolleyError(f"the environment variable VOLLEY names '{named}', which is no program that can be run")
        return Path(found)
    if _OWN.is_file():
        if not os.access(_OWN, os.X_OK):
            raise VolleyError(f"{_OWN} may not be run: allow it, as with chmod +x")
        return _OWN
    on_path = _on_path()
    if on_path is None:
        raise VolleyError(
            "the tool 'volley' is not there: install the package volley-snn as a wheel, or build the tool and name it in the "
            "environment variable VOLLEY")
    return on_path


def _on_path() -> Optional[Path]:
    """The first program of the name that is no script: this package's own command is one, and would only look for the tool again."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        found = shutil.which("volley", path=folder) if folder else None
        if found is None:
            continue
        with open(found, "rb") as file:
            if file.read(2) != b"#!":
                return Path(found)
    return None


def version() -> str:
    """The version of this package, or where it is used without being installed, that of the tool."""
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return tool_version(str(tool()))


@lru_cache(maxsize=None)
def tool_version(path: str) -> str:
    """What a tool says of its version."""
    try:
        return subprocess.run(
            [path, "--version"], stdin=subprocess.DEVNULL, capture_output=True, check=True, encoding="utf-8", timeout=60).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        raise VolleyError(f"{path} does not run: {error}") from error
