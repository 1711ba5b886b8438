"""The shifted-beta-geometric's likeliest parameters, what is still to come, and places that are filled again.

References: Fader and Hardie 2007, J. Interactive Marketing 21(1):76; Fader and Hardie 2010, Marketing Science
29(1):85 (residual lifetime); model.md C7, V7.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import optimize, special

from nanospread.campaign.recruitment.ambassadors import (
    AmbassadorTerms,
    Retention,
    log_likelihood,
    retention_rates,
    survival,
)
from nanospread.core.types import Floats

SEARCHED = 12.0  # of the logs of alpha and beta, in which the likelihood is searched


class Fit(NamedTuple):
    """The likeliest parameters and the log-likelihood there."""

    alpha: float
    beta: float
    log_likelihood: float


def residual_posts(alpha: float, beta: float, period: int, factor: float) -> float:
    """Return how many periods are still to come after this one, for somebody who is in it.

    DERL, discounted to the next period: sum over t from `period` on of S(t) / S(period - 1)
    factor^(t - period), in closed form. factor: on what comes one period later, 0 to below 1.
    """
    stayed = beta + period - 1
    series = special.hyp2f1(1, stayed + 1, alpha + stayed + 1, factor)
    return float(stayed / (alpha + stayed) * series)


def fitted(tally: pd.DataFrame) -> Fit:
    """Return the sBG of greatest likelihood; tally: as for `log_likelihood`."""

    def unlikely(logs: Floats) -> float:
        alpha, beta = np.exp(logs)
        return -float(log_likelihood(alpha, beta, tally))

    found = optimize.minimize(
        unlikely,
        np.log([1.0, 3.0]),
        method="Nelder-Mead",
        bounds=[(-SEARCHED, SEARCHED)] * 2,
        options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4_000},
    )
    alpha, beta = (float(each) for each in np.exp(found.x))
    return Fit(alpha, beta, -float(found.fun))


def losses(alpha: float | Floats, beta: float | Floats, periods: int) -> Floats:
    """Return P(T = t) = B(alpha + 1, beta + t - 1) / B(alpha, beta) for t = 1 to `periods`, by row."""
    return survival(alpha, beta, periods)[..., :-1] * (1 - retention_rates(alpha, beta, periods))


class Filled(NamedTuple):
    """By period: ambassadors won, there, and fresh posts that theirs are worth; what the place is worth."""

    won: Floats
    active: Floats
    fresh: Floats
    worth: float


def filled(retention: Retention, terms: AmbassadorTerms, gain: float, periods: int) -> Filled:
    """Return the means of a place whose ambassador is replaced at the start of the period after it left.

    Each is a sum over the periods in which the one now there may have been won (a renewal process).
    """
    there = survival(retention.alpha, retention.beta, periods - 1)
    left = losses(retention.alpha, retention.beta, periods)
    won = np.zeros_like(there)
    won[:, 0] = 1
    for at in range(1, periods):
        won[:, at] = (won[:, :at] * left[:, at - 1 :: -1]).sum(axis=1)
    active, fresh = (
        np.stack([(won[:, : at + 1] * lives[:, at::-1]).sum(axis=1) for at in range(periods)], axis=1)
        for lives in (there, there * terms.kept ** np.arange(periods))
    )
    means = [retention.weight @ each for each in (won, active, fresh)]
    each = gain * means[2] - terms.upkeep * means[1] - terms.to_win * means[0]
    return Filled(*means, float(terms.factor ** np.arange(periods) @ each))
