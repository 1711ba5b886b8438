"""Brief + evidence -> joint draws of what is believed, before any result and given the results.

A belief is a row of data/assumptions.csv; its value is the row's quantile function at a normal score
(`Assumption.at`). Rows that move together share a part of their scores, so everything starts from
independent standard normals, one for each row: prior draws are Sobol points of them, and the posterior is
found in them too. A row keeps its own coordinate, whichever other rows are fixed.

Only beliefs that the evidence tells of, and those that move with them, are found anew; all others keep their
prior scores, row by row, so a row that moves with a learned one still moves with it.
"""

import os
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
from scipy import special
from scipy.stats import qmc

from nanospread.campaign.beliefs import importance
from nanospread.campaign.beliefs.evidence import Evidence
from nanospread.campaign.beliefs.likelihood import Likelihood
from nanospread.campaign.brief import Assumption, Brief, assumptions
from nanospread.core.types import Floats, Places

N_DRAWS = 4096  # a power of two, as Sobol points want it
SEED = 20_261_128
TOGETHER = 0.7  # correlation of the scores of a row and the one that it moves with; half of what moves them
ENOUGH, BROAD = 1000.0, 8192  # effective draws, and draws of each proposal about the weighted mean
MANY = 500  # results from which on an eighth of both must do
FEW, CELLS = 20_000, 1_000_000  # points x rows at a time, at least and at most
# A belief stays central in a part of the evidence that tells less than this share both of what another part
# tells of it and of what the part tells of anything: it would only tie parts together that stand alone, as a
# few orders without clicks among 100,000 results do.
WEAK = 0.01
THREADS = os.cpu_count() or 1


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
        for place, row in enumerate(self.rows):
            if row.moves_with in self.names:
                matrix[place] *= np.sqrt(1 - TOGETHER**2)
                matrix[place] += TOGETHER * matrix[self.names.index(row.moves_with)]
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


def free_beliefs(brief: Brief, besides: Collection[str] = ()) -> Prior:
    """Return the beliefs of the brief that are not fixed.

    Fixed is what the brief sets as one number, what has no range, and a switch that is off, unless it is
    among `besides`. What somebody chooses is no belief.
    """
    on = {*brief.switches, *besides}
    free = [row for row in brief.assumptions.values() if row.kind == "belief" and not row.fixed]
    return Prior(tuple(r for r in free if r.low < r.high and (r.off is None or r.name in on)))


def readings(brief: Brief) -> Prior:
    """Return what results are seen through and the brief does not fix."""
    return Prior(tuple(row for row in brief.assumptions.values() if row.kind == "reading" and not row.fixed))


def with_room(names: Iterable[str], values: Floats) -> Floats:
    """Return the values with rho_niche, where it is drawn, no larger than rho_campaign leaves room for."""
    places = {name: at for at, name in enumerate(names)}
    if {"rho_campaign", "rho_niche"} <= places.keys():
        room = 1 - values[:, places["rho_campaign"]]
        values[:, places["rho_niche"]] = np.minimum(values[:, places["rho_niche"]], room)
    return values


class PosteriorDraws(NamedTuple):
    """Draws of the prior's rows given the evidence, which rows it taught, and how each group was had.

    unfitted: the rows of each group whose draws could not be had; they are as before.
    """

    values: Floats
    names: tuple[str, ...]
    fits: tuple[importance.SamplerResult, ...]
    unfitted: tuple[tuple[str, ...], ...]


class Density:
    """The log density of scores that some parts of the evidence move, as `importance` wants it."""

    def __init__(
        self,
        prior: Prior,
        fixed: Mapping[str, float],
        likelihood: Likelihood,
        strongest: Floats | None = None,
    ) -> None:
        """Find out which scores the evidence moves: those of rows whose range is not all the same to it.

        strongest: of each row, how far any part of the evidence moves by it.
        """
        self._prior, self.likelihood = prior, likelihood
        self._fixed = {**fixed, **{row.name: row.central for row in prior.rows}}
        self.rows = np.arange(len(prior.rows))
        central = np.array([row.central for row in prior.rows])
        high = np.vstack([central, np.where(np.eye(len(central)), [row.high for row in prior.rows], central)])
        logs = self._logs(high)
        self.effects = np.abs(logs[1:] - logs[0])
        own = np.fmax.reduce(self.effects, initial=0.0)
        weak = 0.0 if strongest is None else WEAK * np.fmin(strongest, own)
        self.rows = np.flatnonzero(~(self.effects <= weak))
        self.moved: Places = np.flatnonzero(np.abs(prior.mixing[self.rows]).sum(axis=0) > 0)

    def __call__(self, points: Floats) -> Floats:
        """Return the log densities at points of the scores `moved`."""
        scores = points @ self._prior.mixing[np.ix_(self.rows, self.moved)].T
        rows = [self._prior.rows[at] for at in self.rows]
        values = np.column_stack([row.at(column) for row, column in zip(rows, scores.T, strict=True)])
        return np.asarray(self._logs(values) - (points**2).sum(axis=1) / 2)

    def _logs(self, values: Floats) -> Floats:
        """Return the log likelihoods, points x `rows`; in threads, whose number changes no number."""
        names = [self._prior.names[at] for at in self.rows]
        least, most = (cells // max(self.likelihood.evidence.rows, 1) + 1 for cells in (FEW, CELLS))
        size = min(max(-(-len(values) // THREADS), least), most)

        def logs(begin: int) -> Floats:
            block = values[begin : begin + size]
            fixed = {name: np.full(len(block), value) for name, value in self._fixed.items()}
            return self.likelihood({**fixed, **dict(zip(names, np.ascontiguousarray(block.T), strict=True))})

        begins = range(0, len(values), size)
        if len(begins) == 1:
            return logs(0)
        with ThreadPoolExecutor(THREADS) as pool:
            return np.concatenate(list(pool.map(logs, begins)))


def densities(brief: Brief, prior: Prior, evidence: Evidence) -> list[Density]:
    """Return the densities of the evidence, apart where no belief and no score belongs to two of them."""
    with_readings = Prior((*prior.rows, *readings(brief).rows))
    fixed = {name: brief.value(name) for name in brief.assumptions if name not in prior.names}
    parts, apart = Likelihood(evidence).each(), list[Density]()
    each = [Density(with_readings, fixed, part).effects for part in parts]
    strongest = np.fmax.reduce(each, axis=0, initial=0.0)
    for part in parts:
        joined = Density(with_readings, fixed, part, strongest)
        for other in [each for each in apart if {*each.moved} & {*joined.moved}]:
            apart.remove(other)
            both = (*other.likelihood.parts, *joined.likelihood.parts)
            joined = Density(with_readings, fixed, Likelihood(evidence, both), strongest)
        if len(joined.moved):
            apart.append(joined)
    return apart


def learned(brief: Brief, prior: Prior, evidence: Evidence, *, rough: bool = False) -> PosteriorDraws | None:
    """Return the draws given the evidence; None where it tells of no belief. rough: from half as many."""
    n_beliefs, names = len(prior.rows), list[str]()
    unfitted: list[tuple[str, ...]] = []
    seen_through = readings(brief).rows
    scores = np.zeros((N_DRAWS, n_beliefs + len(seen_through)))
    scores[:, :n_beliefs] = prior.scores()
    fits = []
    share = 8 if evidence.rows > MANY else 2 if rough else 1
    for number, density in enumerate(densities(brief, prior, evidence)):
        fit = importance.sampled(
            density,
            len(density.moved),
            n_draws=N_DRAWS,
            broad=BROAD // share,
            enough=ENOUGH / share,
            seed=SEED + 10 * number,
        )
        fits.append(fit)
        taught = tuple(prior.names[row] for row in density.rows if row < n_beliefs)
        if fit.method == "none":
            unfitted.append(taught)
        else:
            scores[:, density.moved] = fit.draws
            names += taught
    values = Prior((*prior.rows, *seen_through)).values(scores)[:, :n_beliefs]
    return PosteriorDraws(values, tuple(names), tuple(fits), tuple(unfitted)) if fits else None
