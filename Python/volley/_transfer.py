"""Data on its way to the tool."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Sequence, Union

import numpy as np

from ._arrays import SAMPLES, Arrays
from ._npz import write_npz
from ._options import positional
from ._tool import run
from ._work import WorkFolder


def data_path(data: Union[Path, Arrays], work: WorkFolder, name: str) -> str:
    """A path that the tool reads data from."""
    if isinstance(data, Path):
        return positional(data)
    path = work / f"{name}.npz"
    write_npz(path, data)
    return str(path)


def named_like_inputs(data: Union[Path, Arrays], model: Path, options: Sequence[str] = ()) -> Union[Path, Arrays]:
    """Whole numbers that are no images under the name of the model's only input, as the tool wants them where it does not measure."""
    if isinstance(data, Path) or SAMPLES not in data or data[SAMPLES].dtype.kind not in "biu" or data[SAMPLES].dtype == np.uint8:
        return data
    inputs = list(json.loads(run(["inspect", "--json", *options, positional(model)]))["inputs"])
    if len(inputs) != 1:
        return data
    return {inputs[0] if name == SAMPLES else name: array for name, array in data.items()}


def remove_all_but(work: WorkFolder, keeping: Path) -> None:
    """Leaves nothing in the folder but what is needed further on."""
    for path in work.path.iterdir():
        if path == keeping:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
