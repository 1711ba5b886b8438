"""Distributions as equally likely cells: products of unknowns by quadrature, without a random number.

A distribution is an array of `CELLS` rising values, each the mean of 1 / CELLS of it. Condensing keeps the
mean exactly and loses the variance inside cells: 80 % ends are met to about 0.002 of the width (tested).
"""

import numpy as np
from numpy.typing import ArrayLike

from nanospread.core.types import Floats

CELLS = 256
LEVEL = 0.8  # of every interval of this module


def condensed(values: ArrayLike, weights: ArrayLike | None = None, cells: int = CELLS) -> Floats:
    """Return the distribution of values as rising, equally likely means. weights: None for equal ones."""
    flat = np.asarray(values, dtype=np.float64).ravel()
    weight = np.full(flat.shape, 1.0) if weights is None else np.asarray(weights, dtype=np.float64).ravel()
    order = np.argsort(flat, kind="stable")
    mass = np.concatenate([[0.0], np.cumsum(weight[order])])
    moment = np.concatenate([[0.0], np.cumsum(weight[order] * flat[order])])
    steps = np.interp(np.linspace(0, mass[-1], cells + 1), mass, moment)
    return np.asarray(np.diff(steps) * cells / mass[-1])


def product(one: Floats, other: Floats) -> Floats:
    """Return the distribution of the product of two independent unknowns."""
    return condensed(np.outer(one, other))


def interval(values: ArrayLike, level: float = LEVEL) -> tuple[float, float]:
    """Return the central interval of equally likely values; nan of none."""
    flat = np.asarray(values, dtype=np.float64).ravel()
    if not flat.size:
        return float("nan"), float("nan")
    low, high = np.quantile(flat, [(1 - level) / 2, (1 + level) / 2], method="hazen")
    return float(low), float(high)
