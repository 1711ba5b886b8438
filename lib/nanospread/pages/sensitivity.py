"""What is not known: its share of the spread, what it is worth to know first, and what turns nano."""

import math
from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nanospread.campaign.beliefs import Beliefs
from nanospread.campaign.brief import Brief
from nanospread.campaign.sensitivity import CHOICES, Information, clear_worth
from nanospread.core.estimates import SURE
from nanospread.core.formatting import Finding, capital, count, listed, money, of_100, percent, significant
from nanospread.pages import _style as style
from nanospread.pages.labels import label
from nanospread.pages.show import MISSING

SOME = 4  # turning points that are said
BREAK_EVEN = ("Orders per 100 nano clicks", "1 in 10 below", "middle", "1 in 10 above")
STRONGEST = 8  # beliefs drawn beside luck [1]


def unknowns(table: pd.DataFrame, luck: float) -> Finding:
    """Return how much of the spread is luck, and which belief carries most of the rest.

    table: as `Run.unknowns`. luck: the share of the spread that no belief tells [0-1].
    """
    if table.empty:
        return Finding.of("Every assumption is set, so that the spread is luck alone")
    top, top_share = str(table["share"].idxmax()), percent(float(table["share"].max()))
    title = f"Luck carries {percent(luck)} of the spread, no assumption alone more than {top_share}"
    text = (
        f"Luck carries {percent(luck)} of the spread of nano's profit. Of what is not known, {label(top)} "
        f"carries most ({top_share})."
    )
    return Finding(title, text)


def flips(table: pd.DataFrame, believed: pd.DataFrame, brief: Brief, most: int = SOME) -> Finding:
    """Return at which values of what is not known nano stops to pay, or the macro becomes better.

    table: as `Run.unknowns`. believed: as `Beliefs.table`. most: of them that are said, the strongest first.
    """
    points = [
        _flip(str(name), does, row[column], row[f"{column}_side"], believed.to_dict("index")[name], brief)
        for does, column in (("nano loses money", "pays"), ("the macro earns more", "even"))
        if column in table
        for name, row in _placed(table, column).to_dict("index").items()
    ]
    if not points:
        none = "No single assumption flips the choice within its range"
        return Finding(none, f"{none}, with all others as believed.")
    title = f"{'One assumption' if len(points) == 1 else 'These assumptions'} alone could flip the result"
    return Finding(title, " ".join(points[:most]))


def _placed(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the beliefs that have a turning point beyond its error, the one that carries most first."""
    sure = SURE * table[f"{column}_se"] < table[column].abs()
    return table[sure].sort_values("share", ascending=False)


def _flip(name: str, does: str, value: float, side: str, row: Mapping[Hashable, float], brief: Brief) -> str:
    """Return one turning point beside what is believed."""
    direction = "below" if side == "above" else "above"
    middle, low, high = (in_unit(name, row[q], brief) for q in ("p50", "p10", "p90"))
    turning_value, believed = in_unit(name, value, brief), f"We believe {middle} (80% range {low} to {high})."
    return f"With {label(name)} {direction} {turning_value}, {does} on average. {believed}"


def turning(table: pd.DataFrame, name: str) -> dict[str, float]:
    """Return where one belief turns nano, `pays` and `even`, nan where it does not beyond its error."""
    return {
        column: float(_placed(table, column)[column].get(name, math.nan))
        for column in ("pays", "even")
        if column in table
    }


def by_strongest(information: Information, nano: str) -> Finding:
    """Return how often nano loses money where what matters most is at its worst and at its best tenth."""
    shares = information.shares(nano).drop("luck")
    if shares.empty:
        return Finding.of("Luck alone decides, since every assumption is set")
    name = str(shares.index[0])
    rows = information.by_tenth(name)
    loss = rows[rows["option"] == nano].set_index("tenth")["p_loss"]
    worst, best = sorted((float(loss.iloc[0]), float(loss.iloc[-1])), reverse=True)
    return Finding.of(
        f"Nano loses money in {of_100(worst)} where {label(name)} is at its worst, "
        f"and in {of_100(best)} at its best"
    )


def in_unit(name: str, value: float, brief: Brief) -> str:
    """Return a value of a belief in its natural unit: 0.42 of a share -> 42%, of money -> EUR 0.42."""
    if math.isnan(value):
        return MISSING
    unit = brief.assumptions[name].unit if name in brief.assumptions else "ratio"
    if unit == "share":
        return percent(value)
    return money(value, brief.currency) if unit == "money" else significant(value)


def believed(table: pd.DataFrame) -> pd.DataFrame:
    """Return `Beliefs.table` as it is read: labels, the middle before, and the 10, 50 and 90 % points now.

    What is set as one number is left out.
    """
    free = table[table["basis"] != "set"]
    shown = {"prior_p50": "before", "p10": "low", "p50": "middle", "p90": "high", "basis": "basis"}
    names = [capital(label(name)) for name in free.index]
    return free[[*shown]].rename(columns=shown).set_axis(names).rename_axis("belief").reset_index()


def turning_table(table: pd.DataFrame, brief: Brief) -> pd.DataFrame:
    """Return `Run.unknowns` as it is read: share of the spread, worth, and turning points in their units.

    Worth within the simulation's error is 0.
    """
    rows = table.assign(**{f"worth_{name}": clear_worth(table, [name]) for name in CHOICES}).reset_index()
    for column in ("pays", "even"):
        rows[column] = [
            f"{side} {in_unit(name, value, brief)}".strip()
            for name, value, side in zip(rows["belief"], rows[column], rows[f"{column}_side"], strict=True)
        ]
    worth = {"worth_spend": "to_spend", "worth_choice": "to_choose"}
    shown = rows[["belief", "share", *worth, "pays", "even"]].rename(columns=worth)
    return shown.assign(belief=[capital(label(name)) for name in rows["belief"]])


def doubts(beliefs: Beliefs, brief: Brief) -> tuple[str, ...]:
    """Return what contradicts in results or with the prior, was not fitted, or is in another currency."""
    conflicts = [
        f"Your results put {label(name)} at {in_unit(name, middle, brief)}, outside what was believed "
        f"before ({in_unit(name, low, brief)} to {in_unit(name, high, brief)})."
        for name, middle, low, high in beliefs.conflicts
    ]
    unfitted = [
        f"The results cannot be fitted to {listed([label(name) for name in names], len(names))}, so what was "
        "believed before stays."
        for names in beliefs.unfitted
    ]
    foreign = [
        f"These amounts are defaults in EUR, while the brief counts in {brief.currency}: "
        f"{listed([label(name) for name in brief.in_eur], 9)}. Set them in the brief, or name a rate there."
    ]
    return (*beliefs.notes, *conflicts, *unfitted, *(foreign if brief.in_eur else ()))


def spread_shares(
    table: pd.DataFrame, luck: float, currency: str, *, title: str, ax: Axes | None = None
) -> style.Chart:
    """Draw the share of the spread of nano's profit that luck and each belief carry, and what each is worth.

    table: as `Run.unknowns`, the strongest of which are drawn. Beside each bar stands what it is worth to
    know that belief first, for the decision that it helps most, where that is beyond the simulation's error.
    """
    rows = table.assign(worth=clear_worth(table)).sort_values("share", ascending=False).head(STRONGEST)
    ax = style.axes(ax, 1.9 + 0.34 * (1 + len(rows)))
    if rows.empty:
        return style.empty(ax, title, "every assumption is set")
    names = ["Luck", *(capital(label(name)) for name in rows.index)]
    shares, places = np.array([luck, *rows["share"]]), np.arange(1 + len(rows), dtype=float)
    ax.barh(places, shares, height=0.62, color=[style.MIDDLE, *[style.NANO] * len(rows)])
    style.ticks_at(ax.yaxis, places.tolist(), names)
    ax.set(ylim=(len(names) - 0.4, -1.4), xlim=(0, max(float(shares.max()), 0.01) * 1.05))
    style.by_row(ax)
    if (rows["worth"] > 0).any():
        words = ["", *(f"{currency} {count(worth)}" if worth > 0 else "" for worth in rows["worth"])]
        style.beside(ax, places.tolist(), words, "worth")
    numbers = style.table(rows.reset_index(), "estimated", {
        "Assumption": ("belief", lambda name: capital(label(name))),
        "Share of the spread": ("share", percent),
        f"Worth before spending at all [{currency}]": ("worth_spend", count),
        f"Worth before choosing nano or macro [{currency}]": ("worth_choice", count),
    })  # fmt: skip
    return style.finished(
        ax, title, "One bar for luck and one per assumption, as long as the share of the spread of nano's "
        "profit that it carries alone. The words say what it is worth to know it first.", numbers,
        x="Share of the spread of nano's profit",
    )  # fmt: skip


def break_even(
    row: "pd.Series[float]", turning: Mapping[str, float], *, title: str, ax: Axes | None = None
) -> style.Chart:
    """Draw orders per 100 nano clicks as believed before the results and now, and where nano breaks even.

    row: of `Beliefs.table`. turning: pays and even of `Run.unknowns`, nan where nano turns at no value.
    """
    ax = style.axes(ax, 2.3)
    bands = {"before your results": ("prior_", style.LIGHT, 1.0), "now": ("", style.NANO, 0.0)}
    for prefix, colour, place in bands.values():
        low, middle, high = (float(row[f"{prefix}{q}"]) for q in ("p10", "p50", "p90"))
        ax.plot([low, high], [place] * 2, color=colour, linewidth=9, solid_capstyle="butt", alpha=0.6)
        ax.plot([middle], [place], "o", color=colour if place else style.NANO, markersize=8, zorder=4)
    known = {name: at for name, at in turning.items() if math.isfinite(at)}
    for name, value in known.items():
        style.rule(ax, value, {"pays": "nano pays from here", "even": "beats the macro from here"}[name])
    ends = [float(row[name]) for name in ("prior_p10", "prior_p90", "p10", "p90")] + [*known.values()]
    low, high, sold = 0.8 * min(ends), 1.25 * max(ends), min(ends) > 0  # no log has a 0
    ax.set_xscale("log" if sold else "linear")
    ax.set(xlim=(low, high or 1.0), ylim=(-0.6, 1.9 if known else 1.5))
    if sold:
        style.log_ticks(ax.xaxis, low, high)
    style.ticks_at(ax.yaxis, [place for _, _, place in bands.values()], list(bands))
    style.by_row(ax, style.numbers)
    cells = [(words, *(significant(float(row[f"{p}{q}"])) for q in ("p10", "p50", "p90")))
             for words, (p, _, _) in bands.items()]  # fmt: skip
    cells += [
        (f"break-even ({label(name)})", MISSING, significant(at), MISSING) for name, at in known.items()
    ]
    return style.finished(
        ax, title, "A bar for what was believed before the results and one for now, 8 in 10 cases each, and "
        "lines where nano breaks even.",
        (style.Numbers(BREAK_EVEN, tuple(cells), (("estimated", ""),), 0),),
        x=f"Orders per 100 nano clicks (bar: 8 in 10 cases{', log scale' if sold else ''})",
    )  # fmt: skip
