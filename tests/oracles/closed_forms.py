"""Closed forms of risk and of the value of information: what a simulation of simple worlds must come to.

References: Norton, Khokhlov and Uryasev 2019, Ann. Oper. Res. 299:1281 (CVaR); Vasicek 2002, Risk 15:160;
Owen 1956, Ann. Math. Stat. 27:1075 (bivariate normal); Raiffa and Schlaifer 1961, Applied Statistical
Decision Theory, ch. 5; model.md C8, C9, C12, V9, V10, V14, V17, V18, V19.
"""

import math

import numpy as np
from scipy import special

V20_COSTS = {"labour_per_contact": 4.0, "overhead_per_creator": 0.0}  # of tests by hand


def normal_cvar(mean: float, sd: float, alpha: float) -> float:
    """Return the mean of the worst alpha of a normal, in its unit: mean - sd phi(z_alpha) / alpha."""
    return mean - sd * _density(float(special.ndtri(alpha))) / alpha


def _density(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def lognormal_cvar(mu: float, sigma: float, alpha: float) -> float:
    """Return the mean of the worst alpha of exp(N(mu, sigma^2)): its mean x Phi(z_alpha - sigma) / alpha."""
    return math.exp(mu + sigma**2 / 2) * float(special.ndtr(special.ndtri(alpha) - sigma)) / alpha


def binomial_cvar(n: int, p: float, alpha: float) -> float:
    """Return the mean of the worst alpha of a binomial count, the boundary count in part.

    Sum over k of max(alpha - P(count <= k), 0) / alpha: the area beside the lower end of its distribution.
    """
    return float(np.maximum(alpha - special.bdtr(np.arange(n), n, p), 0.0).sum()) / alpha


def vasicek_quantile(p: float, rho: float, q: float) -> float:
    """Return the q-quantile of the share of flops among very many creators.

    Each flops with probability p where sqrt(rho) Z + sqrt(1 - rho) e_i < Phi^-1(p), Z common, all normal.
    """
    common = math.sqrt(rho) * float(special.ndtri(q))
    return float(special.ndtr((float(special.ndtri(p)) + common) / math.sqrt(1 - rho))) if rho else p


def flop_correlation(p: float, rho: float) -> float:
    """Return the correlation of two creators' flops, as for `vasicek_quantile`; well below the latent rho.

    (Phi_2(c, c; rho) - p^2) / (p (1 - p)) at c = Phi^-1(p), where both flop with probability
    Phi_2(c, c; rho) = p - 2 T(c, sqrt((1 - rho) / (1 + rho))), T being Owen's.
    """
    both = p - 2 * float(special.owens_t(float(special.ndtri(p)), math.sqrt((1 - rho) / (1 + rho))))
    return (both - p * p) / (p * (1 - p))


def all_flop(p: float, n: int, *, shock: float = 0.0) -> float:
    """Return the probability that all n creators flop: shock + (1 - shock) p^n.

    p: of one creator to flop by itself. shock: probability of a common shock that makes all flop.
    """
    return float(shock + (1 - shock) * p**n)


def lognormal_correlation(rho: float, sigma: float) -> float:
    """Return the correlation of two log-normals: (e^(rho sigma^2) - 1) / (e^(sigma^2) - 1).

    rho: of their logs. sigma: sd of their logs; at 0 it is rho, the limit.
    """
    return math.expm1(rho * sigma**2) / math.expm1(sigma**2) if sigma > 0 else rho


def variance_share(n: float, rho: float) -> float:
    """Return the variance of the mean of n creators as a share of one creator's: 1/n + (1 - 1/n) rho."""
    return 1 / n + (1 - 1 / n) * rho


def pareto_sigma(top: float, share: float) -> float:
    """Return the log-sd at which the top part of creators brings this share of a log-normal outcome.

    top, share: 0-1, such as 0.2 and 0.8. The top q bring Phi(sigma - z_(1-q)) (model.md A5, V17).
    """
    return float(special.ndtri(share) + special.ndtri(1 - top))


def unit_loss(u: float) -> float:
    """Return phi(u) - u Phi(-u): by how much a standard normal is above u, on average over all draws."""
    return _density(u) - u * float(special.ndtr(-u))


def evpi(mu: float, sd: float) -> float:
    """Return the expected value of perfect information on a gain N(mu, sd^2): sd unit_loss(|mu| / sd)."""
    return max(sd * unit_loss(abs(mu) / sd), 0.0) if sd > 0 else 0.0


def evsi(mu: float, sd: float, se: float, n: int, rho: float) -> float:
    """Return the expected value of a pilot with n creators in one period: from 0 to `evpi`.

    s' unit_loss(|mu| / s'), where s'^2 = sd^4 / (sd^2 + se^2 ((1 - rho) / n + rho)) is the variance that the
    pilot is expected to explain. What all creators of one period share, it cannot average out, whatever n.

    mu, sd: of the gain. se: sd of one creator's result around it. rho: correlation of two creators' results.
    """
    if n == 0 or sd == 0:
        return 0.0
    noise = se**2 * ((1 - rho) / n + rho)
    return evpi(mu, sd / math.sqrt(1 + noise / sd**2))
