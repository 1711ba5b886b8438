"""What the level of revenue (kappa) decides and what it does not, and whether a mix of arms helps."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from nanospread.findings.words import Finding, arm_name, capital, listed, money, percent, significant

STEADY = 0.10  # a probability that moves less than this over a sweep barely moves [probability]


def crossing(values: Sequence[float], profit: Sequence[float]) -> float:
    """Return the lowest value at which profit first reaches 0, between the points by a straight line.

    Returns -inf where profit is never negative, nan where it never reaches 0. Exact for kappa, in which mean
    profit is linear.
    """
    order = np.argsort(np.asarray(values, dtype=float), kind="stable")
    x, y = np.asarray(values, dtype=float)[order], np.asarray(profit, dtype=float)[order]
    up = np.flatnonzero(y >= 0)
    if not up.size:
        return math.nan
    i = int(up[0])
    return -math.inf if i == 0 else float(x[i - 1] - y[i - 1] * (x[i] - x[i - 1]) / (y[i] - y[i - 1]))


def break_even(by_kappa: pd.DataFrame) -> Finding:
    """Return from which kappa on each arm earns its cost back on average.

    by_kappa: kappa, arm, profit_mean [currency], one row for each value swept and arm.
    """
    low, high = by_kappa["kappa"].min(), by_kappa["kappa"].max()
    found = [
        (str(arm), crossing(rows["kappa"].tolist(), rows["profit_mean"].tolist()))
        for arm, rows in by_kappa.groupby("arm", sort=False)
    ]
    reached = [(arm, at) for arm, at in found if not math.isnan(at)]
    never = [arm_name(arm) for arm, at in found if math.isnan(at)]
    said = [
        f"{arm_name(arm)} {'already at ' + significant(low) if math.isinf(at) else 'at ' + significant(at)}"
        for arm, at in sorted(reached, key=lambda pair: pair[1])
    ]
    up_to = f"nowhere up to {significant(high)}"
    title = f"Break-even kappa: {listed(said, most=3)}" if said else f"No arm breaks even: {up_to} in kappa"
    text = f"On average the cost comes back from this kappa on: {listed(said)}" if said else title
    if said and never:
        text += f"; {listed(never)} {up_to}"
    return Finding(
        title, f"{text}. Kappa multiplies the revenue that the published funnel gives (1 = as published)."
    )


def kappa_matters(by_kappa: pd.DataFrame, *, arm: str = "nano_gift") -> Finding:
    """Return how far the two headline odds move over the kappas swept: the choice and the loss.

    by_kappa: kappa, arm, p_beats, p_loss [probabilities], one row for each value swept and arm.
    """
    rows = by_kappa[by_kappa["arm"] == arm].sort_values("kappa")
    if rows.empty:
        return Finding("No kappa was swept", "No kappa was swept.")
    beats, loss = rows["p_beats"], rows["p_loss"]
    span = f"From kappa {significant(rows['kappa'].iloc[0])} to {significant(rows['kappa'].iloc[-1])}"
    moved = f"from {percent(loss.iloc[0])} to {percent(loss.iloc[-1])}"
    steady, fixed = (float(odd.max() - odd.min()) < STEADY for odd in (beats, loss))
    choice = f"{percent(beats.min())} to {percent(beats.max())}"
    chance = (
        f"the chance that {arm_name(arm)} beats the macro {'barely moves' if steady else 'moves'} ({choice})"
    )
    losing = f"the chance that it loses money {'hardly moves' if fixed else 'moves'} {moved}"
    title = "Kappa changes both the choice and the odds of a loss"
    if steady:
        title = "Kappa decides whether nano pays, hardly whether nano beats the macro"
    if fixed:
        title = "Kappa hardly changes the odds of a loss" + ("" if steady else ", but it changes the choice")
    return Finding(title, f"{span}, {chance}, while {losing}.")


def frontier(mixes: pd.DataFrame, currency: str) -> Finding:
    """Return whether mixing macro and nano trades average profit for a milder bad case, or one mix wins both.

    mixes: arm, profit_mean, cvar_5 [currency], and profit_mean_se, cvar_5_se where known: a mix within two
    standard errors of the best counts as level with it.
    """
    mean, tail = (_best(mixes, measure) for measure in ("profit_mean", "cvar_5"))
    both = [arm for arm in mean if arm in tail]
    if both:
        return _corner(mixes, both, currency)
    return _trade(mixes, mean[0], tail[0], currency)


def _best(mixes: pd.DataFrame, measure: str) -> list[str]:
    """Return the arms that are best or level with the best, best first."""
    rows = mixes.sort_values(measure, ascending=False, kind="stable")
    value = rows[measure].to_numpy(dtype=float)
    known = f"{measure}_se" in rows
    se = np.nan_to_num(rows[f"{measure}_se"].to_numpy(dtype=float)) if known else np.zeros(len(rows))
    level = value[0] - value <= 2 * np.hypot(se, se[0])
    return [str(arm) for arm, is_level in zip(rows["arm"], level, strict=True) if is_level]


def _corner(mixes: pd.DataFrame, both: list[str], currency: str) -> Finding:
    best = both[0]
    title = f"No trade-off between the mixes: {arm_name(best)} wins on average and in bad cases"
    if both[1:]:
        title = f"No trade-off between the mixes: {listed([arm_name(arm) for arm in both])} lead together"
    average, bad = (money(_value(mixes, best, measure), currency) for measure in ("profit_mean", "cvar_5"))
    corner = "" if best.startswith("mix_") else " Mixing does not help here: the frontier is a single corner."
    return Finding(title, f"{title} ({average} on average, {bad} in the worst 5% of worlds).{corner}")


def _trade(mixes: pd.DataFrame, mean: str, tail: str, currency: str) -> Finding:
    given = _value(mixes, mean, "profit_mean") - _value(mixes, tail, "profit_mean")
    gained = _value(mixes, tail, "cvar_5") - _value(mixes, mean, "cvar_5")
    return Finding(
        f"A real trade-off: {arm_name(mean)} earns most, {arm_name(tail)} has the mildest bad case",
        f"{capital(arm_name(mean))} earns most on average, {arm_name(tail)} has the mildest worst 5% of "
        f"worlds: moving from the first to the second gives up {money(given, currency)} of average profit "
        f"and saves {money(gained, currency)} in the bad case.",
    )


def _value(mixes: pd.DataFrame, arm: str, measure: str) -> float:
    return float(mixes.loc[mixes["arm"] == arm, measure].iloc[0])
