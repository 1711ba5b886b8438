"""Poisson counts whose log mean has normal luck: exact likelihoods by adaptive quadrature, with gradients.

A count of a creator is Poisson with log mean eta + sd x, x its own normal luck; creators of a campaign also
share a normal shock, and an order count falls flat with a chance that hangs on the shock. Own luck is
integrated by adaptive Gauss-Hermite quadrature, once per distinct count on a grid of eta (between its points
a cubic through values and slopes), the shock by the trapezoid rule about its mode. Gradients are means of
those of the complete-data likelihood over the same nodes. References: Naylor and Smith 1982, Appl. Stat.
31:214; Liu and Pierce 1994, Biometrika 81:624. model.md C14.
"""

import math
from typing import Any

import numpy as np
from numpy.polynomial import hermite

from nanospread.core.compiled import compiled
from nanospread.core.types import Floats, Ints

NODES, _WEIGHTS = hermite.hermgauss(7)
LOG_WEIGHTS = np.log(_WEIGHTS) + NODES**2
STEP = 0.2  # of the grid of log means
SHOCKS = np.linspace(-4.8, 4.8, 13)  # about the mode, in its standard deviations


@compiled
def integrated(count: float, eta: float, sd: float, at: float) -> Any:
    """Return log P(count), its derivatives in eta and sd, and the mode of the luck, sought from `at` on.

    The constant log count! is left out.
    """
    for _ in range(30):
        mean = math.exp(min(eta + sd * at, 50.0))
        step = (sd * (count - mean) - at) / (sd * sd * mean + 1.0)
        at += min(max(step, -2.0), 2.0)
        if abs(step) < 1e-4:  # the last step squares the error
            break
    width = math.sqrt(2.0 / (sd * sd * math.exp(min(eta + sd * at, 50.0)) + 1.0))
    best, total, by_eta, by_sd = -np.inf, 0.0, 0.0, 0.0
    logs, means = np.empty(len(NODES)), np.empty(len(NODES))
    for node in range(len(NODES)):
        x = at + width * NODES[node]
        log_mean = eta + sd * x
        means[node] = math.exp(min(log_mean, 50.0))
        logs[node] = count * log_mean - means[node] - x * x / 2 + LOG_WEIGHTS[node]
        best = max(best, logs[node])
    for node in range(len(NODES)):
        x = at + width * NODES[node]
        weight = math.exp(logs[node] - best)
        residual = count - means[node]
        total += weight
        by_eta += weight * residual
        by_sd += weight * residual * x
    value = best + math.log(total * width / math.sqrt(2 * math.pi))
    return value, by_eta / total, by_sd / total, at


@compiled
def counts(count: Floats, eta: Floats, sd: float, by_eta: Floats) -> Any:
    """Return the log likelihood of independent counts and its derivative in sd; fills that in each eta."""
    total, by_sd = 0.0, 0.0
    for row in range(len(count)):
        value, by_eta[row], slope, _ = integrated(count[row], eta[row], sd, 0.0)
        total += value
        by_sd += slope
    return total, by_sd


@compiled
def tables(count: Floats, sd: Floats, low: Ints, first: Ints, n: int) -> Any:
    """Return log P, its slope in eta and in sd for each distinct count on its grid of log means.

    low: where each count's grid begins [steps]. first: where its values stand, one more than the counts.
    """
    value, by_eta, by_sd = np.empty(n), np.empty(n), np.empty(n)
    for kind in range(len(count)):
        at = 0.0
        for place in range(first[kind], first[kind + 1]):
            eta = (low[kind] + place - first[kind]) * STEP
            value[place], by_eta[place], by_sd[place], at = integrated(count[kind], eta, sd[kind], at)
    return value, by_eta, by_sd


@compiled
def _read(
    eta: float, kind: int, count: Floats, sd: Floats, low: Ints, first: Ints,
    value: Floats, by_eta: Floats, by_sd: Floats,
) -> Any:  # fmt: skip
    """Return log P, its first and second derivative in eta, and that in sd, between the grid's points.

    Outside the grid it is integrated anew, but where so few are expected that log P is a straight line.
    """
    last = first[kind + 1] - first[kind] - 2
    way = eta / STEP - low[kind]
    straight = way < 0 and by_eta[first[kind]] > count[kind] - 0.3
    if (way < 0 and not straight) or way > last + 1:
        level, slope, slope_sd, _ = integrated(count[kind], eta, sd[kind], 0.0)
        many = max(count[kind], 1.0)
        return level, slope, -many / (1 + sd[kind] ** 2 * many), slope_sd
    place = min(max(math.floor(way), 0), last)
    t = max(way - place, 0.0)
    at = first[kind] + place
    a, b = value[at], value[at + 1]
    c, d = by_eta[at] * STEP, by_eta[at + 1] * STEP
    cubic, square = 2 * (a - b) + c + d, 3 * (b - a) - 2 * c - d
    level = a + t * (c + t * (square + t * cubic))
    slope = (c + t * (2 * square + 3 * t * cubic)) / STEP
    bend = (2 * square + 6 * t * cubic) / STEP**2
    before, after = by_sd[at - (place > 0)], by_sd[at + 1 + (place < last)]
    e, f = (by_sd[at + 1] - before) / 2, (after - by_sd[at]) / 2
    rise = by_sd[at + 1] - by_sd[at]
    slope_sd = by_sd[at] + t * (e + t * (3 * rise - 2 * e - f + t * (e + f - 2 * rise)))
    return level + min(way, 0.0) * STEP * slope, slope, bend, slope_sd


@compiled
def _level(
    eta: float, kind: int, count: Floats, own: Floats, low: Ints, first: Ints, value: Floats, by_eta: Floats
) -> Any:
    """Return log P as `_read` does, alone."""
    last = first[kind + 1] - first[kind] - 2
    way = eta / STEP - low[kind]
    straight = way < 0 and by_eta[first[kind]] > count[kind] - 0.3
    if (way < 0 and not straight) or way > last + 1:
        return integrated(count[kind], eta, own[kind], 0.0)[0]
    place = min(max(math.floor(way), 0), last)
    t, at = max(way - place, 0.0), first[kind] + place
    a, b, c, d = value[at], value[at + 1], by_eta[at] * STEP, by_eta[at + 1] * STEP
    level = a + t * (c + t * (3 * (b - a) - 2 * c - d + t * (2 * (a - b) + c + d)))
    return level + min(way, 0.0) * c


@compiled
def _mixed(
    eta: float, kind: int, chance: float, log_keeps: float, count: Floats, own: Floats,
    low: Ints, first: Ints, value: Floats, by_eta: Floats,
) -> Any:  # fmt: skip
    """Return the log likelihood of `_creator` alone."""
    well = _level(eta, kind, count, own, low, first, value, by_eta)
    flop = _level(eta + log_keeps, kind, count, own, low, first, value, by_eta)
    best = max(well, flop)
    return best + math.log((1 - chance) * math.exp(well - best) + chance * math.exp(flop - best))


@compiled
def _normal(x: float) -> float:
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


@compiled
def _creator(
    eta: float, kind: int, chance: float, log_keeps: float, count: Floats, own: Floats,
    low: Ints, first: Ints, value: Floats, by_eta: Floats, by_sd: Floats,
) -> Any:  # fmt: skip
    """Return the log likelihood of a creator who flops with this chance, and its derivatives: first and
    second in eta, in sd, in the chance, in the log of what a flop keeps."""
    well, slope, bend, sd = _read(eta, kind, count, own, low, first, value, by_eta, by_sd)
    if chance < 1e-12:
        return well, slope, bend, sd, 0.0, 0.0
    flop, flop_slope, flop_bend, flop_sd = _read(
        eta + log_keeps, kind, count, own, low, first, value, by_eta, by_sd
    )
    best = max(well, flop)
    one, two = math.exp(well - best), math.exp(flop - best)
    total = (1 - chance) * one + chance * two
    share = chance * two / total
    mixed = (1 - share) * slope + share * flop_slope
    second = (1 - share) * (bend + slope**2) + share * (flop_bend + flop_slope**2) - mixed**2
    return (
        best + math.log(total), mixed, second, (1 - share) * sd + share * flop_sd, (two - one) / total,
        share * flop_slope,
    )  # fmt: skip


@compiled
def campaigns(
    eta: Floats, kind: Ints, times: Floats, starts: Ints,
    shock_sd: float, flop_at: float, flop_rho: float, log_keeps: float, count: Floats, own: Floats,
    low: Ints, first: Ints, value: Floats, by_eta: Floats, by_sd: Floats, row_eta: Floats, kind_sd: Floats,
    steep: bool,
) -> Any:  # fmt: skip
    """Return the log likelihood of the orders of all campaigns, and its derivatives.

    eta: log mean of each creator, in the order of campaigns, which begin at `starts`. kind: its distinct
    count, with the sd of `own` luck. times: how many creators a row stands for. shock_sd: of the campaign's
    shock of log means. flop_at: normal score of the flop rate. flop_rho: share of the luck that the campaign
    has in common. Fills the derivatives in each eta and, by kind, in the sd of own luck. Returns log
    likelihood, and its derivatives in shock_sd, flop_at, flop_rho and log_keeps; the latter where `steep`.
    """
    total, d_shock, d_at, d_rho, d_keeps = 0.0, 0.0, 0.0, 0.0, 0.0
    common, rest = math.sqrt(flop_rho), math.sqrt(1 - flop_rho)
    logs = np.empty(len(SHOCKS))
    most = np.max(starts[1:] - starts[:-1]) if len(starts) > 1 else 0
    slopes, sds = np.empty((len(SHOCKS), most)), np.empty((len(SHOCKS), most))
    sums = np.empty((len(SHOCKS), 4))
    for campaign in range(len(starts) - 1):
        begin, end = starts[campaign], starts[campaign + 1]
        z, curvature = 0.0, 1.0
        for _ in range(25):  # Newton to the mode of the shock; its flops move it little
            score, curvature = -z, 1.0
            chance = 0.5 * math.erfc(-(flop_at - common * z) / rest / math.sqrt(2.0))
            for row in range(begin, end):
                _, slope, bend, _, _, _ = _creator(
                    eta[row] + shock_sd * z, kind[row], chance, log_keeps, count, own, low, first, value,
                    by_eta, by_sd,
                )  # fmt: skip
                score += times[row] * shock_sd * slope
                curvature -= times[row] * shock_sd**2 * bend
            curvature = max(curvature, 1.0)
            step = min(max(score / curvature, -1.5), 1.5)
            z += step
            if abs(step) * math.sqrt(curvature) < 0.2:  # where the nodes lie exactly does not matter
                break
        width = 1 / math.sqrt(curvature)
        best = -np.inf
        for node in range(len(SHOCKS)):
            at = z + width * SHOCKS[node]
            away = (flop_at - common * at) / rest
            chance = 0.5 * math.erfc(-away / math.sqrt(2.0))
            dense = _normal(away)
            log, by_chance, by_keeps, by_shift = -at * at / 2, 0.0, 0.0, 0.0
            if not steep:
                for row in range(begin, end):
                    log += times[row] * _mixed(
                        eta[row] + shock_sd * at, kind[row], chance, log_keeps, count, own, low, first, value,
                        by_eta,
                    )  # fmt: skip
            else:
                for row in range(begin, end):
                    level, slope, _, sd, dc, dk = _creator(
                        eta[row] + shock_sd * at, kind[row], chance, log_keeps, count, own, low, first, value,
                        by_eta, by_sd,
                    )  # fmt: skip
                    log += times[row] * level
                    slopes[node, row - begin] = times[row] * slope
                    sds[node, row - begin] = times[row] * sd
                    by_shift += times[row] * slope
                    by_chance += times[row] * dc
                    by_keeps += times[row] * dk
            logs[node] = log
            best = max(best, log)
            sums[node, 0] = by_shift * at
            sums[node, 1] = by_chance * dense / rest
            sums[node, 2] = by_chance * dense * (away / (2 * rest**2) - at / (2 * max(common, 1e-6) * rest))
            sums[node, 3] = by_keeps
        mass = 0.0
        for node in range(len(SHOCKS)):
            logs[node] = math.exp(logs[node] - best)
            mass += logs[node]
        total += best + math.log(mass * width * (SHOCKS[1] - SHOCKS[0]) / math.sqrt(2 * math.pi))
        if not steep:
            continue
        for node in range(len(SHOCKS)):
            weight = logs[node] / mass
            d_shock += weight * sums[node, 0]
            d_at += weight * sums[node, 1]
            d_rho += weight * sums[node, 2]
            d_keeps += weight * sums[node, 3]
        for row in range(begin, end):
            slope, sd = 0.0, 0.0
            for node in range(len(SHOCKS)):
                slope += logs[node] * slopes[node, row - begin]
                sd += logs[node] * sds[node, row - begin]
            row_eta[row] = slope / mass
            kind_sd[kind[row]] += sd / mass
    return total, d_shock, d_at, d_rho, d_keeps
