"""Whether a mix of options helps, and the checked numbers of a run: over everything, and by luck alone."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from nanospread.core.estimates import SURE, Estimate
from nanospread.core.formatting import (
    Finding,
    capital,
    listed,
    money,
    percent,
)
from nanospread.pages.labels import label
from nanospread.pages.show import Metric, metric_words

MEASURES = {"profit_mean": "on average", "cvar_5": "in bad cases"}
FIRST = ["p_beats_macro", "p_loss", "profit_p50", "cvar_5"]


def mix_name(macro_share: float) -> str:
    """Return a mix in words by the macro's share of the budget [0-1]: all nano, 25% macro, all macro."""
    return {0.0: "all nano", 1.0: "all macro"}.get(macro_share, f"{percent(macro_share)} macro")


def frontier(mixes: pd.DataFrame, currency: str) -> Finding:
    """Return whether a mix of macro and nano is better than an end, on average and in bad cases.

    A mix within two standard errors of the best counts as level with it, as does one of unknown error; the
    errors of two mixes are taken as independent, which is too wide in the same worlds.
    """
    rows = mixes.sort_values("macro_share").set_index("macro_share")
    if len(rows) < 2:
        return Finding("Too few mixes were simulated", "A frontier needs two mixes of macro and nano.")
    level = {measure: _level(rows, measure) for measure in MEASURES}
    both = [share for share in level["profit_mean"] if share in level["cvar_5"]]
    ends = [share for share in both if share in (0.0, 1.0)]
    if not both:
        return _trade(rows, level["profit_mean"][0], level["cvar_5"][0], currency)
    if len(ends) > 1:
        return Finding(
            "Too close to call: no mix is clearly better or worse",
            "Too close to call: all nano and all macro differ neither on average nor in bad cases by more "
            "than the simulation's own error.",
        )
    return _corner(rows, ends[0], level, currency) if ends else _inside(rows, both[0], currency)


def _level(rows: pd.DataFrame, measure: str) -> list[float]:
    """Return the shares that are best or level with the best, best first."""
    ranked = rows.sort_values(measure, ascending=False, kind="stable")
    value = ranked[measure].to_numpy(dtype=float)
    se = np.nan_to_num(ranked[f"{measure}_se"].to_numpy(dtype=float), nan=np.inf)
    level = value[0] - value <= SURE * np.hypot(se, se[0])
    level[0] = True
    return [float(share) for share in ranked.index[level]]


def _corner(rows: pd.DataFrame, end: float, level: Mapping[str, Sequence[float]], currency: str) -> Finding:
    """Return that an end is best, or that no mix is clearly better than it, and what half a mix costs."""
    other = min(rows.index[rows.index != end], key=lambda share: abs(abs(share - end) - 0.5))
    title = f"{capital(mix_name(end))} is best on average and in bad cases: mixing only costs"
    if any(shares[0] != end or other in shares for shares in level.values()):
        title = f"No mix is clearly better than {mix_name(end)}, on average or in bad cases"
    average, bad = (money(_at(rows, end, measure), currency) for measure in MEASURES)
    near = {measure: max(shares, key=lambda share: abs(share - end)) for measure, shares in level.items()}
    unsure = [f"{mix_name(near[name])} {where}" for name, where in MEASURES.items() if near[name] != end]
    close = f" Within the simulation's error of it are mixes up to {listed(unsure)}." if unsure else ""
    return Finding(
        title,
        f"{title}. {capital(mix_name(end))} earns {average} on average and {bad} in the worst 5% of worlds. "
        f"{_against(rows, end, other, currency)}{close}",
    )


def _against(rows: pd.DataFrame, best: float, other: float, currency: str) -> str:
    """Return by how much another mix earns less than the best one, on average and in bad cases."""
    clauses = []
    for measure, where in MEASURES.items():
        gap = _at(rows, best, measure) - _at(rows, other, measure)
        compared = f"{money(abs(gap), currency)} {'less' if gap > 0 else 'more'} {where}"
        clear = _apart(rows, best, other, measure)
        clauses.append(compared if clear else f"about as much {where} (too close to call)")
    return f"Against it {mix_name(other)} earns {listed(clauses)}."


def _apart(rows: pd.DataFrame, one: float, other: float, measure: str) -> bool:
    """Return whether two mixes differ by more than two standard errors; not where an error is unknown."""
    gap = _at(rows, one, measure) - _at(rows, other, measure)
    return abs(gap) > SURE * math.hypot(*(_at(rows, mix, f"{measure}_se") for mix in (one, other)))


def _inside(rows: pd.DataFrame, best: float, currency: str) -> Finding:
    """Return that a mix beats both ends, or that no end is as good both on average and in bad cases."""
    average, bad = (money(_at(rows, best, measure), currency) for measure in MEASURES)
    ends = [end for end in (0.0, 1.0) if end in rows.index]
    title = f"A mix beats both ends: {mix_name(best)} is best on average and in bad cases"
    if not all(_apart(rows, best, end, measure) for end in ends for measure in MEASURES):
        title = f"A mix helps: {mix_name(best)} is level with the best on average and in bad cases, no end is"
    comparison = " ".join(_against(rows, best, end, currency) for end in ends)
    earned = f"{average} on average, {bad} in the worst 5% of worlds"
    return Finding(title, f"{title} ({earned}). {comparison}".strip())


def _trade(rows: pd.DataFrame, mean: float, tail: float, currency: str) -> Finding:
    given = _at(rows, mean, "profit_mean") - _at(rows, tail, "profit_mean")
    gained = _at(rows, tail, "cvar_5") - _at(rows, mean, "cvar_5")
    return Finding(
        f"A real trade-off: {mix_name(mean)} earns most, {mix_name(tail)} has the mildest bad case",
        f"{capital(mix_name(mean))} earns most on average, {mix_name(tail)} has the mildest worst 5% of "
        f"worlds: moving from the first to the second gives up {money(given, currency)} of average profit "
        f"and saves {money(gained, currency)} in the bad case.",
    )


def _at(rows: pd.DataFrame, share: float, measure: str) -> float:
    return float(rows[measure].to_dict()[share])


def checked_rows(summary: pd.DataFrame, *, currency: str, n_worlds: int) -> pd.DataFrame:
    """Return the measures of each arm of `risk.summary` that data/metrics.csv has in words: measure_arm."""
    return _played(summary, currency, n_worlds)


def first_screen(summary: pd.DataFrame, *, nano: str, currency: str, n_worlds: int) -> pd.DataFrame:
    """Return the seven of `checked_rows` read first: the choice, and the odds and money of both arms."""
    shown = summary["measure"].isin(FIRST) & summary["arm"].isin([nano, "macro"])
    rows = summary[shown].sort_values("measure", key=lambda names: names.map(FIRST.index), kind="stable")
    return _played(rows, currency, n_worlds)


def luck_only(summary: pd.DataFrame, *, nano: str, currency: str, n_worlds: int) -> pd.DataFrame:
    """Return the odds of both arms by luck alone, named so; summary: of `Run.central`."""
    rows = summary[
        summary["measure"].isin(["p_beats_macro", "p_loss"]) & summary["arm"].isin([nano, "macro"])
    ]
    return _played(rows, currency, n_worlds, "_luck_only")


def _played(summary: pd.DataFrame, currency: str, n_worlds: int, given: str = "") -> pd.DataFrame:
    rows = []
    for arm, measure, value, se in summary[["arm", "measure", "value", "se"]].itertuples(index=False):
        if (name := f"{measure}{given}_{{arm}}") in metric_words():
            words = {"arm": arm, "name": label(str(arm)), "currency": currency}
            rows.append(Metric.played(name, Estimate(value, se), n_worlds, words))
    return pd.DataFrame(rows)
