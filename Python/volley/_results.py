"""What an evaluation measured."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, Union

import numpy as np

from ._charts import axes_for, pandas
from ._errors import InputError
from ._figures import Energy, Exit, SiteResults, snake
from ._options import arguments
from ._steps import Steps, steps_of
from ._tool import run
from ._work import WorkFolder

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

_CLASSES = ("top1", "top5", "agreement")
_FIRST = ("top1", "meanCosine", "perplexity", "rootMeanSquareError")
"""What a task is first of all asked for; of the task 'agreement' the order of the names has it first."""
_ENERGIES = ("paper", "exact", "strict", "full")


class Results:
    """What ``volley evaluate`` measured: the spiking network at every time-step t, and its ANN.

    Each figure is a `Steps`: ``top1[1]`` is the accuracy after one time-step, ``energy.exact[8]`` the energy of steps 1…8. ``data`` is
    everything that was measured, as the tool's JSON has it, where ``data["quantities"]`` says of each figure its unit and how it is
    counted. Printed, results show the tool's own table.
    """

    def __init__(self, text: str, json_text: str) -> None:
        self.text = text
        """The tool's table, with what it has to say beside it."""
        self.json = json_text
        """The tool's JSON as it wrote it."""
        self.data: Dict[str, Any] = json.loads(json_text)

    @property
    def task(self) -> str:
        """What the output was read as."""
        return str(self.data["settings"].get("task") or "classification")

    @property
    def samples(self) -> int:
        """How many samples were measured."""
        return int(self.data["samples"])

    @property
    def figures(self) -> Dict[str, Steps[float]]:
        """By name, what the task says of the answers after t steps: top1, top5 and agreement of a classification, mean_cosine,
        perplexity, … of other tasks. What the tool could not tell at some t is NaN there."""
        rows = self._rows
        keys: List[str] = []
        for row in rows:
            keys += [key for key in [*(k for k in _CLASSES if row.get(k) is not None), *row.get("figures", {})] if key not in keys]
        keys.sort(key=lambda key: key not in _FIRST)
        return {snake(key): self._of([row.get(key, row.get("figures", {}).get(key)) for row in rows]) for key in keys}

    def _figure(self, name: str) -> Steps[float]:
        found = self.figures
        if name not in found:
            if self.data.get("exits") is not None:
                raise AttributeError(f"samples stop early: {name} is a figure of each of .exits")
            raise AttributeError(f"a task '{self.task}' has no {name}; its figures are {', '.join(found)}")
        return found[name]

    @property
    def top1(self) -> Steps[float]:
        """The fraction of samples whose label is the largest estimate after t steps."""
        return self._figure("top1")

    @property
    def top5(self) -> Steps[float]:
        """The fraction of samples whose label is among the five largest estimates after t steps."""
        return self._figure("top5")

    @property
    def agreement(self) -> Steps[float]:
        """The fraction of samples to which the ANN gives the same answer."""
        return self._figure("agreement")

    @property
    def ann(self) -> Dict[str, float]:
        """The same figures of the ANN, where it was run and has them."""
        found = {**(self.data.get("ann") or {}), **(self.data.get("annFigures") or {})}
        return {snake(key): float(value) for key, value in found.items()}

    @property
    def firing_rate(self) -> Steps[float]:
        """Spikes per neuron and time-step, the mean over steps 1…t."""
        return self._of([row["firingRate"] for row in self._rows])

    @property
    def synaptic_operations(self) -> Steps[float]:
        """Accumulates per sample in steps 1…t."""
        return self._of([row["synapticOperations"] for row in self._rows])

    @property
    def energy(self) -> Energy:
        """The energy of steps 1…t as a multiple of the ANN's."""
        return Energy(*(self._of([row["energy"][name] for row in self._rows]) for name in _ENERGIES))

    @property
    def sites(self) -> Dict[str, SiteResults]:
        """By name, in the order of the network, what each neuron site sent."""
        found: Dict[str, SiteResults] = {}
        for site in self.data["sites"]:
            codes = np.array(site["codes"], dtype=np.int8)
            spikes = np.array(site["spikesPerLevel"], dtype=np.int64).reshape(-1, len(codes))
            found[site["name"]] = SiteResults(
                site["name"], site["neurons"], codes, np.array(site["thresholds"], dtype=np.float64), Steps(spikes),
                steps_of(site.get("firingRates") or []))
        return found

    @property
    def exits(self) -> List[Exit]:
        """By margin, what early exits give; empty where all time-steps were run."""
        return [
            Exit(
                row["margin"], row["meanSteps"], steps_of(row["stops"]), row["reached"], row["top1"], row["top5"], row.get("agreement"),
                row["firingRate"], row["synapticOperations"], row["energy"], row["millisecondsPerSample"])
            for row in self.data.get("exits") or []]

    @property
    def _rows(self) -> List[Dict[str, Any]]:
        return list(self.data["steps"])

    def _of(self, values: Sequence[Optional[float]]) -> Steps[float]:
        return steps_of(values, [row["step"] for row in self._rows])

    def to_pandas(self, of: str = "steps") -> DataFrame:
        """A data frame.

        Args:
            of: "steps" for a row for each t, "sites" for a row for each neuron site and t, "levels" for a row for each neuron site, t and
                code, "exits" for a row for each margin.

        Raises:
            ImportError: where pandas is not installed.
        """
        pd = pandas()
        if of == "steps":
            columns = {**self.figures, "firing_rate": self.firing_rate, "synaptic_operations": self.synaptic_operations}
            columns.update({"energy_" + name: steps for name, steps in self.energy._asdict().items()})
            index = pd.Index([row["step"] for row in self._rows], name="t")
            return pd.DataFrame({name: steps.values for name, steps in columns.items()}, index=index)
        if of == "sites":
            return pd.DataFrame(
                [
                    {"site": site.name, "t": int(t), "neurons": site.neurons, "firing_rate": rate}
                    for site in self.sites.values() for t, rate in zip(site.firing_rate.t, site.firing_rate)],
                columns=["site", "t", "neurons", "firing_rate"])
        if of == "levels":
            return pd.DataFrame(
                [
                    {"site": site.name, "t": int(t), "code": int(code), "value": value, "spikes": int(count)}
                    for site in self.sites.values() for t, counts in zip(site.spikes.t, site.spikes)
                    for code, value, count in zip(site.codes, site.values, counts)],
                columns=["site", "t", "code", "value", "spikes"])
        if of == "exits":
            rows = [exit._asdict() for exit in self.exits]
            for row in rows:
                row.pop("stops")
                row.update({"energy_" + name: value for name, value in row.pop("energy").items()})
            return pd.DataFrame(rows)
        raise ValueError(f"of is 'steps', 'sites', 'levels' or 'exits', found '{of}'")

    def plot(self, figure: Optional[str] = None, against: str = "t", energy: str = "exact", ax: Optional[Axes] = None, **style: Any) -> Axes:
        """Draws a figure against t or against energy, with the ANN's as a line.

        Args:
            figure: Which one; None for the task's first.
            against: "t" or "energy".
            energy: Which of the energies.
            ax: Where to draw; None for new axes.
            style: What matplotlib's ``plot`` takes.

        Returns:
            The axes.

        Raises:
            ImportError: where matplotlib is not installed.
            InputError: where there are no time-steps to draw, or no such figure.
        """
        figures = self.figures
        if not figures:
            raise InputError("samples stop early, so there is nothing by time-step to draw: .exits holds the figures")
        name = figure or next(iter(figures))
        if name not in figures:
            raise InputError(f"there is no figure '{name}' to draw: there are {', '.join(figures)}")
        if against not in ("t", "energy"):
            raise InputError(f"a figure is drawn against 't' or 'energy', found '{against}'")
        if energy not in _ENERGIES:
            raise InputError(f"the energies are {', '.join(_ENERGIES)}, found '{energy}'")
        axes = axes_for(ax)
        across: Steps[float] = getattr(self.energy, energy) if against == "energy" else figures[name]
        places = across.values if against == "energy" else across.t
        axes.plot(places, figures[name].values, **{"marker": "o", **style})
        # Several networks of one ANN may be drawn on the same axes.
        mark = f"ANN {name} {self.ann.get(name)}"
        if name in self.ann and all(line.get_gid() != mark for line in axes.lines):
            axes.axhline(self.ann[name], color="gray", linestyle="--", linewidth=1, gid=mark)
            axes.annotate("ANN", (1, self.ann[name]), xycoords=("axes fraction", "data"), ha="right", va="bottom", color="gray")
        axes.set_xlabel("time-step t" if against == "t" else f"energy, multiple of the ANN's ({energy})")
        axes.set_ylabel(name.replace("_", " "))
        return axes

    def save(self, path: Union[str, os.PathLike[str]]) -> Path:
        """Writes the tool's JSON, byte by byte as it came: what ``volley report`` and ``volley reproduce`` read."""
        Path(path).write_text(self.json, encoding="utf-8")
        return Path(path)

    def report(self, path: Union[str, os.PathLike[str]], format: Optional[str] = None) -> Path:
        """Writes a report: ``.html``, ``.md`` or ``.csv``. It shows what happens inside the network where ``detail`` was evaluated.

        Raises:
            InputError: where it cannot be written, or the name says no format.
        """
        return report({str(self.data["provenance"]["method"]): self}, path, format)

    def __str__(self) -> str:
        return self.text or repr(self)

    def __repr__(self) -> str:
        figures = ", ".join(f"{name} {steps.last:.4g}" for name, steps in list(self.figures.items())[:3])
        end = f", t = {self._rows[-1]['step']}: {figures}" if self._rows else f", {len(self.exits)} margins"
        return f"<volley.Results: {self.task}, {self.samples} samples{end}>"


def load_results(path: Union[str, os.PathLike[str]]) -> Results:
    """Reads what `Results.save` or ``volley evaluate --json`` wrote.

    Raises:
        InputError: for anything else.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
        found = json.loads(text)
    except (OSError, ValueError) as error:
        raise InputError(f"{os.fspath(path)}: this is no result file: {error}") from error
    if not isinstance(found, dict) or not {"steps", "sites", "samples", "settings"} <= found.keys():
        raise InputError(f"{os.fspath(path)}: this is no result file; expected is what an evaluation writes as JSON")
    return Results("", text)


def report(results: Mapping[str, Results], path: Union[str, os.PathLike[str]], format: Optional[str] = None) -> Path:
    """Writes a report of several evaluations side by side.

    Args:
        results: By what they are called in the report.
        path: ``.html``, ``.md`` or ``.csv``.
        format: "html", "markdown" or "csv", where the path does not say it.

    Raises:
        InputError: where it cannot be written.
    """
    with WorkFolder() as work:
        files = []
        for number, (name, found) in enumerate(results.items()):
            # The report takes its names from the files'.
            folder = work / str(number)
            folder.mkdir()
            files.append(str(found.save(folder / (re.sub(r"[/\0]", "-", name)[:100] + ".json"))))
        run(["report", *files, *arguments("report", {"format": format}, work, {"output": os.fspath(path)})], work=work)
    return Path(path)
