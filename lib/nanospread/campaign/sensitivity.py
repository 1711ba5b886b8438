"""Profits and beliefs of the same worlds -> what it is worth to know each belief, and what hangs on it.

A world has drawn both its luck and its beliefs, so a regression of profit on a belief says what to expect at
each of its values: no further campaign is run. The choice is made by the worlds of the other scrambles and
paid out in those of the one left out, so that noise is never taken for knowledge: values err to the low side.

References: Strong, Oakley and Brennan 2014, Med. Decis. Making 34:311 (EVPPI by regression); Iman and Hora
1990, Risk Anal. 10:401 (shares of ranks).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import interpolate, linalg, special, stats

from nanospread.campaign.risk import batches, measures
from nanospread.core import errors
from nanospread.core.estimates import SURE, Estimate
from nanospread.core.types import Floats, Places

CHOICES = ("spend", "choice")  # to spend at all, and nano or the macro
NOTHING = "nothing"  # the option to spend nothing, whose profit is 0
KNOTS = special.ndtr(np.linspace(-2, 2, 5))  # inside the ranks of a belief
DEGREE = 2
TENTHS = 10
STRONGEST = 12  # beliefs that a mean given all beliefs is read off
FOLDS = 8  # parts of the worlds, each left out once
STEPS = 30
SEARCHED = np.linspace(0.02, 0.98, 385)  # ranks between which a break-even is looked for


@dataclass(frozen=True)
class Information:
    """Profits and beliefs of the same worlds, and what they tell.

    profits: by option, one for each world [money]. beliefs: one row for each world, one column for each
    belief that varies. batch: of each world, as `risk`.
    """

    profits: Mapping[str, Floats]
    beliefs: pd.DataFrame
    batch: Places

    def evppi(self, options: Sequence[str]) -> pd.DataFrame:
        """Return what it is worth to know each belief before choosing one of the options [money].

        Returns: index belief; value, se. A value within two errors of 0 may be noise and comes after those
        that are not.
        """
        gains = self._gains(options)
        worth = {name: _worth(gains, self.batch, basis) for name, basis in self._bases.items()}
        rows = {name: (estimate.value, estimate.se) for name, estimate in worth.items()}
        table = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "se"]).rename_axis("belief")
        clear = table["value"].where(table["value"] > SURE * table["se"], 0.0)
        return (
            table.assign(clear=clear).sort_values(["clear", "value"], ascending=False).drop(columns="clear")
        )

    def evpi(self, options: Sequence[str]) -> Estimate:
        """Return what it is worth to know all beliefs before choosing one of the options [money]."""
        gains = self._gains(options)
        return _paid_out(gains, self._chosen(options), self.batch)

    def leads(self, options: Sequence[str]) -> pd.Series:
        """Return in which share of the beliefs each option has the largest mean profit, given all of them."""
        wins = np.bincount(self._chosen(options), minlength=len(options))
        return pd.Series(wins / wins.sum(), index=list(options))

    def shares(self, option: str) -> pd.Series:
        """Return which share of the spread of an option's profit each belief carries alone, and luck.

        Of the variance of the profits' ranks, since that of profit itself hangs on a few worlds. "luck" is
        what no belief tells, nor all of them together; shares of beliefs that act together are left out.
        """
        rank = stats.rankdata(self.profit(option)) / len(self.batch)
        first = {name: _explained(rank, basis) for name, basis in self._bases.items()}
        every = np.column_stack([np.ones(len(rank)), self._logs, self._logs**2])
        return pd.Series({"luck": 1 - _explained(rank, every), **first}).sort_values(
            ascending=False, kind="stable"
        )

    def by_tenth(self, name: str) -> pd.DataFrame:
        """Return the odds in each tenth of a belief, from its lowest to its highest values.

        Returns: tenth, option, low, high (between which the belief lies), profit_mean, p_loss, p_beats_macro
        (nan without a macro).
        """
        values = self._column(name)
        tenth = np.minimum((self._ranks[name].to_numpy() * TENTHS).astype(np.intp), TENTHS - 1)
        macro, rows = self.profits.get(batches.RIVAL), []
        for number in range(TENTHS):
            inside = tenth == number
            if not inside.any():
                continue
            for option, profit in self.profits.items():
                beats = math.nan
                if macro is not None and option != batches.RIVAL:
                    beats = float(measures.won(profit[inside], macro[inside]).mean())
                ends = float(values[inside].min()), float(values[inside].max())
                odds = float(profit[inside].mean()), float((profit[inside] < 0).mean()), beats
                rows.append((number + 1, option, *ends, *odds))
        columns = ["tenth", "option", "low", "high", "profit_mean", "p_loss", "p_beats_macro"]
        return pd.DataFrame(rows, columns=columns)

    def break_evens(self, option: str, other: str = NOTHING) -> pd.DataFrame:
        """Return at which value of each belief an option earns as much as another on average.

        Returns: index belief; value (nan where one earns more at all values), se, side ("above" where the
        option earns more above it), all else as drawn. Nearest to the median where there are several.
        """
        gain = self.profit(option) - self.profit(other)
        rows = {name: self._crossing(gain, name) for name in self._bases}
        table = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "se", "side"])
        return table.rename_axis("belief")

    def _crossing(self, gain: Floats, name: str) -> tuple[float, float, str]:
        basis = self._bases[name]
        fits = _coefficients(basis, gain[None, :], self.batch)[..., 0]
        curves = _basis(SEARCHED) @ fits.T
        inside = (self._ranks[name].min() <= SEARCHED) & (self._ranks[name].max() >= SEARCHED)
        places = np.array([_root(curve) for curve in np.where(inside[:, None], curves, np.nan).T])
        if not np.isfinite(places).all():  # there is none, or one batch decides whether there is
            return math.nan, math.nan, ""
        values = np.quantile(self._column(name), places)
        side = "above" if np.interp(places[0], SEARCHED, np.gradient(curves[:, 0])) > 0 else "below"
        return float(values[0]), batches.jackknife(values[1:]), side

    def profit(self, option: str) -> Floats:
        """Return the profit of an option in each world, 0 of spending nothing [money]."""
        if option == NOTHING:
            return np.zeros(len(self.batch))
        if option not in self.profits:
            raise errors.unknown("option", option, [*self.profits, NOTHING])
        return self.profits[option]

    def _column(self, name: str) -> Floats:
        if name not in self.beliefs:
            raise errors.unknown("belief", name, [str(known) for known in self.beliefs])
        return self.beliefs[name].to_numpy(dtype=np.float64)

    def _gains(self, options: Sequence[str]) -> Floats:
        """Return each option's profit above that of the option with the best mean: options x worlds."""
        profits = np.array([self.profit(option) for option in options])
        return np.asarray(profits - profits[profits.mean(axis=1).argmax()])

    def _chosen(self, options: Sequence[str]) -> Places:
        """Return which option the other parts of the worlds would choose given all beliefs of each world."""
        means = np.zeros((len(options), len(self.batch)))
        for mean, option in zip(means, options, strict=True):
            if option != NOTHING:
                mean[:] = self._mean_of(option)
        return np.asarray(means.argmax(axis=0))

    def given_beliefs(self, profit: Floats) -> Floats:
        """Return the mean of a value given all beliefs, in each part of the worlds as the others tell it.

        What is earned is above -least and nearly a product of powers of what is believed, so its logarithm
        is a curve in that of each belief (a quasi-likelihood whose spread rises with the mean).
        """
        shift, basis, means = min(float(profit.min()), 0.0), self._terms(profit), np.empty(len(profit))
        for part in range(FOLDS):
            held_out = self.batch % FOLDS == part
            level = _log_linear(basis[~held_out], profit[~held_out] - shift)
            means[held_out] = np.exp(np.minimum(basis[held_out] @ level, 60.0)) + shift
        return means

    def in_step(self, values: Floats, reference: Floats, mean: Floats) -> Floats:
        """Return the mean of each of several values given all beliefs, from that of one they nearly follow.

        values: things x worlds, each nearly in proportion to `reference`, whose mean given all beliefs is
        `mean` (as `given_beliefs`). What is left of the proportion is a line in the beliefs' logarithms, as a
        share of that mean, which each part of the worlds takes from the others. One matrix serves all of
        them.
        """
        basis = np.column_stack([np.ones(len(mean)), self._logs])
        proportion = values.mean(axis=1) / (float(reference.mean()) or 1.0)
        left, means = (values - np.outer(proportion, reference)) / mean, np.outer(proportion, mean)
        for part in range(FOLDS):
            held_out = self.batch % FOLDS == part
            training = basis[~held_out]
            squares = training.T @ training + 1e-9 * len(training) * np.eye(training.shape[1])
            lines = np.linalg.solve(squares, training.T @ left[:, ~held_out].T)
            means[:, held_out] += (basis[held_out] @ lines).T * mean[held_out]
        return means

    def _terms(self, profit: Floats) -> Floats:
        """Return a constant, each belief's logarithm, and the squares of those that move the profit most."""
        rank = stats.rankdata(profit)
        moved = np.abs(self._logs.T @ (rank - rank.mean()))
        best = self._logs[:, np.argsort(-moved, kind="stable")[:STRONGEST]]
        return np.column_stack([np.ones(len(profit)), self._logs, best**2])

    def _mean_of(self, option: str) -> Floats:
        """Return the mean profit of an option given all beliefs, worked out when it is first asked for."""
        mean = self._means.get(option)
        if mean is None:
            mean = self._means[option] = self.given_beliefs(self.profit(option))
        return mean

    @cached_property
    def _means(self) -> dict[str, Floats]:
        return {}

    @cached_property
    def _logs(self) -> Floats:
        """Return the logarithms of the beliefs, at mean 0 and spread 1; scores of those that may be 0."""
        columns = self.beliefs.to_numpy(dtype=np.float64)
        positive = columns.min(axis=0) > 0
        logs = np.where(
            positive, np.log(np.where(positive, columns, 1.0)), special.ndtri(self._ranks.to_numpy())
        )
        spread = logs.std(axis=0)
        return np.asarray(np.clip((logs - logs.mean(axis=0)) / np.where(spread > 0, spread, 1.0), -5, 5))

    @cached_property
    def _ranks(self) -> pd.DataFrame:
        """Return each belief's rank in (0, 1), the same for the same value."""
        return (self.beliefs.rank() - 0.5) / len(self.beliefs)

    @cached_property
    def _bases(self) -> dict[str, Floats]:
        return {str(name): _basis(self._ranks[name].to_numpy()) for name in self._ranks}


def _basis(rank: Floats) -> Floats:
    """Return a smooth basis in a rank: its score and quadratic splines of it."""
    scores = np.clip(special.ndtri(rank), -4, 4)
    inner = special.ndtri(KNOTS)
    ends = np.repeat([-4.0, 4.0], DEGREE + 1)
    knots = np.concatenate([ends[: DEGREE + 1], inner, ends[DEGREE + 1 :]])
    return np.asarray(interpolate.BSpline.design_matrix(scores, knots, DEGREE).toarray())


def _coefficients(basis: Floats, values: Floats, batch: Places) -> Floats:
    """Return least squares with all batches, then without each: fits x columns of the basis x values."""
    n_batches = int(batch.max()) + 1
    squares = np.empty((n_batches, basis.shape[1], basis.shape[1]))
    sums = np.empty((n_batches, basis.shape[1], len(values)))
    for number in range(n_batches):
        rows = np.flatnonzero(batch == number)
        part = basis[rows]
        squares[number], sums[number] = part.T @ part, part.T @ values[:, rows].T
    ridge = 1e-6 * len(basis) / basis.shape[1] * np.eye(basis.shape[1])
    every, right = (np.concatenate([of.sum(axis=0)[None], of.sum(axis=0) - of]) for of in (squares, sums))
    return np.asarray(np.linalg.solve(every + ridge, right))


def _worth(gains: Floats, batch: Places, basis: Floats) -> Estimate:
    """Return what choosing by the basis gains over always taking the option with the best mean."""
    fits = _coefficients(basis, gains, batch)[1:]
    chosen = np.empty(len(batch), np.intp)
    for number, fit in enumerate(fits):
        inside = batch == number
        chosen[inside] = (basis[inside] @ fit).argmax(axis=1)
    return _paid_out(gains, chosen, batch)


def _paid_out(gains: Floats, chosen: Places, batch: Places) -> Estimate:
    """Return the mean gain of what is chosen in each world, 0 or more."""
    total, sizes = batches.sums(batch, gains[chosen, np.arange(len(batch))], 0), batches.sums(batch, None, 0)
    return Estimate(max(float(total.sum() / sizes.sum()), 0.0), batches.se_of_sums(total, sizes))


def _explained(values: Floats, basis: Floats) -> float:
    """Return the share of the variance that the basis explains, less what noise would."""
    squares = basis.T @ basis + 1e-9 * len(basis) * np.eye(basis.shape[1])
    left = float(((values - basis @ np.linalg.solve(squares, basis.T @ values)) ** 2).sum())
    left /= max(len(values) - basis.shape[1], 1)
    return float(np.clip(1 - left / values.var(ddof=1), 0.0, 1.0)) if values.var() > 0 else 0.0


def _root(curve: Floats) -> float:
    """Return the rank at which a curve over `SEARCHED` is 0, the nearest to the median; nan for none."""
    crossings = np.flatnonzero(np.abs(np.diff(np.sign(curve))) == 2)
    if not len(crossings):
        return math.nan
    step = SEARCHED[1] - SEARCHED[0]
    places = SEARCHED[crossings] + step * curve[crossings] / (curve[crossings] - curve[crossings + 1])
    return float(places[np.abs(places - 0.5).argmin()])


def _log_linear(basis: Floats, values: Floats) -> Floats:
    """Return coefficients of the log of the mean of values of 0 or more, whose spread rises with the mean."""
    centre = float(values.sum()) / max(len(values), 1)  # none where the one batch that there is is left out
    if centre <= 0:
        return np.concatenate([[-60.0], np.zeros(basis.shape[1] - 1)])
    squares = linalg.cho_factor(basis.T @ basis + 1e-9 * len(basis) * np.eye(basis.shape[1]))

    def fitted(left: Floats) -> Floats:
        return np.asarray(linalg.cho_solve(squares, basis.T @ left), dtype=np.float64)

    level = fitted(np.log(values / centre + 0.1))
    for _ in range(STEPS):
        mean = np.exp(np.clip(basis @ level, -30, 30))
        step = fitted(values / centre / mean - 1)
        level = level + step * min(1.0, 0.5 / max(float(np.abs(basis @ step).max()), 1e-12))
        if np.abs(step).max() < 1e-6:
            break
    level[0] += math.log(centre)
    return np.asarray(level, dtype=np.float64)


def clear_worth(table: pd.DataFrame, choices: Sequence[str] = CHOICES) -> pd.Series:
    """Return what each belief is worth knowing for the choice that it helps most, 0 within its error.

    table: by belief worth_<choice> and worth_<choice>_se [money], for each of the choices.
    """
    worth = [
        table[f"worth_{name}"].where(table[f"worth_{name}"] > SURE * table[f"worth_{name}_se"], 0.0)
        for name in choices
    ]
    return pd.concat(worth, axis=1).max(axis=1)
