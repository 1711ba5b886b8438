"""Finite mixtures of normals: the forecast of a log ER, one row each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special
from scipy.optimize import elementwise

from nanospread.core.types import Floats

FAR = 12.0  # standard deviations from every component: the ends of the search for a quantile
TINY = 1e-300  # a weight of zero has a log, too
ROOT_2PI = np.sqrt(2 * np.pi)


@dataclass(frozen=True)
class Mixture:
    """Rows of normal mixtures: weight, mean and sd have shape rows x components, weights sum to 1."""

    weight: Floats
    mean: Floats
    sd: Floats

    def cdf(self, y: ArrayLike) -> Floats:
        """Return P(Y <= y) for y of shape (rows,)."""
        return np.asarray((self.weight * special.ndtr(self._z(y))).sum(axis=1))

    def log_density(self, y: ArrayLike) -> Floats:
        """Return the log density at y of shape (rows,); the log score."""
        parts = np.log(np.maximum(self.weight, TINY)) - self._z(y) ** 2 / 2 - np.log(self.sd * ROOT_2PI)
        return np.asarray(special.logsumexp(parts, axis=1))

    def quantile(self, p: ArrayLike) -> Floats:
        """Return the p-quantile of each row; p is a number, (rows,) or (rows, k). Uniform p give draws."""
        level = np.asarray(p, dtype=np.float64)
        level = level if level.ndim == 2 else np.broadcast_to(level, (len(self.mean),))
        wide = level.reshape(len(self.mean), -1)
        ends = [self.mean + sign * FAR * self.sd for sign in (-1, 1)]
        low, high = ends[0].min(axis=1, keepdims=True), ends[1].max(axis=1, keepdims=True)
        bracket = np.broadcast_to(low, wide.shape), np.broadcast_to(high, wide.shape)
        row = np.broadcast_to(np.arange(len(self.mean))[:, None], wide.shape)

        def missing(y: Floats, p: Floats, row: NDArray[np.intp]) -> Floats:
            z = (y[..., None] - self.mean[row]) / self.sd[row]
            return np.asarray((self.weight[row] * special.ndtr(z)).sum(axis=-1) - p)

        found = elementwise.find_root(missing, bracket, args=(wide, row))
        return np.asarray(found.x).reshape(level.shape)

    def crps(self, y: ArrayLike) -> Floats:
        """Return the continuous ranked probability score at y of shape (rows,): E|Y - y| - E|Y - Y'| / 2.

        References: Grimit et al. 2006, Q. J. R. Meteorol. Soc. 132:2925 (closed form of normal mixtures).
        """
        value = np.asarray(y, dtype=np.float64)[:, None]
        found = (self.weight * _distance(value - self.mean, self.sd)).sum(axis=1)
        for k in range(self.mean.shape[1]):
            other = [part[:, [k]] for part in (self.weight, self.mean, self.sd)]
            apart = _distance(other[1] - self.mean, np.hypot(other[2], self.sd))
            found -= (other[0] * self.weight * apart).sum(axis=1) / 2
        return np.asarray(found)

    def moments(self) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of each row."""
        mean = (self.weight * self.mean).sum(axis=1)
        square = (self.weight * (self.sd**2 + (self.mean - mean[:, None]) ** 2)).sum(axis=1)
        return np.asarray(mean), np.asarray(np.sqrt(square))

    def _z(self, y: ArrayLike) -> Floats:
        return np.asarray((np.asarray(y, dtype=np.float64)[:, None] - self.mean) / self.sd)


def _distance(mean: Floats, sd: Floats) -> Floats:
    """Return E|X| of normal X."""
    z = mean / sd
    return np.asarray(sd * np.sqrt(2 / np.pi) * np.exp(-(z**2) / 2) + mean * (2 * special.ndtr(z) - 1))
