"""Brief -> what is believed before any result: independent normal scores, and values in natural units.

A belief is a row of data/assumptions.csv; its value is the row's quantile function at a normal score
(`Assumption.at`). Rows that move together share a part of their scores, so everything starts from
independent standard normals, one for each row: prior draws are Sobol points of them, and the posterior is
found in them too. A row keeps its own coordinate, whichever other rows are fixed.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from scipy import special
from scipy.stats import qmc

from nanospread.campaign.brief import Assumption, Brief, assumptions
from nanospread.core.types import Floats

N_DRAWS = 4096  # a power of two, as Sobol points want it
SEED = 20_261_128
TOGETHER = 0.7  # correlation of the scores of a row and the one that it moves with; half of what moves them


@dataclass(frozen=True)
class Prior:
    """The beliefs that are free, in the table's order, and how their normal scores hang together."""

    rows: tuple[Assumption, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the rows."""
        return tuple(row.name for row in self.rows)

    @cached_property
    def mixing(self) -> Floats:
        """The matrix that turns independent scores into those of the rows; lower triangular."""
        matrix = np.eye(len(self.rows))
        for at, row in enumerate(self.rows):
            if row.moves_with in self.names:
                matrix[at] *= np.sqrt(1 - TOGETHER**2)
                matrix[at] += TOGETHER * matrix[self.names.index(row.moves_with)]
        return matrix

    def values(self, independent: Floats) -> Floats:
        """Return the values at these independent scores, draws x rows."""
        scores = independent @ self.mixing.T
        columns = [row.at(scores[:, at]) for at, row in enumerate(self.rows)]
        return np.column_stack(columns) if columns else np.empty((len(independent), 0))

    def scores(self) -> Floats:
        """Return independent normal scores of `N_DRAWS` draws, draws x rows: Sobol points."""
        return _points()[:, [_drawn().index(name) for name in self.names]]


@cache
def _drawn() -> tuple[str, ...]:
    """Return the rows of the table that worlds may draw or somebody may choose: a coordinate each."""
    return tuple(row.name for row in assumptions.published().values() if row.kind != "reading")


@cache
def _points() -> Floats:
    """Return the normal scores of these rows. The same in every process."""
    uniforms = qmc.Sobol(len(_drawn()), rng=SEED).random(N_DRAWS)
    return np.asarray(special.ndtri(np.clip(uniforms, 1e-9, 1 - 1e-9)))


def free(brief: Brief, besides: Collection[str] = ()) -> Prior:
    """Return the beliefs of the brief that are not fixed.

    Fixed is what the brief sets as one number, what has no range, and a switch that is off, unless it is
    among `besides`. What somebody chooses is no belief.
    """
    return Prior(tuple(row for row in brief.assumptions.values() if _is_free(row, brief, besides)))


def readings(brief: Brief) -> Prior:
    """Return what results are seen through and the brief does not fix."""
    return Prior(tuple(row for row in brief.assumptions.values() if row.kind == "reading" and not row.fixed))


def _is_free(row: Assumption, brief: Brief, besides: Collection[str]) -> bool:
    on = row.off is None or row.name in brief.switches or row.name in besides
    return row.kind == "belief" and on and not row.fixed and row.low < row.high


def with_room(names: Iterable[str], values: Floats) -> Floats:
    """Return the values with rho_niche, where it is drawn, no larger than rho_campaign leaves room for."""
    places = {name: at for at, name in enumerate(names)}
    if {"rho_campaign", "rho_niche"} <= places.keys():
        room = 1 - values[:, places["rho_campaign"]]
        values[:, places["rho_niche"]] = np.minimum(values[:, places["rho_niche"]], room)
    return values
