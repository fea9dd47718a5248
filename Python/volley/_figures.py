"""The parts of what an evaluation measured."""

from __future__ import annotations

import re
from typing import Dict, NamedTuple, Optional

import numpy as np
from numpy.typing import NDArray

from ._steps import Steps


class Energy(NamedTuple):
    """The energy of steps 1…t as a multiple of the ANN's, as ``volley evaluate`` defines each."""

    paper: Steps[float]
    exact: Steps[float]
    strict: Steps[float]
    full: Steps[float]


class SiteResults(NamedTuple):
    """What the neurons of one site sent."""

    name: str
    neurons: int
    """Of one sample."""
    codes: NDArray[np.int8]
    """What its neurons can send, but for 0, which is nothing."""
    values: NDArray[np.float64]
    """What each of these codes is worth, in units of the activation: of a ladder the thresholds."""
    spikes: Steps[NDArray[np.int64]]
    """By time-step and code, over all samples."""
    firing_rate: Steps[float]
    """Spikes per neuron in each time-step alone."""


class Exit(NamedTuple):
    """What it takes to stop each sample where its softmax margin is reached."""

    margin: float
    mean_steps: float
    stops: Steps[float]
    """The fraction of samples that stop at t."""
    reached: float
    """The fraction of samples that reach the margin at all."""
    top1: float
    top5: float
    agreement: Optional[float]
    firing_rate: float
    synaptic_operations: float
    energy: Dict[str, float]
    milliseconds_per_sample: float


def snake(key: str) -> str:
    """A key of the tool's JSON as Python writes names: ``meanCosine`` is ``mean_cosine``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()
