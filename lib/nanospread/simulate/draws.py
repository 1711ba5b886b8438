"""Seed, purpose and name -> random numbers over worlds. Every draw of the simulation starts here.

Each (seed, purpose, name) has a generator of its own that is read in the order of the worlds. So one more
creator, a longer list or more worlds never change the numbers that the others got.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]


def generator(seed: int, purpose: str, name: str = "") -> np.random.Generator:
    """Return the generator of one purpose and one name (a creator, a niche or an arm)."""
    key = hashlib.blake2b(f"{seed}|{purpose}|{name}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.SFC64(int.from_bytes(key, "little")))


def normals(seed: int, purpose: str, name: str, n_worlds: int) -> Floats:
    """Return one standard normal for each world."""
    return generator(seed, purpose, name).standard_normal(n_worlds)


def uniforms(seed: int, purpose: str, name: str, n_worlds: int) -> Floats:
    """Return one uniform in [0, 1) for each world."""
    return generator(seed, purpose, name).random(n_worlds)


def rates(mean: float, precision: float, uniform: Floats) -> Floats:
    """Return Beta(mean * precision, (1 - mean) * precision) rates by inversion.

    By inversion, since then a higher mean raises the rate in every world. A mean of 0 or 1 is exact.
    """
    if mean in (0, 1):
        return np.full_like(uniform, mean)
    return np.asarray(special.betaincinv(mean * precision, (1 - mean) * precision, uniform))


def counts(seed: int, purpose: str, name: str, mean: Floats) -> Floats:
    """Return Poisson counts with these means, one for each world; a mean of 0 gives 0."""
    return generator(seed, purpose, name).poisson(mean).astype(np.float64)


def sums_of_orders(seed: int, name: str, orders: Floats, mean: float, cv: float) -> Floats:
    """Return the revenue of so many orders [money], each Gamma with this mean and sd / mean.

    A sum of n independent Gamma(1 / cv^2) is Gamma(n / cv^2), so one draw replaces n, exactly; the log-normal
    of facts.md A5 with the same mean and CV has no such sum. No orders, no revenue; cv 0 is the mean each.
    """
    if cv == 0:
        return orders * mean
    return generator(seed, "order values", name).standard_gamma(orders / cv**2) * (mean * cv**2)
