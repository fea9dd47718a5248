"""What a diagnosis found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, NamedTuple, Optional

from ._charts import pandas
from ._figures import snake

if TYPE_CHECKING:
    from pandas import DataFrame


class Advice(NamedTuple):
    """A change that brings the network closer to its ANN, and what it was measured to give."""

    reason: str
    """What in the diagnosis speaks for it."""
    error: Optional[float]
    """The output error that is left, ‖SNN − ANN‖ / ‖ANN‖."""
    agreement: Optional[float]
    accuracy: Optional[float]
    energy: Optional[float]
    is_estimate: bool
    """Whether it was calibrated on other samples than one would take."""
    adjustment: Optional[Dict[str, Any]]
    """What to call `Network.adjust` with, where other settings of its neurons are advised: ``net.adjust(**advice.adjustment)``."""
    steps: Optional[int]
    """How many time-steps to run the network as it is, where that is advised."""
    conversion: Optional[str]
    """How else to convert the model, where that is advised: a method with settings, as `volley.compare` takes them."""


class Diagnosis:
    """Where a network departs from its ANN, and what would help. Printed, it shows the tool's tables; ``data`` is everything that was
    found, as its JSON has it."""

    def __init__(self, text: str, data: Dict[str, Any]) -> None:
        self.text = text
        self.data = data

    @property
    def t(self) -> int:
        """The time-step whose answers count."""
        return int(self.data["timeSteps"])

    @property
    def error(self) -> Optional[float]:
        """‖SNN − ANN‖ / ‖ANN‖ of the outputs; None where an estimate is not finite."""
        error: Optional[float] = self.data["figures"].get("error")
        return error

    @property
    def sites(self) -> List[Dict[str, Any]]:
        """What was found at each neuron site, those first that change the outputs most."""
        return list(self.data["sites"])

    @property
    def advice(self) -> List[Advice]:
        """What helps, the smallest error first."""
        found = []
        for advice in self.data["advice"]:
            left, change = advice["predicted"], advice["change"]
            found.append(Advice(
                advice["reason"], left.get("error"), left.get("agreement"), left.get("accuracy"), left.get("energy"),
                bool(advice["isEstimate"]), _adjustment(change.get("adjustment")), *(_only(change.get(kind)) for kind in ("steps", "conversion"))))
        return found

    def to_pandas(self) -> DataFrame:
        """A row for each neuron site, those first that change the outputs most.

        Raises:
            ImportError: where pandas is not installed.
        """
        rows = []
        for site in self.sites:
            row = {snake(key): value for key, value in site.items() if not isinstance(value, (dict, list))}
            for part in ("clipped", "silent"):
                row.update({part: site[part]["values"], f"{part}_error": site[part]["error"]})
            for what in ("ifExact", "ifAlone"):
                row[f"{snake(what)}_error"] = (site.get(what) or {}).get("error")
            rows.append(row)
        return pandas().DataFrame(rows)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        error = "not finite" if self.error is None else f"{self.error:.4g}"
        return f"<volley.Diagnosis: output error {error} at t = {self.t}, {len(self.sites)} sites, {len(self.advice)} pieces of advice>"


def _only(change: Optional[Dict[str, Any]]) -> Any:
    """The value of a change that has one."""
    return None if change is None else change["_0"]


def _adjustment(change: Optional[Dict[str, Any]]) -> Optional[Dict[str, Any]]:
    """An adjustment in keywords."""
    if change is None:
        return None
    keywords = {"raised": "raise_", "refined": "refine", "scaled": "scale", "stepsPerOctave": "steps_per_octave", "deadZones": "dead_zones"}
    return {keywords[key]: value for key, value in change["_0"].items() if value not in (None, {})}
