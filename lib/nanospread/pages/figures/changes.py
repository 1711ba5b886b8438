"""The headline figures over the last weeks, each on a scale of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nanospread.core.types import Floats
from nanospread.pages import findings
from nanospread.pages.figures import behind, style

ROW = 0.74  # [inch] of one figure
HIGH, LABEL = 0.56, 0.68  # where in its row, of height 1, a line ends and the words above it start
EVERY = 3  # weeks between two that are named


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


def over_weeks(history: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes:
    """Draw each headline figure over the last weeks, with its interval as a band and a gap for no report.

    history: role, label, unit, week, value, low, high, method, this week last, as `changes.Since.history`.
    A line is broken where the method changed, and a dotted line marks it. The scale of each row runs from
    its lowest to its highest number.
    """
    weeks = list(dict.fromkeys(history["week"]))
    rows = list(_rows(history))
    ax = style.axes(ax, 1.5 + ROW * max(len(rows), 2))
    if not rows or len(history.dropna(subset="value")["week"].unique()) < 2:
        return style.empty(ax, title, "no earlier report of this brief is there")
    for row in rows:
        _draw(ax, row)
    _dress(ax, rows, weeks)
    _keep(ax, history, weeks)
    missing = [week for week in weeks if history.loc[history["week"] == week, "value"].isna().all()]
    without = f" No report of {findings.listed(missing, len(weeks))}." if missing else ""
    return style.finished(
        ax, title, f"One line per headline figure from {weeks[0]} to {weeks[-1]}, each on its own scale, its "
        f"interval as a band; this week is the coloured dot. {_breaks(history)}{without}".strip(),
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
    whole = numbers.assign(**{end: numbers[end].fillna(numbers["value"]) for end in ("low", "high")})
    for method, part in known.groupby("method", sort=False):
        here = whole["method"] == method
        inked = whole.loc[part.index[0] : part.index[-1]].where(here)
        where = inked.index.to_numpy(dtype=float)
        low, value, high = (row.at(inked[name]) for name in ("low", "value", "high"))
        ax.fill_between(where, low, high, color=style.LIGHT, alpha=0.6, linewidth=0, zorder=1)
        ax.plot(where, value, color=style.MIDDLE, linewidth=1.6, marker="o", markersize=3, zorder=3)
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
        words += [findings.amount(end, row.unit) for end in ([low] if flat else [low, high])]
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
        [findings.amount(float(value), row.unit) for value, row in zip(now, rows, strict=True)], "now",
    )  # fmt: skip


def _breaks(history: pd.DataFrame) -> str:
    found = sorted({
        str(known.loc[at, "week"])
        for _, rows in history.groupby("role", sort=False)
        for known in [rows.dropna(subset="value").reset_index(drop=True)]
        for at in _starts(known)
    })  # fmt: skip
    return f"A new method counts from {findings.listed(found, len(found))} on." if found else ""


def _keep(ax: Axes, history: pd.DataFrame, weeks: list[str]) -> None:
    """Keep one row of numbers per week, one column per figure."""
    words = history.assign(words=[_cell(row) for _, row in history.iterrows()])
    table = words.pivot(index="week", columns="label", values="words").reindex(weeks)
    heads = {findings.capital(label): (label, str) for label in dict.fromkeys(history["label"])}
    behind.keep(ax, table.reset_index(), "estimated", {"Week": ("week", str), **heads})


def _cell(row: "pd.Series[Any]") -> str:
    unit = str(row["unit"])
    value, low, high = (float(row[name]) for name in ("value", "low", "high"))
    if np.isnan(value):
        return "no report"
    ends = [] if np.isnan(low + high) else [findings.amount(end, unit) for end in (low, high)]
    return f"{findings.amount(value, unit)} ({' to '.join(ends)})" if ends else findings.amount(value, unit)
