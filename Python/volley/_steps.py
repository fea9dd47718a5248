"""Quantities by time-step."""

from __future__ import annotations

import operator
from typing import Any, Generic, Iterator, Optional, Sequence, TypeVar, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

Value = TypeVar("Value")


class Steps(Generic[Value]):
    """A quantity at time-steps, indexed by t as papers and the tool's tables count it: the first one is t = 1.

    ``accuracy[1]`` is the value at t = 1, ``accuracy[8]`` that at t = 8, and ``accuracy[0]`` an `IndexError`. Of a quantity with more
    axes, ``estimates[t, n]`` is what NumPy's ``[n]`` is of the array at t. ``accuracy[2:5]`` are the steps 2, 3 and 4, as another
    `Steps` that keeps its t. ``.values`` is the plain NumPy array, time-steps first and counted from 0 there; ``.t`` are the
    time-steps, ``.last`` is the value at the last one, and NumPy's functions take a `Steps` as its array.
    """

    __slots__ = ("values", "t")

    values: NDArray[Any]
    """One row for each time-step, in their order."""
    t: NDArray[np.int64]
    """The time-steps, ascending."""

    def __init__(self, values: NDArray[Any], t: Optional[Sequence[int]] = None) -> None:
        self.values = values
        self.t = np.arange(1, len(values) + 1) if t is None else np.asarray(t, dtype=np.int64)
        if len(self.t) != len(values):
            raise ValueError(f"{len(values)} values for {len(self.t)} time-steps")

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return self._range(key)
        if isinstance(key, tuple):
            if not key:
                raise IndexError("name a time-step")
            first = self[key[0]]
            if isinstance(first, Steps):
                return Steps(first.values[(slice(None),) + key[1:]], first.t.tolist())
            return first[key[1:]]
        return self.values[self._row(key)]

    def _row(self, key: Any) -> int:
        try:
            t = operator.index(key)
        except TypeError:
            raise TypeError(f"a time-step is a whole number, found {key!r}") from None
        rows = np.flatnonzero(self.t == t)
        if len(rows) == 0:
            hint = "t counts from 1" if t == 0 else "use .last for the last one" if t < 0 else f"there are {self._extent()}"
            raise IndexError(f"there is no time-step {t}: {hint}")
        return int(rows[0])

    def _range(self, key: slice) -> Steps[Value]:
        if key.step not in (None, 1) or any(end is not None and end < 0 for end in (key.start, key.stop)):
            raise IndexError("a range of time-steps is written first:end, as 2:5 for 2, 3 and 4")
        chosen = np.ones(len(self.t), dtype=bool)
        if key.start is not None:
            chosen &= self.t >= key.start
        if key.stop is not None:
            chosen &= self.t < key.stop
        return Steps(self.values[chosen], self.t[chosen].tolist())

    def _extent(self) -> str:
        if len(self.t) == 0:
            return "none"
        if len(self.t) == self.t[-1] - self.t[0] + 1:
            return f"{self.t[0]}…{self.t[-1]}"
        return ", ".join(str(t) for t in self.t)

    @property
    def last(self) -> Any:
        """The value at the last time-step."""
        if len(self.t) == 0:
            raise IndexError("there are no time-steps")
        return self.values[-1]

    def __len__(self) -> int:
        return len(self.t)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)

    def __array__(self, dtype: Any = None, copy: Optional[bool] = None) -> NDArray[Any]:
        if copy:
            return np.array(self.values, dtype=dtype)
        return np.asarray(self.values, dtype=dtype)

    def __eq__(self, other: object) -> Any:
        return self.values == (other.values if isinstance(other, Steps) else other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        if self.values.ndim > 1 or len(self.t) > 32:
            return f"Steps(t = {self._extent()}, {self.values.dtype} {list(self.values.shape)})"
        return "Steps(" + ", ".join(f"t = {t}: {value:.6g}" for t, value in zip(self.t, self.values)) + ")"


def steps_of(values: Sequence[Union[float, int, None]], t: Optional[Sequence[int]] = None) -> Steps[float]:
    """Numbers by time-step; what is missing becomes NaN."""
    return Steps(np.array([np.nan if value is None else value for value in values], dtype=np.float64), t)


__all__ = ["ArrayLike", "Steps", "steps_of"]
