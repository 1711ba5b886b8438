"""Worlds -> what a campaign is judged by, each number with its Monte Carlo standard error.

The same measures and formulas as `nanospread.risk`, in numpy alone, since the peers run without the package;
tests/test_peers.py holds the two against each other.
"""

import math
from typing import NamedTuple

import numpy as np
from parameters import FLOP_ROI, MARGIN, Floats

TAIL = 0.05
QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}

Number = tuple[float, float]  # value and standard error


class Outcome(NamedTuple):
    """What one arm came to, by world: money and orders."""

    profit: Floats
    cost: Floats
    conversions: Floats


def outcome(cost: Floats, orders: Floats, revenue: Floats) -> Outcome:
    """Return an arm's outcome from its cost [money], orders and revenue [money] by world."""
    return Outcome(MARGIN * revenue - cost, cost, orders)


def outputs(nano: Outcome, macro: Outcome) -> dict[str, Number]:
    """Return every measure of both arms, whose worlds are paired, by its name: (value, standard error)."""
    arms = {"nano": nano, "macro": macro}
    found = {f"{arm}_{name}": number for arm in arms for name, number in _measures(arms[arm]).items()}
    beaten = (np.sign(nano.profit - macro.profit) + 1) / 2  # a tie counts half
    return found | {"nano_p_beats_macro": _probability(beaten)}


def _measures(arm: Outcome) -> dict[str, Number]:
    spreads = {
        f"{what}_{name}": number
        for what, values in arm._asdict().items()
        for name, number in _spread(values).items()
    }
    worst = np.sort(arm.profit)
    return spreads | {
        "p_loss": _probability(arm.profit < 0),
        "p_flop": _probability(arm.profit < FLOP_ROI * arm.cost),
        "p_zero": _probability(arm.conversions == 0),
        "var_5": _quantile(worst, TAIL),
        "cvar_5": _cvar(worst),
    }


def _spread(values: Floats) -> dict[str, Number]:
    ordered = np.sort(values)
    return {"mean": _mean(values)} | {name: _quantile(ordered, q) for name, q in QUANTILES.items()}


def _mean(values: Floats) -> Number:
    return float(values.mean()), float(values.std(ddof=1)) / math.sqrt(len(values))


def _probability(happened: Floats) -> Number:
    """Return the share; its error is that of (k + 1) / (n + 2), so that 0 of n is not certain."""
    n, value = len(happened), float(happened.mean())
    guarded = np.concatenate([happened, [0.0, 1.0]])
    return value, float(guarded.std()) / math.sqrt(n)


def _quantile(ordered: Floats, q: float) -> Number:
    """Return the q-quantile; its error is the longer way to the ranks one binomial deviation around it."""
    last, wide = len(ordered) - 1, math.sqrt(len(ordered) * q * (1 - q))
    low, high = max(0, math.floor(last * q - wide)), min(last, math.ceil(last * q + wide))
    value = float(np.quantile(ordered, q))
    return value, max(value - float(ordered[low]), float(ordered[high]) - value)


def _cvar(ordered: Floats) -> Number:
    """Return the mean profit of the worst twentieth; its error by the influence function."""
    worst = TAIL * len(ordered)
    whole = min(math.floor(worst), len(ordered) - 1)
    value = (ordered[:whole].sum() + (worst - whole) * ordered[whole]) / worst
    return float(value), _mean(np.minimum(ordered - ordered[whole], 0.0))[1] / TAIL
