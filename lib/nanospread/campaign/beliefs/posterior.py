"""Prior + evidence -> draws of what the results leave possible, jointly.

Only beliefs that the evidence tells of, and those that move with them, are found anew; all others keep their
prior scores, row by row, so a row that moves with a learned one still moves with it.
"""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from nanospread.campaign.beliefs import importance, priors
from nanospread.campaign.beliefs.evidence import Evidence
from nanospread.campaign.beliefs.likelihood import Likelihood
from nanospread.campaign.beliefs.priors import N_DRAWS, SEED, Prior
from nanospread.campaign.brief import Brief
from nanospread.core.types import Floats, Places

ENOUGH, BROAD = 1000.0, 8192  # effective draws, and draws of each proposal about the weighted mean
MANY = 500  # results from which on an eighth of both must do
FEW, CELLS = 20_000, 1_000_000  # points x rows at a time, at least and at most
# A belief stays central in a part of the evidence that tells less than this share both of what another part
# tells of it and of what the part tells of anything: it would only tie parts together that stand alone, as a
# few orders without clicks among 100,000 results do.
WEAK = 0.01
THREADS = os.cpu_count() or 1


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
            some = values[begin : begin + size]
            fixed = {name: np.full(len(some), value) for name, value in self._fixed.items()}
            return self.likelihood({**fixed, **dict(zip(names, np.ascontiguousarray(some.T), strict=True))})

        begins = range(0, len(values), size)
        if len(begins) == 1:
            return logs(0)
        with ThreadPoolExecutor(THREADS) as pool:
            return np.concatenate(list(pool.map(logs, begins)))


def densities(brief: Brief, prior: Prior, evidence: Evidence) -> list[Density]:
    """Return the densities of the evidence, apart where no belief and no score belongs to two of them."""
    with_readings = Prior((*prior.rows, *priors.readings(brief).rows))
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
    many, names = len(prior.rows), list[str]()
    unfitted: list[tuple[str, ...]] = []
    readings = priors.readings(brief).rows
    scores = np.zeros((N_DRAWS, many + len(readings)))
    scores[:, :many] = prior.scores()
    fits = []
    share = 8 if evidence.rows > MANY else 2 if rough else 1
    for at, density in enumerate(densities(brief, prior, evidence)):
        fit = importance.sampled(
            density,
            len(density.moved),
            n_draws=N_DRAWS,
            broad=BROAD // share,
            enough=ENOUGH / share,
            seed=SEED + 10 * at,
        )
        fits.append(fit)
        taught = tuple(prior.names[row] for row in density.rows if row < many)
        if fit.method == "none":
            unfitted.append(taught)
        else:
            scores[:, density.moved] = fit.draws
            names += taught
    values = Prior((*prior.rows, *readings)).values(scores)[:, :many]
    return PosteriorDraws(values, tuple(names), tuple(fits), tuple(unfitted)) if fits else None
