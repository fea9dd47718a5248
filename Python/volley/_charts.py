"""Libraries that are used where they are installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def pandas() -> Any:
    """The module pandas.

    Raises:
        ImportError: where it is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise ImportError("data frames need pandas: pip install pandas") from error
    return pandas


def axes_for(ax: Optional[Axes]) -> Axes:
    """The given axes of matplotlib, or new ones.

    Raises:
        ImportError: where it is not installed.
    """
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError("drawings need matplotlib: pip install matplotlib") from error
    axes: Axes = pyplot.subplots()[1]
    return axes
