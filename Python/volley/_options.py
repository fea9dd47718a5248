"""Keywords as options of the tool, and which ones there are: the tool itself says it."""

from __future__ import annotations

import difflib
import json
import os
from functools import lru_cache
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

import numpy as np

from ._arrays import array_of, is_array, is_path
from ._errors import VolleyError
from ._finding import tool
from ._npz import write_npz
from ._tool import run
from ._work import WorkFolder


class Option(NamedTuple):
    """An option of a command, which is a keyword here: ``--steps-per-octave`` is ``steps_per_octave``."""

    name: str
    """Without the dashes before it."""
    takes_value: bool
    """False for a switch, which is True or False here."""
    repeats: bool
    """Whether it may be given several times: here a dictionary or a list."""
    negation: Optional[str]
    """What turns a switch off that is on."""
    default: Optional[str]
    help: str

    @property
    def keyword(self) -> str:
        """The option's name in Python."""
        return self.name.replace("-", "_")


def commands() -> List[str]:
    """The tool's commands."""
    return list(_commands(str(tool())))


def options(command: str) -> Dict[str, Option]:
    """By keyword, the options of a command of the tool, such as ``convert`` or ``evaluate``.

    Raises:
        KeyError: where there is no such command.
    """
    return _commands(str(tool()))[command]


@lru_cache(maxsize=None)
def _commands(program: str) -> Dict[str, Dict[str, Option]]:
    described = json.loads(run(["--experimental-dump-help"]))
    return {command["commandName"]: _options(command.get("arguments", [])) for command in described["command"]["subcommands"]}


def _options(arguments: List[Dict[str, Any]]) -> Dict[str, Option]:
    found: Dict[str, Option] = {}
    for argument in arguments:
        name = next((name["name"] for name in argument.get("names", []) if name["kind"] == "long"), None)
        if argument["kind"] == "positional" or name is None or name in ("help", "version"):
            continue
        if name.startswith("no-") and name[3:].replace("-", "_") in found:
            # The other side of a switch that can be turned on and off.
            on = found[name[3:].replace("-", "_")]
            found[on.keyword] = on._replace(negation=name)
            continue
        option = Option(
            name, argument["kind"] == "option", bool(argument.get("isRepeating")), None, argument.get("defaultValue"), argument.get("abstract", ""))
        found[option.keyword] = option
    return found


def arguments(command: str, keywords: Mapping[str, Any], work: WorkFolder, beside: Mapping[str, Any] = {}) -> List[str]:
    """What the tool is called with for keywords.

    None leaves an option out. A switch is True or False. Lists are written with commas between their parts; of an option that repeats,
    a dictionary gives ``KEY=VALUE`` for each of its items. Otherwise a dictionary stands for a file: of arrays an ``.npz``, else JSON. A
    keyword that Python reserves is written with ``_`` behind it.

    Args:
        command: Whose options these are.
        keywords: What the user gave.
        work: Where files are put.
        beside: Other options that the caller sets.

    Raises:
        TypeError: for keywords that are no options, or whose values do not fit.
        VolleyError: where the tool has no such command.
    """
    try:
        known = options(command)
    except KeyError:
        raise VolleyError(f"this version of the tool has no command '{command}'") from None
    words: List[str] = []
    for keyword, value in {**keywords, **beside}.items():
        keyword = keyword[:-1] if keyword.endswith("_") else keyword
        if keyword not in known or (keyword in beside and keyword in keywords):
            near = difflib.get_close_matches(keyword, known, 1)
            hint = f"; did you mean {near[0]}?" if near and near[0] != keyword else ""
            raise TypeError(f"'{keyword}' is no option of 'volley {command}' that can be set here{hint} volley.options('{command}') lists them")
        words += _words(known[keyword], value, work)
    return words


def _words(option: Option, value: Any, work: WorkFolder) -> List[str]:
    if value is None:
        return []
    if not option.takes_value:
        if not isinstance(value, (bool, np.bool_)):
            raise TypeError(f"{option.keyword} is True or False, found {value!r}")
        return ["--" + option.name] if value else ["--" + option.negation] if option.negation else []
    if option.repeats:
        parts = [f"{key}={_text(option, part)}" for key, part in value.items()] if isinstance(value, Mapping) else (
            [value] if is_path(value) else value)
        return [f"--{option.name}={_text(option, part)}" for part in parts]
    if hasattr(value, "to_dict") and not isinstance(value, type):
        value = value.to_dict()
    return [f"--{option.name}={_file(option, value, work) if isinstance(value, Mapping) else _text(option, value)}"]


def _text(option: Option, value: Any) -> str:
    if is_path(value):
        return str(os.fspath(value))
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{option.keyword} takes a value, found {value!r}")
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    if is_array(value) or isinstance(value, (tuple, range, set, frozenset)):
        return ",".join(_text(option, part) for part in (np.asarray(value).ravel().tolist() if is_array(value) else value))
    raise TypeError(f"{option.keyword} takes a number, a text or a list of them, found {type(value).__name__}")


def _file(option: Option, value: Mapping[str, Any], work: WorkFolder) -> str:
    """A dictionary as the file that an option names: its help says which kind it takes."""
    if option.help.startswith(".npz"):
        path = work / f"{option.name}.npz"
        write_npz(path, {str(name): array_of(part, f"'{name}'") for name, part in value.items()})
    else:
        path = work / f"{option.name}.json"
        path.write_text(json.dumps(value, default=_plain), encoding="utf-8")
    return str(path)


def _plain(value: Any) -> Any:
    """What JSON can hold in the place of what it cannot."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def positional(path: Any) -> str:
    """A path that the tool does not take for an option."""
    text = str(os.fspath(path))
    return "./" + text if text.startswith("-") else text
