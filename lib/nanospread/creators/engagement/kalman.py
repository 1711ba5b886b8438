"""Kalman filter for an Ornstein-Uhlenbeck drift, per creator: posts in time order -> weighted products.

Around a creator's own mean, post j at time t_j has log ER = drift(t_j) + noise, in units of the sd of the
creator's noise: noise has variance 1, drift is an Ornstein-Uhlenbeck process of covariance
drift * exp(-|dt| / memory).
The filter runs over several columns at once (log ER, ones, time), since its gains depend on the times alone;
the columns' weighted products are then all that the likelihood needs.

References: Harvey 1989, Forecasting, Structural Time Series Models and the Kalman Filter, chapter 3.
"""

from dataclasses import dataclass

import numpy as np

from nanospread.core.types import Floats, Places


@dataclass(frozen=True)
class Posts:
    """The posts, sorted by creator and time."""

    columns: Floats  # columns x posts; 0: log ER less what the design expects, 1: ones, 2: years
    years: Floats  # years of each post, from any origin
    start: Places  # place of each creator's first post
    n: Places  # posts of each creator


@dataclass(frozen=True)
class Filtered:
    """The filtered series of each creator: what the likelihood and a forecast need of it."""

    products: Floats  # columns x columns x creators: column' C^-1 column
    log_determinant: Floats  # creators: log |C|
    state: Floats  # columns x creators: expected drift at the last post
    variance: Floats  # creators: variance of that drift


def filtered(posts: Posts, *, drift: float, memory: float) -> Filtered:
    """Run the filter over all creators at once: a pass for their first posts, one for the second, and so on.

    drift: variance of the drift over the variance of the noise [1]. memory: [years].
    """
    busiest = np.argsort(-posts.n, kind="stable")
    start, n = posts.start[busiest], posts.n[busiest]
    width, creators = len(posts.columns), len(n)
    state, variance = np.zeros((width, creators)), np.full(creators, drift)
    products, log_determinant = np.zeros((width, width, creators)), np.zeros(creators)
    for j in range(int(n[0])):
        active = int(np.searchsorted(-n, -j, side="left"))  # creators with more than j posts
        at = start[:active] + j
        here = slice(active)
        if j:
            decay = np.exp(-(posts.years[at] - posts.years[at - 1]) / memory)
            state[:, here] *= decay
            variance[here] = drift + decay**2 * (variance[here] - drift)
        total = variance[here] + 1
        innovation = posts.columns[:, at] - state[:, here]
        log_determinant[here] += np.log(total)
        for row in range(width):
            products[row, :, here] += innovation[row] * innovation / total
        gain = variance[here] / total
        state[:, here] += gain * innovation
        variance[here] *= 1 - gain
    back = np.empty_like(busiest)
    back[busiest] = np.arange(creators)
    return Filtered(products[:, :, back], log_determinant[back], state[:, back], variance[back])
