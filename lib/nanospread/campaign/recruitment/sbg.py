"""Parameters of a shifted-beta-geometric -> who is still there after so many periods. Oracles and the fit.

Each leaves after any period with a chance of its own, the same in all its periods; between people the chance
is Beta(alpha, beta), so those who are left are ever more faithful. T is the period after which one leaves.

References: Fader and Hardie 2007, J. Interactive Marketing 21(1):76; Fader and Hardie 2010, Marketing Science
29(1):85 (residual lifetime); model.md C7, V7.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize, special

from nanospread.core import errors
from nanospread.core.types import Floats

FARTHEST = 12.0  # of the logs of alpha and beta, in which the likelihood is searched


class Fit(NamedTuple):
    """The likeliest parameters and the log-likelihood there."""

    alpha: float
    beta: float
    log_likelihood: float


def retention_rates(alpha: ArrayLike, beta: ArrayLike, periods: int) -> Floats:
    """Return P(T > t | T > t - 1) for t = 1 to `periods` along a new last axis; it rises with t."""
    own, other = (np.asarray(each, dtype=np.float64)[..., None] for each in (alpha, beta))
    if not ((own > 0) & (other > 0)).all():
        raise errors.InputError(f"alpha and beta must be above 0; got {own.min():g} and {other.min():g}")
    before = np.arange(periods)
    return np.asarray((other + before) / (own + other + before))


def survival(alpha: ArrayLike, beta: ArrayLike, periods: int) -> Floats:
    """Return S(t) = P(T > t) = B(alpha, beta + t) / B(alpha, beta) for t = 0 to `periods`, as above."""
    return np.exp(_log_survival(alpha, beta, periods))


def _log_survival(alpha: ArrayLike, beta: ArrayLike, periods: int) -> Floats:
    logs = np.log(retention_rates(alpha, beta, periods))
    return np.concatenate([np.zeros_like(logs[..., :1]), logs.cumsum(axis=-1)], axis=-1)


def losses(alpha: ArrayLike, beta: ArrayLike, periods: int) -> Floats:
    """Return P(T = t) = B(alpha + 1, beta + t - 1) / B(alpha, beta) for t = 1 to `periods`, as above."""
    rates = retention_rates(alpha, beta, periods)
    return survival(alpha, beta, periods)[..., :-1] * (1 - rates)


def mean_life(alpha: float, beta: float) -> float:
    """Return the mean of T [periods]: (alpha + beta - 1) / (alpha - 1), without end for alpha up to 1.

    A few who never leave make it so; ask for `posts` within a horizon instead.
    """
    return (alpha + beta - 1) / (alpha - 1) if alpha > 1 else np.inf


def residual_posts(alpha: float, beta: float, period: int, factor: float) -> float:
    """Return how many periods are still to come after this one, for somebody who is in it.

    DERL, discounted to the next period: sum over t from `period` on of S(t) / S(period - 1)
    factor^(t - period), in closed form. factor: on what comes one period later, 0 to below 1.
    """
    if period < 1 or not 0 <= factor < 1:
        raise errors.InputError(
            f"period must be 1 or more and factor from 0 to below 1; got {period} and {factor}"
        )
    stayed = beta + period - 1
    series = special.hyp2f1(1, stayed + 1, alpha + stayed + 1, factor)
    return float(stayed / (alpha + stayed) * series)


def log_likelihood(alpha: ArrayLike, beta: ArrayLike, tally: pd.DataFrame) -> Floats:
    """Return the log-likelihood of who left and who is still there, in the shape of alpha and beta.

    tally: period (1 or more), lost (left after it) and active (there after it, and not known any further).
    """
    at, lost, active = (tally[name].to_numpy() for name in ("period", "lost", "active"))
    last = int(at.max()) if len(at) else 0
    rates, there = retention_rates(alpha, beta, last), _log_survival(alpha, beta, last)
    gone = there[..., at - 1] + np.log1p(-rates[..., at - 1])
    return np.asarray(gone @ lost + there[..., at] @ active)


def fitted(tally: pd.DataFrame) -> Fit:
    """Return the sBG of greatest likelihood; tally: as for `log_likelihood`.

    Raises: InputError where nobody left, as the likeliest loss is then none at all.
    """
    if not tally["lost"].sum() > 0:
        raise errors.InputError("lost must be above 0 in some period to fit retention; got none who left")

    def unlikely(logs: Floats) -> float:
        alpha, beta = np.exp(logs)
        return -float(log_likelihood(alpha, beta, tally))

    found = optimize.minimize(
        unlikely,
        np.log([1.0, 3.0]),
        method="Nelder-Mead",
        bounds=[(-FARTHEST, FARTHEST)] * 2,
        options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4_000},
    )
    alpha, beta = (float(each) for each in np.exp(found.x))
    return Fit(alpha, beta, -float(found.fun))
