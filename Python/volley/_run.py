"""What a run of a network gave."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping as MappingBase
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Union

import numpy as np
from numpy.typing import NDArray

from ._errors import VolleyError
from ._steps import Steps
from ._work import WorkFolder

_ANN, _SPIKES, _EXIT = ".ann", "spikes/", "exit/step"


class Run:
    """A spiking network's estimates at every time-step, its ANN's outputs, and what its neurons sent.

    All arrays are read-only views of a file that the tool wrote, mapped into memory: what is not looked at is not read.
    """

    def __init__(
        self, arrays: Mapping[str, NDArray[Any]], text: str, spikes: Optional[Spikes] = None, events: Optional[Events] = None
    ) -> None:
        self.arrays = dict(arrays)
        """By name, as ``volley run`` writes them."""
        self.text = text
        """What the tool printed."""
        self._spikes = spikes
        self._events = events

    @property
    def exit_steps(self) -> Optional[NDArray[np.int64]]:
        """With `early_exit`, the time-step at which each sample stopped, [N]; otherwise None."""
        return self.arrays.get(_EXIT)

    @property
    def estimates(self) -> Dict[str, Steps[NDArray[np.float32]]]:
        """By output, the estimates at every t: ``estimates["logits"][t]`` is [N, …].

        Raises:
            AttributeError: with `early_exit`, where `answers` holds one estimate for each sample.
        """
        if self.exit_steps is not None:
            raise AttributeError("with early_exit samples stop at different t: .answers holds the estimates there, .exit_steps the t")
        return {name: Steps(array) for name, array in self._outputs.items()}

    @property
    def answers(self) -> Dict[str, NDArray[np.float32]]:
        """By output, the estimates that each sample ends with, [N, …]: those at the last t, or where it stops early."""
        stops = self.exit_steps is not None
        return {name: array if stops else array[-1] for name, array in self._outputs.items()}

    @property
    def ann(self) -> Dict[str, NDArray[np.float32]]:
        """By output, what the ANN gives, [N, …]; empty with ``no_ann=True``."""
        return {name: self.arrays[name + _ANN] for name in self._outputs if name + _ANN in self.arrays}

    @property
    def spike_counts(self) -> Dict[str, Steps[NDArray[np.int64]]]:
        """By neuron site, how often each code was sent at t, over all samples: ``spike_counts[site][t]`` is [codes]. Of a ladder these are
        the positive levels from the smallest threshold on, then the negative ones."""
        return {name[len(_SPIKES):]: Steps(array) for name, array in self.arrays.items() if name.startswith(_SPIKES)}

    @property
    def spikes(self) -> Spikes:
        """By neuron site, what every neuron sent at every t for every sample: ``spikes[site][t, n]``.

        Raises:
            AttributeError: where the network was run without `trace`.
        """
        if self._spikes is None:
            raise AttributeError("spikes were not kept: run with trace=True, or trace=[\"blocks.0.*\"] for some sites")
        return self._spikes

    @property
    def events(self) -> Events:
        """A row for each spike.

        Raises:
            AttributeError: where the network was run without `events`.
        """
        if self._events is None:
            raise AttributeError("no table of spikes was kept: run with events=True")
        return self._events

    @property
    def _outputs(self) -> Dict[str, NDArray[Any]]:
        names = [name for name in self.arrays if not name.startswith(_SPIKES) and name != _EXIT]
        return {name: self.arrays[name] for name in names if not (name.endswith(_ANN) and name[:-len(_ANN)] in names)}

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name} {list(array.shape)}" for name, array in self._outputs.items())
        return f"<volley.Run: {shapes}, {len(self.spike_counts)} neuron sites{'' if self._spikes is None else ', with spikes'}>"


class Events(NamedTuple):
    """The spikes of a run as a table, for what works on lists of events."""

    table: NDArray[Any]
    """A structured array with a row for each spike: sample (from 0), step (t, from 1), site (its place in `sites`), neuron (its place in the
    site's value of one sample, row by row) and level (the code), sorted in this order."""
    sites: List[str]
    """The names of the sites."""


class Spikes(MappingBase[str, "Steps[NDArray[np.int8]]"]):
    """The spikes of a run, by neuron site.

    ``spikes[site]`` holds codes [T, N, …] as bytes, indexed by t from 1: 0 is silence, and ``worth[site][code]`` is what any other code
    is worth, in units of the activation. Each site is mapped into memory when it is asked for.
    """

    def __init__(self, folder: Union[str, os.PathLike[str]], work: Optional[WorkFolder] = None) -> None:
        self.folder = Path(folder)
        """Where the files are."""
        self._work = work
        self._sites: Dict[str, Dict[str, Any]] = {}
        index = self.folder / "index.json"
        try:
            for site in json.loads(index.read_text(encoding="utf-8"))["sites"]:
                self._sites[site["name"]] = site
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise VolleyError(f"{index} does not say which spikes there are: {error}") from error

    def __getitem__(self, site: str) -> Steps[NDArray[np.int8]]:
        if site not in self._sites:
            raise KeyError(f"there are no spikes of a site '{site}'; there are {', '.join(self._sites)}")
        return Steps(np.load(self.folder / self._sites[site]["file"], mmap_mode="r", allow_pickle=False))

    def __iter__(self) -> Iterator[str]:
        return iter(self._sites)

    def __len__(self) -> int:
        return len(self._sites)

    @property
    def worth(self) -> Dict[str, Dict[int, float]]:
        """By site and code, what a spike is worth."""
        return {name: dict(zip(site["codes"], site["values"])) for name, site in self._sites.items()}

    def sent(self, site: str) -> Steps[NDArray[np.float32]]:
        """What every neuron of a site sent at every t, in units of the activation, 0 for nothing: the codes with what they are worth."""
        codes = self[site]
        worth = np.zeros(256, np.float32)
        # A negative code counts from the end, in the table as in NumPy.
        worth[self._sites[site]["codes"]] = self._sites[site]["values"]
        return Steps(worth[codes.values])

    def __repr__(self) -> str:
        return f"<volley.Spikes: {len(self)} sites>"


def mapped_events(path: Path) -> Events:
    """The table that the tool wrote, with its sites in a file beside it. Both may be removed then."""
    names = [site["name"] for site in json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["sites"]]
    return Events(np.load(path, mmap_mode="r", allow_pickle=False), names)
