"""What comparisons of methods and searches found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, NamedTuple, Optional

from ._charts import axes_for, pandas
from ._steps import Steps, steps_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from ._network import Network


class Entry(NamedTuple):
    """What one method gave, at the time-steps asked for."""

    label: str
    top1: Steps[float]
    agreement: Steps[float]
    firing_rate: Steps[float]
    synaptic_operations: Steps[float]
    energy: Steps[float]
    """Of steps 1…t, exact, as a multiple of the ANN's."""
    strict_energy: Steps[float]


class Comparison:
    """What ``volley compare`` measured. Printed, it shows the tool's table; ``data`` is everything, as its JSON has it."""

    def __init__(self, text: str, data: Dict[str, Any]) -> None:
        self.text = text
        self.data = data

    @property
    def ann(self) -> Optional[float]:
        """The trained network's accuracy; None where no method fits it."""
        return self.data.get("ann")

    @property
    def entries(self) -> Dict[str, Entry]:
        """By method as it was named, what it gave."""
        return {entry["label"]: _entry(entry) for entry in self.data["entries"]}

    @property
    def unfit(self) -> Dict[str, str]:
        """By method as it was named, why it does not fit the network."""
        return {entry["label"]: entry["reason"] for entry in self.data["unfit"]}

    def to_pandas(self) -> DataFrame:
        """A row for each method and t.

        Raises:
            ImportError: where pandas is not installed.
        """
        rows = []
        for entry in self.entries.values():
            columns = entry._asdict()
            label = columns.pop("label")
            for t in entry.top1.t:
                rows.append({"method": label, "t": int(t), **{name: steps[t] for name, steps in columns.items()}})
        return pandas().DataFrame(rows, columns=["method", "t", *(name for name in Entry._fields if name != "label")])

    def plot(self, ax: Optional[Axes] = None) -> Axes:
        """Draws accuracy against energy, with a line for each method and a mark for each t.

        Raises:
            ImportError: where matplotlib is not installed.
        """
        axes = axes_for(ax)
        for entry in self.entries.values():
            axes.plot(entry.energy.values, entry.top1.values, marker="o", label=entry.label)
        if self.ann is not None:
            axes.axhline(self.ann, color="gray", linestyle="--", linewidth=1, label="ANN")
            axes.legend()
        axes.set_xlabel("energy, multiple of the ANN's (exact)")
        axes.set_ylabel("top1")
        return axes

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<volley.Comparison: {', '.join(self.entries) or 'no method fits'}; {self.data['samples']} samples>"


def _entry(entry: Dict[str, Any]) -> Entry:
    t = [step["step"] for step in entry["steps"]]

    def of(key: str) -> Steps[float]:
        return steps_of([step.get(key) for step in entry["steps"]], t)

    return Entry(
        entry["label"], of("top1"), of("agreement"), of("firingRate"), of("synapticOperations"), of("energy"), of("strictEnergy"))


class Candidate(NamedTuple):
    """A network after t time-steps, on samples that it was not calibrated on."""

    label: str
    """Method and settings, as `volley.compare` takes them."""
    t: int
    loss: float
    """‖SNN − ANN‖ / ‖ANN‖ of the outputs."""
    agreement: Optional[float]
    energy: float
    strict_energy: float


class Tuning:
    """What ``volley tune`` found. Printed, it shows the tool's table; ``data`` is everything, as its JSON has it."""

    def __init__(self, text: str, data: Dict[str, Any], network: Optional[Network]) -> None:
        self.text = text
        self.data = data
        self.network = network
        """The chosen network; None where no bound was named."""

    @property
    def candidates(self) -> List[Candidate]:
        """All that were measured, in their order."""
        return [
            Candidate(
                entry["label"], point["step"], float("nan") if point.get("loss") is None else point["loss"], point.get("agreement"),
                point["energy"], point["strictEnergy"])
            for entry in self.data["entries"] for point in entry["points"]]

    @property
    def front(self) -> List[Candidate]:
        """Those that none beats in both loss and energy, by ascending energy."""
        return [self._candidate(choice) for choice in self.data["front"]]

    @property
    def chosen(self) -> Optional[Candidate]:
        """The best one within the bound; None where no bound was named."""
        choice = self.data.get("chosen")
        return None if choice is None else self._candidate(choice)

    def _candidate(self, choice: Dict[str, Any]) -> Candidate:
        return next(found for found in self.candidates if (found.label, found.t) == (choice["label"], choice["step"]))

    @property
    def unfit(self) -> Dict[str, str]:
        """By candidate, why it gave no network."""
        return {entry["label"]: entry["reason"] for entry in self.data["unfit"]}

    def to_pandas(self) -> DataFrame:
        """A row for each candidate and t, with whether it is on the front.

        Raises:
            ImportError: where pandas is not installed.
        """
        front = {(found.label, found.t) for found in self.front}
        rows = [{**found._asdict(), "on_front": (found.label, found.t) in front} for found in self.candidates]
        return pandas().DataFrame(rows, columns=[*Candidate._fields, "on_front"])

    def plot(self, ax: Optional[Axes] = None) -> Axes:
        """Draws loss against energy, all candidates and the front.

        Raises:
            ImportError: where matplotlib is not installed.
        """
        axes = axes_for(ax)
        axes.scatter([found.energy for found in self.candidates], [found.loss for found in self.candidates], s=12, color="lightgray")
        axes.plot([found.energy for found in self.front], [found.loss for found in self.front], marker="o")
        axes.set(xscale="log", yscale="log", xlabel="energy, multiple of the ANN's (exact)", ylabel="loss, relative to the ANN's outputs")
        return axes

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        chosen = self.chosen
        end = "" if chosen is None else f", chosen: {chosen.label} at t = {chosen.t}, loss {chosen.loss:.4g}, energy {chosen.energy:.4g}"
        return f"<volley.Tuning: {len(self.candidates)} candidates, {len(self.front)} on the front{end}>"
