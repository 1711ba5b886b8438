"""Closed forms of risk: what a simulation of simple worlds must come to. Its oracles, and quick answers.

References: Norton, Khokhlov and Uryasev 2019, Ann. Oper. Res. 299:1281 (CVaR); Vasicek 2002, Risk 15:160;
Owen 1956, Ann. Math. Stat. 27:1075 (bivariate normal); model.md C8, C9, V9, V10, V18, V19.
"""

import math

import numpy as np
from scipy import special

from nanospread.core import errors
from nanospread.core.estimates import check_share


def normal_cvar(mean: float, sd: float, alpha: float) -> float:
    """Return the mean of the worst alpha of a normal, in its unit: mean - sd phi(z_alpha) / alpha."""
    _check_tail(alpha)
    return mean - sd * _density(float(special.ndtri(alpha))) / alpha


def _check_tail(alpha: float) -> None:
    if not 0 < alpha <= 1:
        raise errors.InputError(f"alpha must be above 0 and at most 1; got {alpha}")


def _density(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def lognormal_cvar(mu: float, sigma: float, alpha: float) -> float:
    """Return the mean of the worst alpha of exp(N(mu, sigma^2)): its mean x Phi(z_alpha - sigma) / alpha."""
    _check_tail(alpha)
    return math.exp(mu + sigma**2 / 2) * float(special.ndtr(special.ndtri(alpha) - sigma)) / alpha


def binomial_cvar(n: int, p: float, alpha: float) -> float:
    """Return the mean of the worst alpha of a binomial count, the boundary count in part.

    Sum over k of max(alpha - P(count <= k), 0) / alpha: the area beside the lower end of its distribution.
    """
    _check_tail(alpha)
    _check_creators(n)
    check_share("p", p)
    return float(np.maximum(alpha - special.bdtr(np.arange(n), n, p), 0.0).sum()) / alpha


def _check_creators(n: float) -> None:
    if n < 1:
        raise errors.InputError(f"n must be 1 or more; got {n}")


def vasicek_quantile(p: float, rho: float, q: float) -> float:
    """Return the q-quantile of the share of flops among very many creators.

    Each flops with probability p where sqrt(rho) Z + sqrt(1 - rho) e_i < Phi^-1(p), Z common, all normal.

    p: 0-1. rho: latent correlation, 0 to below 1. q: 0-1.
    """
    _check_flops(p, rho)
    check_share("q", q)
    if rho == 0:
        return p
    return float(special.ndtr(_shifted(p, rho, q)))


def _shifted(p: float, rho: float, q: float) -> float:
    common = math.sqrt(rho) * float(special.ndtri(q))
    return (float(special.ndtri(p)) + common) / math.sqrt(1 - rho)


def _check_flops(p: float, rho: float) -> None:
    if not 0 < p < 1:
        raise errors.InputError(f"p must be above 0 and below 1; got {p}")
    if not 0 <= rho < 1:
        raise errors.InputError(f"rho must be from 0 to below 1; got {rho}")


def flop_correlation(p: float, rho: float) -> float:
    """Return the correlation of two creators' flops, as for `vasicek_quantile`; well below the latent rho.

    (Phi_2(c, c; rho) - p^2) / (p (1 - p)) at c = Phi^-1(p), where both flop with probability
    Phi_2(c, c; rho) = p - 2 T(c, sqrt((1 - rho) / (1 + rho))), T being Owen's.
    """
    _check_flops(p, rho)
    both = p - 2 * float(special.owens_t(float(special.ndtri(p)), math.sqrt((1 - rho) / (1 + rho))))
    return (both - p * p) / (p * (1 - p))


def all_flop(p: float, n: int, *, shock: float = 0.0) -> float:
    """Return the probability that all n creators flop: shock + (1 - shock) p^n.

    p: of one creator to flop by itself, 0-1. shock: probability of a common shock that makes all flop, 0-1.
    """
    for name, share in (("p", p), ("shock", shock)):
        check_share(name, share)
    _check_creators(n)
    return float(shock + (1 - shock) * p**n)


def lognormal_correlation(rho: float, sigma: float) -> float:
    """Return the correlation of two log-normals: (e^(rho sigma^2) - 1) / (e^(sigma^2) - 1).

    rho: of their logs, -1 to 1. sigma: sd of their logs, 0 or more; at 0 it is rho, the limit.
    """
    if not -1 <= rho <= 1 or sigma < 0:
        raise errors.InputError(f"rho must be from -1 to 1 and sigma 0 or more; got {rho} and {sigma}")
    return math.expm1(rho * sigma**2) / math.expm1(sigma**2) if sigma > 0 else rho


def variance_share(n: float, rho: float) -> float:
    """Return the variance of the mean of n creators as a share of one creator's: 1/n + (1 - 1/n) rho.

    n: creators, 1 or more. rho: correlation of their outcomes, 0-1. Tends to rho, whatever n.
    """
    _check_creators(n)
    check_share("rho", rho)
    return 1 / n + (1 - 1 / n) * rho


def effective_n(n: float, rho: float) -> float:
    """Return n / (1 + (n - 1) rho): as many independent creators spread the luck as far.

    n: creators, 1 or more. rho: correlation of their outcomes, 0-1. Tends to 1 / rho, whatever n.
    """
    _check_creators(n)
    check_share("rho", rho)
    return n / (1 + (n - 1) * rho)


def pareto_sigma(top: float, share: float) -> float:
    """Return the log-sd at which the top part of creators brings this share of a log-normal outcome.

    top, share: 0-1, such as 0.2 and 0.8. The top q bring Phi(sigma - z_(1-q)) (model.md A5, V17).
    """
    return float(special.ndtri(share) + special.ndtri(1 - top))
