"""Running the tool."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import warnings
from typing import IO, List, Optional, Sequence

from ._errors import InputError, VolleyError, VolleyWarning
from ._finding import tool, tool_version, version
from ._progress import Listener, Progress
from ._work import WorkFolder

_BAD_INPUT = 2
_compared = False


def run(arguments: Sequence[str], *, work: Optional[WorkFolder] = None, progress: Progress = False) -> str:
    """Runs the tool to its end.

    An exception that comes in the meantime, such as `KeyboardInterrupt`, ends the tool first, with the signal that asks it to stop where
    it leaves nothing half-written, and waits for it. Should Python itself be killed, the tool notices, and ends too.

    Args:
        arguments: The command and its options.
        work: The folder that is left out of what is said.
        progress: How to show it.

    Returns:
        What the tool printed.

    Raises:
        InputError: where the tool refuses what it was given, in its own words.
        VolleyError: where it fails otherwise.
    """
    program = str(tool())
    _compare_versions(program)
    listener = Listener(progress, work.shown if work else lambda text: text)
    environment = {**os.environ, "VOLLEY_PROGRESS_SECONDS": "0.2" if progress else "30", "VOLLEY_ENDS_WITH_INPUT": "1"}
    try:
        # In a session of its own, a Ctrl-C of the terminal reaches it through Python alone, and once.
        process = subprocess.Popen(
            [program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment, start_new_session=True)
    except (OSError, ValueError) as error:
        raise VolleyError(f"{program} cannot be run: {error}") from error
    printed: List[bytes] = []
    assert process.stdin and process.stdout and process.stderr
    reader = threading.Thread(target=_read, args=(process.stdout, printed), daemon=True)
    reader.start()
    try:
        for line in process.stderr:
            listener.hear(line.decode("utf-8", "replace"))
        process.wait()
    except BaseException:
        _stop(process)
        raise
    finally:
        listener.close()
        reader.join()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()
    text = b"".join(printed).decode("utf-8", "replace")
    if process.returncode != 0:
        raise _failure(process.returncode, listener)
    return work.shown(text) if work else text


def _read(stream: IO[bytes], parts: List[bytes]) -> None:
    parts.append(stream.read())


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Asks the tool to stop and waits for it; asked again meanwhile, it stops at once."""
    for _ in range(3):
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            # Its last words would fill the pipe.
            if process.stderr:
                process.stderr.read()
            process.wait()
            return
        except KeyboardInterrupt:
            continue
    process.kill()
    process.wait()


def _failure(code: int, listener: Listener) -> VolleyError:
    words = "\n".join(listener.error or listener.rest[-20:]).strip()
    if code == _BAD_INPUT:
        return InputError(words or "the tool refused its input without a word")
    if code < 0:
        name = signal.Signals(-code).name if -code in list(signal.Signals) else str(-code)
        memory = "; where memory ran out, the system does that: a smaller batch needs less" if -code == signal.SIGKILL else ""
        return VolleyError(f"the tool was ended by the signal {name}{memory}" + (f"\n{words}" if words else ""))
    return VolleyError(words or f"the tool ended with exit code {code}")


def _compare_versions(program: str) -> None:
    """Warns once where the tool is another version's."""
    global _compared
    if _compared:
        return
    _compared = True
    found, expected = tool_version(program), version()
    if found != expected:
        warnings.warn(f"{program} is version {found}, and this package is {expected}", VolleyWarning, stacklevel=2)
