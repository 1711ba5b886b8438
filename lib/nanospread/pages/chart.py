"""A figure and the numbers behind it, in words: the report shows them as a table under the picture."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nanospread.core.formatting import handle, percent
from nanospread.core.types import Floats
from nanospread.pages import show

MOST = 24  # rows of a table that people still read
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

Writer = Callable[[Any], str]


@dataclass(frozen=True)
class Numbers:
    """The numbers of one picture as they are read: headers with units, cells in words, and their basis."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    basis: str
    left_out: int

    @property
    def payload(self) -> dict[str, Any]:
        """What travels in a notebook."""
        return {
            "basis": self.basis,
            "columns": [show.printable(column) for column in self.columns],
            "rows": [[" ".join(show.printable(cell).split()) for cell in row] for row in self.rows],
            "left_out": self.left_out,
        }


@dataclass(frozen=True, eq=False)
class Chart:
    """A drawn figure: its Axes, for changes of one's own, and the numbers behind it.

    A cell that ends on a chart shows it.
    """

    ax: Axes
    numbers: tuple[Numbers, ...] = ()

    def output(self, *, mail: bool = False) -> show.Output:
        """Return the picture with alt text, digest and numbers; mail: with a small PNG for the mail too."""
        return show.figure(self.ax, numbers=[each.payload for each in self.numbers], mail=mail)

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.output()._repr_mimebundle_(include, exclude)

    def __repr__(self) -> str:
        whole = self.ax.get_figure(root=True)
        return f"<Chart: {show.alt_text(whole)}>" if whole else "<Chart>"


def table(
    rows: pd.DataFrame, basis: str, columns: Mapping[str, tuple[str, Writer]], *, curve: bool = False
) -> tuple[Numbers, ...]:
    """Return the numbers of rows that are drawn, at most `MOST` of them.

    basis: measured, estimated or assumed, in words. columns: header in words with its unit -> the name in
    `rows`, and how its values are written. curve: of many points those evenly apart are kept, with both ends;
    else the first.
    """
    few = min(len(rows), MOST)
    places = np.linspace(0, len(rows) - 1, few).round().astype(int) if curve else np.arange(few)
    cells = [[write(value) for value in rows[name].iloc[places]] for name, write in columns.values()]
    return (Numbers(tuple(columns), tuple(zip(*cells, strict=True)), basis, len(rows) - few),)


def quantiles(
    values: Mapping[str, Floats], basis: str, of: str, what: str, write: Writer
) -> tuple[Numbers, ...]:
    """Return the quantiles of each group's values, where their distribution is what is drawn.

    of: what the groups are, such as "Arm". what: what the values are, with their unit.
    """
    rows = pd.DataFrame(
        [[name, *np.quantile(of_group, QUANTILES)] for name, of_group in values.items()],
        columns=["group", *map(str, QUANTILES)],
    )
    heads = {
        f"{what}: median" if at == 0.5 else f"{percent(at)} below": (str(at), write)
        for at in sorted(QUANTILES, key=lambda at: at != 0.5)
    }
    return table(rows, basis, {of: ("group", handle)} | heads)
