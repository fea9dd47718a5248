"""What a diagnosis found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, NamedTuple, Optional

from ._charts import pandas
from ._results import snake

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
    command: Optional[str]
    """What makes the change, as a command line of the tool; DATA and file names in it are placeholders where arrays were given."""
    change: Dict[str, Any]


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
            left = advice["predicted"]
            found.append(Advice(
                advice["reason"], left.get("error"), left.get("agreement"), left.get("accuracy"), left.get("energy"),
                bool(advice["isEstimate"]), advice.get("command"), advice["change"]))
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
