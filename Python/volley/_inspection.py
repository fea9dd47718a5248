"""What networks consist of, and which methods there are."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Dict, List, NamedTuple, Optional, Union

from ._charts import pandas
from ._options import arguments, positional
from ._tool import run
from ._work import WorkFolder

if TYPE_CHECKING:
    from pandas import DataFrame


class Inspection:
    """What a network consists of. Printed, it shows the tool's tables; ``data`` is everything, as its JSON has it."""

    def __init__(self, text: str, data: Dict[str, Any]) -> None:
        self.text = text
        self.data = data

    @property
    def inputs(self) -> Dict[str, str]:
        """By name, the shapes of what it reads, such as "N, 1, 8, 8"."""
        return {name: _shape(shape) for name, shape in self.data["inputs"].items()}

    @property
    def outputs(self) -> Dict[str, str]:
        """By name, the shapes of what it gives."""
        return {name: _shape(shape) for name, shape in self.data["outputs"].items()}

    @property
    def parameters(self) -> int:
        """How many numbers its weights are."""
        return int(self.data["parameters"])

    @property
    def multiply_accumulates(self) -> int:
        """Multiply-accumulates of the ANN for one sample."""
        return int(self.data["multiplyAccumulates"])

    @property
    def sites(self) -> List[str]:
        """The neuron sites, in the order of the network."""
        return [site["name"] for site in self.data["sites"]]

    @property
    def neurons(self) -> int:
        """How many neurons stand at all of them, for one sample."""
        return int(self.data["neurons"])

    @property
    def fidelity(self) -> Optional[Dict[str, Any]]:
        """How closely a spiking network followed its ANN when it was converted; None where that was not measured."""
        return self.data.get("fidelity")

    def to_pandas(self, of: str = "sites") -> DataFrame:
        """A row for each neuron site, or with ``of="operators"`` for each operator.

        Raises:
            ImportError: where pandas is not installed.
        """
        if of not in ("sites", "operators"):
            raise ValueError(f"of is 'sites' or 'operators', found '{of}'")
        names = {"sites": ["name", "shape", "neurons"], "operators": ["name", "op", "kind", "shape", "multiplyAccumulates"]}[of]
        rows = [{name: _shape(row[name]) if name == "shape" else row[name] for name in names} for row in self.data[of]]
        return pandas().DataFrame(rows, columns=names).rename(columns={"multiplyAccumulates": "multiply_accumulates"})

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<volley.Inspection: {self.parameters:,} parameters, {len(self.sites)} neuron sites>"


def inspect(model: Union[str, os.PathLike[str]], **options: Any) -> Inspection:
    """What a model or a spiking network consists of: operators, neuron sites, parameters and operations.

    Args:
        model: A checkpoint folder, an ``.onnx`` or a ``.volley`` file.
        options: Options of ``volley inspect``, such as ``input_shape={"x": (1, 3, 224, 224)}``.

    Raises:
        InputError: where it is none of these, or something in it is not supported; all of that is named.
    """
    with WorkFolder() as work:
        words = arguments("inspect", options, work)
        path = positional(model)
        return Inspection(run(["inspect", *words, path], work=work), json.loads(run(["inspect", "--json", *words, path], work=work)))


def _shape(shape: Any) -> str:
    return shape if isinstance(shape, str) else ", ".join("N" if length == "batch" else str(length) for length in shape)


class Setting(NamedTuple):
    """A setting of a method: a keyword of `volley.convert`."""

    name: str
    """Of the option; the keyword has ``_`` for each ``-``."""
    default: str
    range: str
    unit: Optional[str]
    meaning: str


class Method(NamedTuple):
    """A conversion method, as it says of itself."""

    name: str
    summary: str
    citation: str
    needs: List[str]
    """What it needs of a network."""
    observes: List[str]
    """What it gathers on calibration data."""
    settings: Dict[str, Setting]
    """By keyword."""


def methods() -> Dict[str, Method]:
    """By name, the conversion methods: their papers, what they need of a network, and their settings."""
    found: Dict[str, Method] = {}
    for method in json.loads(run(["methods", "--json"])):
        settings = {
            setting["name"].replace("-", "_"): Setting(
                setting["name"], str(setting.get("value", "")), setting["range"], setting.get("unit"), setting["meaning"])
            for setting in method["settings"]}
        found[method["name"]] = Method(
            method["name"], method["summary"], method["citation"], method["needs"], method["observes"], settings)
    return found
