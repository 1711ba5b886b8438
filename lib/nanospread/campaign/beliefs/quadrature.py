"""Poisson counts with normal luck -> exact likelihoods at many values of the beliefs, compiled.

What one count says depends on two numbers alone, its log mean before luck and the sd of its luck. So it is
worked out once on a grid of both, by adaptive quadrature, and read off the grid ever after: cubic in both. A
campaign's shock, which all its creators have in common, is summed over equal steps that walk out from where
it probably is until nothing more is to be had.
"""

import math
from typing import Any

import numpy as np
from numpy.polynomial import hermite

from nanospread.core.compiled import compiled
from nanospread.core.types import Floats, Ints

NODES, _WEIGHTS = hermite.hermgauss(11)
LOG_WEIGHTS = np.log(_WEIGHTS) + NODES**2
STEP, ROOM = 0.125, 8.0  # of the grid of log means, to either side of the count's own
PLACES = round(2 * ROOM / STEP) + 1
SDS = np.exp(np.linspace(math.log(0.04), math.log(5.0), 22))
SLACK = 0.05  # more than log P rises between two sds of the grid, (log(SDS[1] / SDS[0]) / 2)^2 = 0.013
FINE = 100  # counts up to which each is told apart; beyond, steps of `COARSE` in the log
COARSE = 0.02
DONE = 9.0  # how far under its best a campaign's log density is let go
MOST_STEPS = 200


def kinds(number: Floats) -> tuple[Ints, Floats, Floats]:
    """Return which kind of count each is, the counts of the kinds, and what to add to each log mean.

    A large count says nearly the same of its own mean as one a little larger of one a little larger.
    """
    log = np.log(np.maximum(number, 1.0))
    alike = np.where(number > FINE, np.exp(np.round(log / COARSE) * COARSE), number)
    counts, kind = np.unique(alike, return_inverse=True)
    return kind.ravel().astype(np.int64), counts, np.log(np.maximum(alike, 1.0)) - log


@compiled
def integrated(count: float, eta: float, sd: float, mode: float) -> Any:
    """Return log P(count), its slope in eta, and the mode of the luck, sought from `mode` on.

    Left out are the constants count! and what a mean equal to the count would give.
    """
    for _ in range(30):
        mean = math.exp(min(eta + sd * mode, 50.0))
        step = (sd * (count - mean) - mode) / (sd * sd * mean + 1.0)
        mode += min(max(step, -2.0), 2.0)
        if abs(step) < 1e-4:  # the last step squares the error
            break
    width = math.sqrt(2.0 / (sd * sd * math.exp(min(eta + sd * mode, 50.0)) + 1.0))
    most = count * math.log(count) - count if count > 0 else 0.0
    best, total, by_eta = -np.inf, 0.0, 0.0
    logs, means = np.empty(len(NODES)), np.empty(len(NODES))
    for node in range(len(NODES)):
        x = mode + width * NODES[node]
        log_mean = eta + sd * x
        means[node] = math.exp(min(log_mean, 50.0))
        logs[node] = count * log_mean - means[node] - most - x * x / 2 + LOG_WEIGHTS[node]
        best = max(best, logs[node])
    for node in range(len(NODES)):
        weight = math.exp(logs[node] - best)
        total += weight
        by_eta += weight * (count - means[node])
    return best + math.log(total * width / math.sqrt(2 * math.pi)), by_eta / total, mode


@compiled
def gridded(counts: Floats) -> Any:
    """Return log P and its slope [per step] of each count, at each sd and place of the grid of log means."""
    values = np.empty((len(counts), len(SDS), PLACES, 2))
    for kind in range(len(counts)):
        low = math.log(max(counts[kind], 0.5)) - ROOM
        for line in range(len(SDS)):
            mode = 0.0
            for place in range(PLACES):
                log, slope, mode = integrated(counts[kind], low + place * STEP, SDS[line], mode)
                values[kind, line, place, 0] = log
                values[kind, line, place, 1] = slope * STEP
    return values


@compiled
def _at_sd(grid: Floats, sd: float, out: Floats) -> None:
    """Fill in the line of a count's grid at this sd, by the cubic through four lines about it.

    log P has one maximum in the sd. Where the cubic leaves the two nearest lines by more than that can, as it
    does beside a large count's cliffs, a straight line is taken.
    """
    position = math.log(max(sd, SDS[0]) / SDS[0]) / math.log(SDS[1] / SDS[0])
    position = min(position, len(SDS) - 1.0)
    first = min(max(int(position) - 1, 0), len(SDS) - 4)
    t = position - first
    a = -(t - 1) * (t - 2) * (t - 3) / 6
    b = t * (t - 2) * (t - 3) / 2
    c = -t * (t - 1) * (t - 3) / 2
    d = t * (t - 1) * (t - 2) / 6
    line_0, line_1, line_2, line_3 = grid[first], grid[first + 1], grid[first + 2], grid[first + 3]
    nearest = min(int(position), len(SDS) - 2)
    lower, upper, remainder = grid[nearest], grid[nearest + 1], position - nearest
    for place in range(PLACES):
        for column in range(2):
            out[place, column] = (
                a * line_0[place, column]
                + b * line_1[place, column]
                + c * line_2[place, column]
                + d * line_3[place, column]
            )
        low, high = lower[place, 0], upper[place, 0]
        if not min(low, high) - SLACK <= out[place, 0] <= max(low, high) + SLACK:
            for column in range(2):
                out[place, column] = lower[place, column] + remainder * (
                    upper[place, column] - lower[place, column]
                )


@compiled
def _read(line: Floats, position: float) -> Any:
    """Return the value at so many steps from the grid's begin; beyond its ends, that of the end."""
    if position <= 0:
        return line[0, 0]
    if position >= PLACES - 1:
        return line[PLACES - 1, 0]
    first = int(position)
    t = position - first
    a, c, b, d = line[first, 0], line[first, 1], line[first + 1, 0], line[first + 1, 1]
    return a + t * (c + t * (3 * (b - a) - 2 * c - d + t * (2 * (a - b) + c + d)))


@compiled
def counted(eta: Floats, kind: Ints, sd: Floats, low: Floats, grid: Floats) -> Any:
    """Return at each point the log likelihood of independent counts.

    eta: log mean of each row, by point. kind: of each row. sd: of the luck, by point. low: where the grid of
    each kind begins. Beyond the grid, log P runs on straight.
    """
    logs = np.zeros(len(eta))
    lines = np.empty((len(grid), PLACES, 2))
    for point in range(len(eta)):
        for each in range(len(grid)):
            _at_sd(grid[each], sd[point], lines[each])
        for row in range(len(kind)):
            line = lines[kind[row]]
            way = (eta[point, row] - low[kind[row]]) / STEP
            beyond = min(way, 0.0) * line[0, 1] + max(way - PLACES + 1, 0.0) * line[PLACES - 1, 1]
            logs[point] += _read(line, way) + beyond
    return logs


@compiled
def _of_shock(
    z: float, eta: Floats, form: Ints, times: Floats, begin: int, end: int, shock: float, flop_at: float,
    rho: float, keeps: float, one_off: float, low: Floats, lines: Floats, other: Floats,
) -> Any:  # fmt: skip
    """Return the log density of a campaign's shock and its creators' counts."""
    away = (flop_at - math.sqrt(rho) * z) / math.sqrt(1 - rho)
    flop = (1 - one_off) * 0.5 * math.erfc(-away / math.sqrt(2.0))
    well, log, product = 1 - one_off - flop, -z * z / 2, 1.0
    for row in range(begin, end):
        line = lines[form[row]]
        way = (eta[row] + shock * z - low[form[row]]) / STEP
        chance = well * _read(line, way) + flop * _read(line, way + keeps) + one_off * other[form[row]]
        if times[row] != 1.0:
            log += times[row] * math.log(chance)
        else:
            product *= chance
            if product < 1e-200:
                log += math.log(product)
                product = 1.0
    return log + math.log(product)


@compiled
def campaigns(
    eta: Floats, own_sd: Floats, shock: Floats, flop_at: Floats, rho: Floats, log_keeps: Floats,
    one_off: Floats, kind: Ints, form: Ints, times: Floats, starts: Ints, of_kind: Ints, of_against: Ints,
    counts: Floats, low: Floats, grid: Floats, other: Floats,
) -> Any:  # fmt: skip
    """Return at each point the log likelihood of the orders of all campaigns.

    By point: eta, log mean of each row; own_sd, sd of luck by what orders are set against; shock, sd of the
    campaign's; flop_at, normal score of the flop rate; rho, share of luck that a campaign has in common;
    log_keeps, of what a flop keeps; one_off, chance that a count is of something else. By row: kind of count,
    form, which is a kind and what it is set against, and the times that it stands for. starts: of the
    campaigns. of_kind, of_against: by form. By kind: counts, where its grid begins, the grid, and how likely
    a count of something else is.
    """
    logs = np.zeros(len(eta))
    lines = np.empty((len(of_kind), PLACES, 2))
    lows, others = low[of_kind], other[of_kind]
    information_per_row = np.empty(len(of_kind))
    for point in range(len(eta)):
        for each in range(len(of_kind)):
            sd = own_sd[point, of_against[each]]
            line = lines[each]
            _at_sd(grid[of_kind[each]], sd, line)
            for place in range(PLACES):
                line[place, 0] = math.exp(line[place, 0])
                line[place, 1] *= line[place, 0]
            information_per_row[each] = 1 / (sd * sd + 1 / (counts[of_kind[each]] + 1))
        keeps = log_keeps[point] / STEP
        for campaign in range(len(starts) - 1):
            begin, end = starts[campaign], starts[campaign + 1]
            information, observed, expected = 0.0, 0.0, 0.0
            for row in range(begin, end):
                information += times[row] * information_per_row[form[row]]
                observed += times[row] * counts[kind[row]]
                expected += times[row] * math.exp(eta[point, row])
            curvature = 1 + shock[point] ** 2 * information
            step = 1.25 / math.sqrt(curvature)
            z = math.log((observed + 0.5) / (expected + 0.5)) * shock[point] * information / curvature
            z = min(max(z, -5.0), 5.0)
            best, mass = -np.inf, 0.0
            for direction in (1, -1):
                score = z if direction > 0 else z - step
                for _ in range(MOST_STEPS):
                    log = _of_shock(
                        score, eta[point], form, times, begin, end, shock[point], flop_at[point], rho[point],
                        keeps, one_off[point], lows, lines, others,
                    )  # fmt: skip
                    if log > best:
                        mass *= math.exp(best - log)
                        best = log
                    mass += math.exp(log - best)
                    if log < best - DONE:
                        break
                    score += direction * step
            logs[point] += best + math.log(mass * step / math.sqrt(2 * math.pi))
    return logs
