"""Spiking neural networks from trained ones, without training: conversion, simulation, and what they cost.

    net = volley.convert("vit", calibration, method="differential", steps_per_octave=4)
    res = net.evaluate(x, y, steps=8)
    res.top1[1], res.energy.exact[1]        # after one time-step: t counts from 1

The command-line tool ``volley`` does the work; this package brings arrays to it and back.
"""

from typing import TYPE_CHECKING

from ._comparison import Candidate, Comparison, Entry, Tuning
from ._conversion import compare, convert, tune
from ._diagnosis import Advice, Diagnosis
from ._errors import InputError, VolleyError, VolleyWarning
from ._figures import Energy, Exit, SiteResults
from ._finding import tool, version
from ._inspection import Inspection, Method, Setting, inspect, methods
from ._modules import export_module
from ._network import Network, load
from ._options import Option, commands, options
from ._results import Results, load_results, report
from ._run import Events, Run, Spikes
from ._steps import Steps

for _error in (VolleyError, InputError, VolleyWarning):
    # As users write them.
    _error.__module__ = __name__
del _error

if TYPE_CHECKING:
    __version__: str

__all__ = [
    "Advice", "Candidate", "Comparison", "Diagnosis", "Energy", "Entry", "Events", "Exit", "InputError", "Inspection", "Method", "Network", "Option",
    "Results", "Run", "Setting", "SiteResults", "Spikes", "Steps", "Tuning", "VolleyError", "VolleyWarning", "commands", "compare", "convert",
    "export_module", "inspect", "load", "load_results", "methods", "options", "report", "tool", "tune", "version",
]


def __getattr__(name: str) -> str:
    if name == "__version__":
        return version()
    raise AttributeError(f"module 'volley' has no attribute '{name}'")
