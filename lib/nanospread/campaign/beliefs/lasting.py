"""Results + beliefs -> what each creator's own past sales say of its next ones.

Of a creator's own luck in one campaign a share (`lasting_share`) is its own for good, the rest that
campaign's. The joint draws of the beliefs say how the shock of each campaign and each creator's luck are
spread; the lasting part is read off a grid, campaign by campaign, with flops, and with what all other
creators of the campaign say of its shock. model.md C14.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import special

from nanospread.campaign.beliefs.evidence import Orders
from nanospread.campaign.beliefs.likelihood import Likelihood, above_zero
from nanospread.core.types import Floats, Ints

GRID = np.linspace(-5, 5, 81)  # of a creator's luck, in its sd
WEIGHT = np.exp(-(GRID**2) / 2) / np.exp(-(GRID**2) / 2).sum()
SHOCKS = np.linspace(-4, 4, 33)
BLOCK = 2_000  # creators at a time


def effects(
    likelihood: Likelihood, creator: Ints, draws: Sequence[Mapping[str, float]]
) -> tuple[Floats, Floats, Floats]:
    """Return by creator, over the draws of the values: mean and sd of its log effect, mean of the effect.

    likelihood: of orders, each row of which is one creator in one campaign. creator: of each row.
    """
    shape = (len(draws), int(creator.max(initial=-1)) + 1)
    means, squares, factors = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for draw, values in enumerate(draws):
        share = min(max(values["lasting_share"], 0.01), 0.99)
        sd = values["conversion_sd"] * np.sqrt((1 - values["rho_campaign"]) * share)
        move = np.exp(-((GRID[:, None] - np.sqrt(share) * GRID) ** 2) / (2 * (1 - share)))
        move /= move.sum(axis=0)  # own luck in a campaign x the lasting part
        log = np.zeros((shape[1], len(GRID)))
        np.add.at(log, creator, np.log(_of_own(likelihood, values) @ move + 1e-300))
        weight = WEIGHT * np.exp(log - log.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        means[draw], squares[draw] = sd * weight @ GRID, sd**2 * weight @ GRID**2
        factors[draw] = weight @ np.exp(sd * GRID - sd**2 / 2)
    mean = means.mean(axis=0)
    return mean, np.sqrt(np.maximum(squares.mean(axis=0) - mean**2, 0.0)), factors.mean(axis=0)


def _of_own(likelihood: Likelihood, values: Mapping[str, float]) -> Floats:
    """Return the likelihood of each row's orders at each own luck, up to a factor of its own."""
    rows: Orders = likelihood.evidence.orders
    luck, rho = values["conversion_sd"], min(max(values["rho_campaign"], 1e-9), 0.999)
    point = above_zero({name: np.array([value]) for name, value in values.items()})
    spread = likelihood.spreads(point)[0, rows.against]
    eta = likelihood.log_means(point)[0] - (luck**2 + spread) / 2
    own_sd, keeps = np.sqrt(luck**2 * (1 - rho) + spread), np.log(max(values["flop_multiplier"], 1e-3))
    away = (special.ndtri(values["flop_rate"]) - np.sqrt(rho) * SHOCKS) / np.sqrt(1 - rho)
    flops = special.ndtr(away)[:, None]
    result = np.empty((len(eta), len(GRID)))
    for begin, end in zip(rows.starts, rows.starts[1:], strict=False):
        pieces = [slice(at, min(at + BLOCK, end)) for at in range(begin, end, BLOCK)]
        parts = []
        for piece in pieces:
            log_mean = eta[piece, None, None] + luck * np.sqrt(rho) * SHOCKS[:, None]
            log_mean = log_mean + own_sd[piece, None, None] * GRID
            count = rows.number[piece, None, None]
            most = count * np.log(np.maximum(count, 1e-9)) - count
            well, flop = (np.exp(count * each - np.exp(each) - most) for each in (log_mean, log_mean + keeps))
            parts.append((1 - flops) * well + flops * flop)
        logs = [np.log(part @ WEIGHT + 1e-300) for part in parts]
        shock = -(SHOCKS**2) / 2 + sum(log.sum(axis=0) for log in logs)
        for piece, part, log in zip(pieces, parts, logs, strict=True):
            others = special.softmax(shock - log, axis=1)  # what all but this creator say of the shock
            result[piece] = np.einsum("rs,rsg->rg", others, part)
    return result
