"""Modules while they are exported."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import warnings
from typing import Any, Iterator


@contextlib.contextmanager
def evaluating(module: Any) -> Iterator[None]:
    """A module as it is in evaluation; then as it was."""
    modes = [(each, each.training) for each in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for each, mode in modes:
            each.training = mode


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without what exporters say: the result is checked."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()), _no_output():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


@contextlib.contextmanager
def _no_output() -> Iterator[None]:
    """Without what comes from below Python: a graph that cannot be written is printed there, line by line."""
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
