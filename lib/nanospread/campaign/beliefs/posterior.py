"""Prior + evidence -> draws of what the results leave possible, jointly.

Only beliefs that the evidence tells of, and those that move with them, are found anew; all others keep their
prior scores, row by row, so a row that moves with a learned one still moves with it.
"""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from nanospread.campaign.beliefs import importance
from nanospread.campaign.beliefs.evidence import Evidence
from nanospread.campaign.beliefs.likelihood import CLICK_NOISE, FEE_NOISE, REACH_NOISE, Likelihood
from nanospread.campaign.beliefs.priors import N_DRAWS, SEED, Prior
from nanospread.campaign.brief import Assumption, Brief
from nanospread.core.types import Floats, Places

N_PROPOSED = 4096
MANY = 500  # results from which on a quarter of the proposals must do
NOISES = tuple(
    Assumption(
        name=name, low=low, central=central, high=high, unit="sd", step="results", basis="assumed",
        source="sd of logs; what a result is read through",
    )
    for name, low, central, high in (
        (REACH_NOISE, 0.25, 0.5, 1.0), (CLICK_NOISE, 0.05, 0.15, 0.5), (FEE_NOISE, 0.2, 0.4, 0.8),
    )
)  # fmt: skip


class Learned(NamedTuple):
    """Draws of the prior's rows given the evidence, which rows it taught, and how each group was had.

    unfitted: the rows of each group whose draws could not be had; they are as before.
    """

    values: Floats
    names: tuple[str, ...]
    fits: tuple[importance.Sampled, ...]
    unfitted: tuple[tuple[str, ...], ...]


class Density:
    """The log density of scores that some parts of the evidence move, as `importance` wants it."""

    def __init__(self, prior: Prior, fixed: Mapping[str, float], likelihood: Likelihood) -> None:
        """Find out which scores the evidence moves."""
        self._prior, self.likelihood = prior, likelihood
        self._fixed = {**fixed, **{row.name: row.central for row in prior.rows}}
        slopes = likelihood(self._fixed)[1]
        self.rows = np.array([at for at, name in enumerate(prior.names) if name in slopes], dtype=np.intp)
        self.moved: Places = np.flatnonzero(np.abs(prior.mixing[self.rows]).sum(axis=0) > 0)

    def __call__(self, scores: Floats) -> tuple[float, Floats]:
        """Return the log density at these scores of `moved`, and its gradient."""
        mixing = self._prior.mixing[np.ix_(self.rows, self.moved)]
        rows = [self._prior.rows[at] for at in self.rows]
        pairs = [row.quantile(score) for row, score in zip(rows, mixing @ scores, strict=True)]
        values = {row.name: float(value) for row, (value, _) in zip(rows, pairs, strict=True)}
        log, slopes = self.likelihood(self._fixed | values)
        steep = [slopes[row.name] * float(slope) for row, (_, slope) in zip(rows, pairs, strict=True)]
        return log - float(scores @ scores) / 2, np.array(steep) @ mixing - scores

    def at(self, points: Floats) -> Floats:
        """Return the log densities at many points; in threads, whose number changes no number."""
        scores = points @ self._prior.mixing[np.ix_(self.rows, self.moved)].T
        rows = [self._prior.rows[at] for at in self.rows]
        names = [row.name for row in rows]
        values = np.column_stack([row.at(column) for row, column in zip(rows, scores.T, strict=True)])
        threads = os.cpu_count() or 1

        def logs(some: Floats) -> list[float]:
            return [
                self.likelihood(self._fixed | dict(zip(names, each, strict=True)), steep=False)[0]
                for each in some.tolist()
            ]

        with ThreadPoolExecutor(threads) as pool:
            parts = pool.map(logs, np.array_split(values, 4 * threads))
            logs_all = np.array([log for part in parts for log in part])
        return np.asarray(logs_all - (points**2).sum(axis=1) / 2)


def densities(brief: Brief, prior: Prior, evidence: Evidence) -> list[Density]:
    """Return the densities of the evidence, apart where no belief and no score belongs to two of them."""
    with_noises = Prior((*prior.rows, *NOISES))
    fixed = {name: brief.value(name) for name in brief.assumptions if name not in prior.names}
    apart: list[Density] = []
    for part in Likelihood(evidence).each():
        joined = Density(with_noises, fixed, part)
        for other in [each for each in apart if {*each.moved} & {*joined.moved}]:
            apart.remove(other)
            both = (*other.likelihood.parts, *joined.likelihood.parts)
            joined = Density(with_noises, fixed, Likelihood(evidence, both))
        if len(joined.moved):
            apart.append(joined)
    return apart


def learned(brief: Brief, prior: Prior, evidence: Evidence, *, rough: bool = False) -> Learned | None:
    """Return the draws given the evidence; None where it tells of no belief. rough: from fewer proposals."""
    many, names = len(prior.rows), list[str]()
    unfitted: list[tuple[str, ...]] = []
    scores = np.zeros((N_DRAWS, many + len(NOISES)))
    scores[:, :many] = prior.scores()
    fits = []
    n_proposed = N_PROPOSED // 4 if rough or evidence.rows > MANY else N_PROPOSED
    for at, density in enumerate(densities(brief, prior, evidence)):
        fit = importance.sampled(
            density, len(density.moved), n_draws=N_DRAWS, n_proposed=n_proposed, seed=SEED + 10 * at
        )
        fits.append(fit)
        taught = tuple(prior.names[row] for row in density.rows if row < many)
        if fit.method == "none":
            unfitted.append(taught)
        else:
            scores[:, density.moved] = fit.draws
            names += taught
    values = Prior((*prior.rows, *NOISES)).values(scores)[:, :many]
    return Learned(values, tuple(names), tuple(fits), tuple(unfitted)) if fits else None
