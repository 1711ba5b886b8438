"""Whether a mix of options helps, and the checked numbers of a run: over everything, and by luck alone."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from nanospread.core.estimates import SURE, Estimate
from nanospread.core.formatting import (
    Finding,
    capital,
    count,
    counted,
    hundredths,
    listed,
    money,
    percent,
    significant,
)
from nanospread.pages.labels import label, labels, writer
from nanospread.pages.show import MISSING, Metric, metric_words
from nanospread.pages.verdict import about
from nanospread.study import Run

MEASURES = {"profit_mean": "on average", "cvar_5": "in bad cases"}
BUYS = [  # of a table that a reader compares the options in
    "contacts", "expected_posts", "unique_reach_p50", "conversions_mean", "cost_per_order", "profit_p50",
    "p_loss", "p_beats_macro",
]  # fmt: skip
FIRST = ["p_beats_macro", "p_loss", "profit_p50", "cvar_5"]


def compared(run: Run, options: Sequence[str], measures: Sequence[str] = BUYS) -> pd.DataFrame:
    """Return what options buy in words, one row for each measure, one column for each option in reach."""
    odds = run.by_arm.set_index("arm").join(run.plan.set_index("arm"))
    odds = odds.assign(cost_per_order=run.odds()["cost_per_order"])
    columns = {name: odds.loc[name] for name in options if name in odds.index}
    measures = [name for name in measures if name in odds]
    written = {
        name: [
            MISSING if math.isnan(value) else (writer(measure) or significant)(value)
            for measure, value in zip(measures, row[measures].to_numpy(dtype=float), strict=True)
        ]
        for name, row in columns.items()
    }
    units = {"money": f", {run.study.brief.currency}", "of 100": ", of 100"}
    names = [label(name) + units.get(labels()[name].unit, "") for name in measures]
    return pd.DataFrame({"of each option": names, **written})


def cost_per_order(costs: pd.DataFrame, earned: float, currency: str) -> Finding:
    """Return what an order costs in the plan, what it earns, and what it cost before.

    costs: as `Run.costs`. earned: what a nano order earns before any cost [money].
    """
    rows = costs.to_dict("index")
    nano = rows["plan_nano"]
    if not math.isfinite(nano["cost_per_order"] + earned):
        return Finding.of("No nano order is expected")
    cost, worth = money(nano["cost_per_order"], currency), money(earned, currency)
    pays = nano["cost_per_order"] < earned
    ends = [money(nano[end], currency) for end in ("low", "high")]
    title = f"A nano order costs {cost} and earns {'' if pays else 'only '}{worth}"
    if nano["low"] < earned < nano["high"]:  # the middle alone would say that it pays, or that it does not
        title = f"A nano order costs {ends[0]} to {ends[1]} and earns {worth}"
    macro = rows.get("plan_macro", {}).get("cost_per_order", math.nan)
    if macro < nano["low"]:
        title = f"A macro order costs {money(macro, currency)}, a nano order {cost}"
    parts = [f"A nano order should cost {cost} (80% range {ends[0]} to {ends[1]}) and earn {worth}."]
    if math.isfinite(macro):
        parts.append(f"A macro order should cost {money(macro, currency)}.")
    if "past_nano" in rows:
        before = rows["past_nano"]
        since = "campaign" if before["campaigns"] == 1 else f"{count(before['campaigns'])} campaigns"
        other = (
            f", a macro order {money(rows['past_macro']['cost_per_order'], currency)}"
            if "past_macro" in rows
            else ""
        )
        parts.append(
            f"In your last {since} a nano order cost {money(before['cost_per_order'], currency)}{other}, "
            "without your own work."
        )
        if before["left_out"]:
            parts.append(f"Not in it: {counted(before['left_out'], 'nano result')} without a cost or orders.")
    return Finding(title, " ".join(parts))


def losing(run: Run, options: Sequence[str]) -> Finding:
    """Return how many of 100 simulated campaigns lose money under each option."""
    known = [name for name in dict.fromkeys(options) if name in set(run.by_arm["arm"])]
    first, *others = (
        f"{hundredths(run.estimate(name, 'p_loss').value)}{{}} by {label(name)}" for name in known
    )
    return Finding.of(
        f"Money is lost in {listed([first.format(' of 100'), *(o.format('') for o in others)])}"
    )


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
        return Finding("Too few mixes were simulated", "A comparison needs two mixes of macro and nano.")
    level = {measure: _level(rows, measure) for measure in MEASURES}
    both = [share for share in level["profit_mean"] if share in level["cvar_5"]]
    ends = [share for share in both if share in (0.0, 1.0)]
    if not both:
        return _trade(rows, level["profit_mean"][0], level["cvar_5"][0], currency)
    if len(ends) > 1:
        return Finding(
            "Too close to call between all nano and all macro",
            "No split of the budget is clearly better or worse than another.",
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
    title = f"{capital(mix_name(end))} is best, on average and in bad cases"
    if any(shares[0] != end or other in shares for shares in level.values()):
        title = f"No mix is clearly better than {mix_name(end)}"
    return Finding(title, f"{title}. {_against(rows, other, end, currency)}")


def _against(rows: pd.DataFrame, other: float, best: float, currency: str) -> str:
    """Return by how much a mix earns less than the best one, on average and in bad cases."""
    clauses = []
    for measure, where in MEASURES.items():
        gap = _at(rows, best, measure) - _at(rows, other, measure)
        compared = f"{about(abs(gap), currency)} {'less' if gap > 0 else 'more'} {where}"
        clear = _apart(rows, best, other, measure)
        clauses.append(compared if clear else f"about as much {where}")
    return f"{capital(mix_name(other))} earns {listed(clauses)}."


def _apart(rows: pd.DataFrame, one: float, other: float, measure: str) -> bool:
    """Return whether two mixes differ by more than two standard errors; not where an error is unknown."""
    gap = _at(rows, one, measure) - _at(rows, other, measure)
    return abs(gap) > SURE * math.hypot(*(_at(rows, mix, f"{measure}_se") for mix in (one, other)))


def _inside(rows: pd.DataFrame, best: float, currency: str) -> Finding:
    """Return that a mix beats both ends, or that no end is as good both on average and in bad cases."""
    ends = [end for end in (0.0, 1.0) if end in rows.index]
    title = f"{capital(mix_name(best))} is best, on average and in bad cases"
    if not all(_apart(rows, best, end, measure) for end in ends for measure in MEASURES):
        title = f"A mix may help, since {mix_name(best)} is at least as good as any other"
    comparison = " ".join(_against(rows, end, best, currency) for end in ends)
    return Finding(title, f"{title}. {comparison}".strip())


def _trade(rows: pd.DataFrame, mean: float, tail: float, currency: str) -> Finding:
    given = _at(rows, mean, "profit_mean") - _at(rows, tail, "profit_mean")
    gained = _at(rows, tail, "cvar_5") - _at(rows, mean, "cvar_5")
    return Finding(
        f"{capital(mix_name(mean))} earns most, {mix_name(tail)} has the mildest bad case",
        f"{capital(mix_name(mean))} earns most on average, {mix_name(tail)} has the mildest bad case. Moving "
        f"from the first to the second gives up {about(given, currency)} of average profit and saves "
        f"{about(gained, currency)} in the worst 5%.",
    )


def _at(rows: pd.DataFrame, share: float, measure: str) -> float:
    return float(rows[measure].to_dict()[share])


def checked_rows(summary: pd.DataFrame, *, currency: str, n_worlds: int, given: str = "") -> pd.DataFrame:
    """Return the measures of each arm of `risk.summary` that data/metrics.csv has in words: measure_arm.

    given: what stands in their names behind the measure.
    """
    rows = []
    for arm, measure, value, se in summary[["arm", "measure", "value", "se"]].itertuples(index=False):
        if (name := f"{measure}{given}_{{arm}}") in metric_words():
            words = {"arm": arm, "name": label(str(arm)), "currency": currency}
            rows.append(Metric.played(name, Estimate(value, se), n_worlds, words))
    return pd.DataFrame(rows)


def first_screen(summary: pd.DataFrame, *, nano: str, currency: str, n_worlds: int) -> pd.DataFrame:
    """Return the seven of `checked_rows` read first: the choice, and the odds and money of both arms."""
    shown = summary["measure"].isin(FIRST) & summary["arm"].isin([nano, "macro"])
    rows = summary[shown].sort_values("measure", key=lambda names: names.map(FIRST.index), kind="stable")
    return checked_rows(rows, currency=currency, n_worlds=n_worlds)


def luck_only(summary: pd.DataFrame, *, nano: str, currency: str, n_worlds: int) -> pd.DataFrame:
    """Return the odds of both arms by luck alone, named so; summary: of `Run.central`."""
    rows = summary[
        summary["measure"].isin(["p_beats_macro", "p_loss"]) & summary["arm"].isin([nano, "macro"])
    ]
    return checked_rows(rows, currency=currency, n_worlds=n_worlds, given="_luck_only")
