"""Week over week: what moved beyond chance, since when, what it comes from, and the last weeks drawn.

rows and causes: as `changes.ReportChanges`. week: of the last report, empty where there is none; ago: how
many weeks it is old.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nanospread.core.formatting import (
    MINUS,
    TITLE,
    Finding,
    capital,
    count,
    counted,
    day,
    listed,
    money,
    percent,
    shortened,
    significant,
)
from nanospread.core.types import Floats
from nanospread.pages import _style as style
from nanospread.pages.labels import inside
from nanospread.pages.show import MISSING, SHARES

CURRENCY = re.compile("[A-Z]{3}")
SHOWN = 3  # figures and parameters that a sentence names
FROM = {  # a part of a change -> what it comes from
    "data": "new data",
    "program": "the program",
    "parameters": "settings",
    "simulation": "random numbers",
}
CAUSES = (*FROM, "method")
CHANGED = {"data": "The data", "parameters": "Settings", "simulation": "Random numbers"}
STATES = {  # of a figure -> the words of the table
    "moved": "yes",
    "noise": "no, chance",
    "same": "unchanged",
    "not comparable": "not comparable",
    "new": "nothing to compare with",
}
ROW = 0.74  # [inch] of one figure
HIGH, LABEL = 0.56, 0.68  # where in its row, of height 1, a line ends and the words above it start
EVERY = 3  # weeks between two that are named


def moved(
    rows: pd.DataFrame, causes: pd.DataFrame, *, week: str, ago: int, notes: Sequence[str] = ()
) -> Finding:
    """Return how many figures moved beyond chance since the last report, which, and why."""
    if not week:
        none = "This is the first report for this plan, so there is nothing to compare it with yet."
        if notes:
            none = "No earlier report of this plan can be compared with."
        return Finding("No earlier report to compare with", " ".join([none, *notes]))
    figures_moved, others = rows[rows["state"] == "moved"], int((rows["state"] == "not comparable").sum())
    reason = _short_why(figures_moved, causes)
    unlike = f", {others} of {len(rows)} cannot be compared" if others else ""
    head = f"{_head(figures_moved, rows)} since {week}"
    title = next(title for title in (head + reason + unlike, head + unlike) if len(title) <= TITLE)
    return Finding(title, f"{head} ({when(ago)}){reason}{unlike}.{_clearest(figures_moved)}")


def when(ago: int) -> str:
    """Return how long ago the last good report was, and that there is a gap."""
    if not ago:
        return "this week's own report of the brief"
    return "a week ago" if ago == 1 else f"{counted(ago, 'week')} ago, with no good report in between"


def _head(figures_moved: pd.DataFrame, rows: pd.DataFrame) -> str:
    if len(figures_moved):
        return f"{len(figures_moved)} of {len(rows)} numbers moved beyond chance"
    same = bool((rows["state"] == "same").all())
    return "Nothing changed" if same else "Nothing moved beyond chance"


def _clearest(figures_moved: pd.DataFrame) -> str:
    """Return from where to where the figures went that moved most clearly."""
    if figures_moved.empty:
        return ""
    sure = (
        (figures_moved["real"] / figures_moved["real_se"])
        .abs()
        .sort_values(ascending=False, kind="stable")
        .index
    )
    each = [
        f"{row['label']} from {amount(row['before'], row['unit'])} to {amount(row['value'], row['unit'])}"
        for _, row in figures_moved.loc[sure[:SHOWN]].iterrows()
    ]
    return f" {'Above all' if len(figures_moved) > 1 else 'It is'} {listed(each)}."


def _short_why(figures_moved: pd.DataFrame, causes: pd.DataFrame) -> str:
    """Return in a few words where the figures that moved come from: what there is beside chance."""
    sources = [FROM[cause] for cause in FROM if cause in set(causes["cause"]) and cause != "simulation"]
    return f" because of {listed(sources)}" if len(figures_moved) and sources else ""


def differences(causes: pd.DataFrame, *, week: str) -> str:
    """Return the sentence on everything that differs from the last report; empty where there is none."""
    if not week:
        return ""
    present = [cause for cause in CAUSES if cause in set(causes["cause"])]
    clauses = [_cause(cause, causes[causes["cause"] == cause]) for cause in present]
    if not clauses:
        return f"Data, plan, settings and random numbers are those of {week}."
    return " ".join(clauses)


def _cause(cause: str, rows: pd.DataFrame) -> str:
    """Return what differs of one cause, with its old and new values."""
    if cause == "program":
        return "The program changed, since the same data and settings now give other numbers."
    if cause == "method":
        return f"A new method makes {listed([*rows['name']], SHOWN)} not comparable."
    each = [_pair(*row) for row in rows[["name", "old", "new"]].itertuples(index=False, name=None)]
    return f"{CHANGED[cause]} changed, with {listed(each, 2 * SHOWN)}."


def _pair(name: str, old: object, new: object) -> str:
    if name == "newest post" and old == new:
        return f"newest post of {written(new)} as before"
    return f"{setting(name)} {written(new)} instead of {written(old)}"


def setting(name: str) -> str:
    """Return a parameter, or a line of a brief such as wanted.posts, in words."""
    return " ".join(inside("", part) for part in name.split("."))


def written(value: object) -> str:
    """Return a value of a brief or parameter in words; texts may be anybody's, so they are cut."""
    if value is None or value == []:
        return "none"
    if isinstance(value, date):
        return day(pd.Timestamp(value))
    if isinstance(value, list):
        return shortened(" ".join(map(written, value)), 40)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,.6g}" if isinstance(value, float) else str(value)
    return shortened(value, 24)


def change_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the headline figures in words: figure, change, beyond chance?, from, then, now.

    Shares change in percentage points; then and now carry their interval. What cannot be compared says why.
    """
    return pd.DataFrame({
        "figure": rows["label"],
        "change": [difference(row["change"], row["unit"]) for _, row in rows.iterrows()],
        "beyond chance?": rows["state"].map(STATES),
        "from": [row["why"] or _from(row) for _, row in rows.iterrows()],
        "then": [_with_ends(row, "before") for _, row in rows.iterrows()],
        "now": [_with_ends(row, "") for _, row in rows.iterrows()],
    }).reset_index(drop=True)  # fmt: skip


def _with_ends(row: "pd.Series[Any]", when: str) -> str:
    """Return a figure with its interval, finely enough to see a small change."""
    names = (when, f"{when}_low", f"{when}_high") if when else ("value", "low", "high")
    value, low, high = (float(row[name]) for name in names)
    if math.isnan(value) or (row["state"] == "not comparable" and when):
        return MISSING
    if row["unit"] in SHARES:
        value, low, high = 100 * value, 100 * low, 100 * high
        number, ends = f"{value:.1f}%", f"{low:.1f} to {high:.1f}"
    else:
        number, ends = amount(value, str(row["unit"])), f"{count(low)} to {count(high)}"
    return number if math.isnan(low) or math.isnan(high) else f"{number} ({ends})"


def _from(row: "pd.Series[Any]") -> str:
    """Return the parts of a change that are not nothing."""
    parts = {words: float(row[part]) for part, words in FROM.items()}
    if row["state"] == "new" or not any(parts.values()):
        return MISSING
    if any(map(math.isnan, parts.values())):
        return "cannot be told apart"
    unit = str(row["unit"])
    return ", ".join(f"{words} {difference(part, unit)}" for words, part in parts.items() if part)


def amount(value: float, unit: str) -> str:
    """Return a number with its unit: a share in percent, money with its currency."""
    if unit in SHARES:
        return percent(value)
    if CURRENCY.fullmatch(unit):
        return money(value, unit)
    return f"{count(value) if abs(value) >= 100 else significant(value)} {unit}".strip()


def difference(change: float, unit: str) -> str:
    """Return a change with its sign: +1.2 points of a share, −EUR 50; – where there is none to tell."""
    if math.isnan(change):
        return MISSING
    if change == 0:
        return "0"
    sign = MINUS if change < 0 else "+"
    if unit in SHARES:
        return f"{sign}{abs(change) * 100:.{2 if abs(change) < 0.00995 else 1}f} points"
    return f"{sign}{amount(abs(change), unit)}"


@dataclass(frozen=True)
class Row:
    """One figure over the weeks: its numbers and where they are drawn."""

    label: str
    unit: str
    numbers: pd.DataFrame
    place: float

    @property
    def ends(self) -> tuple[float, float]:
        """Return the lowest and the highest number of the row, its intervals among them."""
        every = self.numbers[["value", "low", "high"]].to_numpy(dtype=float)
        return float(np.nanmin(every)), float(np.nanmax(every))

    def at(self, values: "pd.Series[float]") -> Floats:
        """Return where values are drawn; what never moves is drawn in the middle."""
        low, high = self.ends
        share = (values.to_numpy(dtype=float) - low) / (high - low) if high > low else values * 0 + 0.5
        return np.asarray(self.place + HIGH * share, dtype=np.float64)


def over_weeks(history: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw each headline figure over the last weeks, with its interval as a band and a gap for no report.

    A line is broken where the method changed, and a dotted line marks it. The scale of each row runs from
    its lowest to its highest number.
    """
    weeks = list(dict.fromkeys(history["week"]))
    rows = list(_rows(history))
    ax = style.axes(ax, 1.5 + ROW * max(len(rows), 2))
    if not rows or len(history.dropna(subset="value")["week"].unique()) < 2:
        return style.empty(ax, title, "this is the first report for this plan")
    for row in rows:
        _draw(ax, row)
    _dress(ax, rows, weeks)
    missing = [week for week in weeks if history.loc[history["week"] == week, "value"].isna().all()]
    without = f" No report of {listed(missing, len(weeks))}." if missing else ""
    return style.finished(
        ax, title, f"One line per headline figure from {weeks[0]} to {weeks[-1]}, each on its own scale, its "
        f"interval as a band; this week is the coloured dot. {_breaks(history)}{without}".strip(),
        _numbers(history, weeks),
        x="Week (band: interval, dotted: new method, gap: no report)",
    )  # fmt: skip


def _rows(history: pd.DataFrame) -> Iterator[Row]:
    """Yield the figures that have a number, the first on top."""
    known = history.groupby("role", sort=False).filter(lambda rows: bool(rows["value"].notna().any()))
    for place, (_, numbers) in enumerate(known.groupby("role", sort=False)):
        label, unit = (str(numbers[name].iloc[0]) for name in ("label", "unit"))
        yield Row(label, unit, numbers.reset_index(drop=True), -float(place))


def _draw(ax: Axes, row: Row) -> None:
    numbers = row.numbers
    known = numbers.dropna(subset="value")
    filled = numbers.assign(**{end: numbers[end].fillna(numbers["value"]) for end in ("low", "high")})
    for method, part in known.groupby("method", sort=False):
        here = filled["method"] == method
        inked = filled.loc[part.index[0] : part.index[-1]].where(here)
        positions = inked.index.to_numpy(dtype=float)
        low, value, high = (row.at(inked[name]) for name in ("low", "value", "high"))
        ax.fill_between(positions, low, high, color=style.LIGHT, alpha=0.6, linewidth=0, zorder=1)
        ax.plot(positions, value, color=style.MIDDLE, linewidth=1.6, marker="o", markersize=3, zorder=3)
    for start in _starts(known):
        ends = (row.place, row.place + HIGH)
        ax.vlines(start - 0.5, *ends, color=style.DARK, linestyle=style.DOTTED, label="new method")
    last = known.index[-1:]
    if len(last) and last[0] == numbers.index[-1]:
        ax.plot(last, row.at(numbers["value"].loc[last]), "o", color=style.NANO, markersize=6, zorder=4)


def _starts(known: pd.DataFrame) -> list[int]:
    """Return the places from which on another method counts."""
    other = known["method"].ne(known["method"].shift()) & (known["method"].shift().notna())
    return [int(at) for at in known.index[other]]


def _dress(ax: Axes, rows: Sequence[Row], weeks: Sequence[str]) -> None:
    """Write the scales left, the figures' names above their lines and this week's numbers right."""
    places, words = [], []
    for row in rows:
        low, high = row.ends
        flat = low == high
        places += [row.place + HIGH / 2] if flat else [row.place, row.place + HIGH]
        words += [amount(end, row.unit) for end in ([low] if flat else [low, high])]
        ax.text(0, row.place + LABEL, row.label, size=style.SMALL, color=style.MACRO, va="bottom")
    style.ticks_at(ax.yaxis, places, words)
    ax.tick_params(axis="y", labelsize=style.SMALL, colors=style.MIDDLE)
    shown = range(len(weeks) - 1, -1, -EVERY)
    style.ticks_at(ax.xaxis, [*shown], [weeks[at][-3:] for at in shown])
    ax.set(xlim=(-0.3, len(weeks) - 0.7), ylim=(-len(rows) + 0.85, 1.05))
    ax.spines["left"].set_visible(False)
    now = [row.numbers["value"].iloc[-1] for row in rows]
    style.beside(
        ax, [row.place + HIGH / 2 for row in rows],
        [amount(float(value), row.unit) for value, row in zip(now, rows, strict=True)], "now",
    )  # fmt: skip


def _breaks(history: pd.DataFrame) -> str:
    starts = sorted({
        str(known.loc[at, "week"])
        for _, rows in history.groupby("role", sort=False)
        for known in [rows.dropna(subset="value").reset_index(drop=True)]
        for at in _starts(known)
    })  # fmt: skip
    return f"A new method counts from {listed(starts, len(starts))} on." if starts else ""


def _numbers(history: pd.DataFrame, weeks: list[str]) -> tuple[style.Numbers, ...]:
    """Return one row of numbers per week, one column per figure."""
    words = history.assign(words=[_cell(row) for _, row in history.iterrows()])
    table = words.pivot(index="week", columns="label", values="words").reindex(weeks)
    heads = {capital(label): (label, str) for label in dict.fromkeys(history["label"])}
    return style.table(table.reset_index(), "estimated", {"Week": ("week", str), **heads})


def _cell(row: "pd.Series[Any]") -> str:
    unit = str(row["unit"])
    value, low, high = (float(row[name]) for name in ("value", "low", "high"))
    if np.isnan(value):
        return "no report"
    ends = [] if np.isnan(low + high) else [amount(end, unit) for end in (low, high)]
    return f"{amount(value, unit)} ({' to '.join(ends)})" if ends else amount(value, unit)
