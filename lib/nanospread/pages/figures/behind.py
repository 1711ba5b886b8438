"""The numbers behind a figure -> rows of words, which the report shows as a table under the picture."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nanospread.pages import findings

MOST = 24  # rows of a table that people still read
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

Writer = Callable[[Any], str]


@dataclass(frozen=True)
class Behind:
    """The numbers of one picture as they are read: headers with units, cells in words, and their basis."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    basis: str
    left_out: int


_KEPT: WeakKeyDictionary[Axes, list[Behind]] = WeakKeyDictionary()


def keep(
    ax: Axes,
    rows: pd.DataFrame,
    basis: str,
    columns: Mapping[str, tuple[str, Writer]],
    *,
    curve: bool = False,
) -> None:
    """Keep the numbers that are drawn on the Axes, at most `MOST` rows of them.

    basis: measured, estimated or assumed, in words. columns: header in words with its unit -> the name in
    `rows`, and how its values are written. curve: of many points those evenly apart are kept, with both ends;
    else the first.
    """
    few = min(len(rows), MOST)
    places = np.linspace(0, len(rows) - 1, few).round().astype(int) if curve else np.arange(few)
    cells = [[write(value) for value in rows[name].iloc[places]] for name, write in columns.values()]
    words = tuple(zip(*cells, strict=True))
    _KEPT.setdefault(ax, []).append(Behind(tuple(columns), words, basis, len(rows) - few))


def keep_spread(
    ax: Axes, values: Mapping[str, NDArray[np.float64]], basis: str, of: str, what: str, write: Writer
) -> None:
    """Keep the quantiles of each group's values, where their distribution is what is drawn.

    of: what the groups are, such as "Arm". what: what the values are, with their unit.
    """
    rows = pd.DataFrame(
        [[name, *np.quantile(of_group, QUANTILES)] for name, of_group in values.items()],
        columns=["group", *map(str, QUANTILES)],
    )
    heads = {
        f"{what}: median" if at == 0.5 else f"{findings.percent(at)} below": (str(at), write)
        for at in sorted(QUANTILES, key=lambda at: at != 0.5)
    }
    keep(ax, rows, basis, {of: ("group", findings.handle)} | heads)


def kept(whole: Figure) -> list[Behind]:
    """Return the numbers kept for all Axes of a figure, in the order drawn."""
    return [numbers for ax in whole.axes for numbers in _KEPT.get(ax, [])]
