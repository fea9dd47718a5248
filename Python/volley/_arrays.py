"""Whatever holds samples, as arrays by name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Union

import numpy as np
from numpy.typing import NDArray

from ._errors import InputError

Arrays = Dict[str, NDArray[Any]]

SAMPLES, LABELS = "x", "y"
"""What samples and labels are called where they have no names of their own."""


def array_of(value: Any, what: str = "an array") -> NDArray[Any]:
    """A NumPy array of anything like one. Tensors of torch come from wherever they are, detached; no other copy is made.

    Raises:
        InputError: for what holds no numbers.
    """
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        value = value.detach().cpu()
        if str(value.dtype) == "torch.bfloat16":
            value = value.float()
        value = value.numpy()
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise InputError(f"{what} is no array: {error}") from None
    if array.dtype.kind not in "biuf":
        raise InputError(f"{what} has elements of type '{array.dtype}', where numbers are needed: convert it, as with astype('float32')")
    return array


def is_path(value: Any) -> bool:
    """Whether something names a file or folder."""
    return isinstance(value, (str, os.PathLike))


def is_array(value: Any) -> bool:
    """Whether something is one array: of NumPy, torch or another library, or a list of numbers or of arrays, one for each sample. A list of
    pairs or of mappings holds batches."""
    if isinstance(value, list):
        return not value or not isinstance(value[0], (tuple, Mapping))
    return isinstance(value, np.ndarray) or hasattr(value, "__array__")


def arrays_of(data: Any, labels: Any = None, limit: Optional[int] = None) -> Union[Path, Arrays]:
    """The samples and labels that something holds.

    Args:
        data: A path; an array; a pair of samples and labels; arrays by name (a mapping such as a dictionary or a tokenizer's
            encoding); or an iterable of batches of any of these, such as a ``DataLoader``.
        labels: The labels of the samples, where `data` does not hold them.
        limit: How many samples are needed at most, of batches.

    Raises:
        InputError: for anything else.
    """
    if is_path(data):
        if labels is not None:
            raise InputError("data in files brings its own labels: give arrays, or a path alone (and labels=FILE.csv for images)")
        return Path(data)
    if isinstance(data, Mapping):
        found = {str(name): array_of(value, f"'{name}'") for name, value in data.items() if value is not None}
        if not found:
            raise InputError("there are no arrays in this mapping")
    elif is_array(data):
        found = {SAMPLES: array_of(data, "the samples")}
    elif isinstance(data, tuple):
        if len(data) != 2 or labels is not None:
            beside = " and other labels" if labels is not None else ""
            raise InputError(f"a tuple is a pair of samples and labels, found {len(data)} parts{beside}")
        return arrays_of(data[0], data[1], limit)
    elif hasattr(data, "__iter__"):
        found = _joined(data, limit)
    else:
        raise InputError(
            f"samples are an array, arrays by name, a path, or batches of them such as a DataLoader; found {type(data).__name__}")
    if labels is not None:
        if LABELS in found:
            raise InputError("labels are given twice: in the data as 'y', and beside it")
        found[LABELS] = array_of(labels, "the labels")
    for name, array in found.items():
        if array.ndim == 0:
            raise InputError(f"'{name}' is a single number; an array of samples has them along its first axis")
    return found


def _joined(batches: Iterable[Any], limit: Optional[int]) -> Arrays:
    """Batches one after the other."""
    parts: Dict[str, List[NDArray[Any]]] = {}
    count = 0
    for number, batch in enumerate(batches):
        if isinstance(batch, (tuple, list)) and len(batch) in (1, 2) and not isinstance(batch[0], (int, float)):
            batch = batch[0] if len(batch) == 1 else (batch[0], batch[1])
        arrays = arrays_of(batch)
        if isinstance(arrays, Path):
            raise InputError(f"batch {number} is text, and not samples")
        if number > 0 and arrays.keys() != parts.keys():
            raise InputError(f"batch {number} holds {', '.join(arrays)}, the ones before hold {', '.join(parts)}")
        for name, array in arrays.items():
            parts.setdefault(name, []).append(array)
        count += len(next(iter(arrays.values())))
        if limit is not None and count >= limit:
            break
    if not parts:
        raise InputError("there are no batches in this data")
    try:
        return {name: np.concatenate(arrays) for name, arrays in parts.items()}
    except ValueError as error:
        raise InputError(f"the batches do not fit together: {error}") from None


def samples_alone(arrays: Arrays) -> Arrays:
    """Without labels: what calibrates."""
    if len(arrays) > 1 and LABELS in arrays:
        return {name: array for name, array in arrays.items() if name != LABELS}
    return arrays
