"""One creator or a hundred, one niche or many: how outcomes narrow, where that stops, and whose luck it is.

A verdict on a difference between paired worlds needs two of its own standard errors. How much to spend is in
`pages.budgets`.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nanospread.campaign import risk
from nanospread.core.estimates import SURE, Estimate, clearly_above, clearly_below
from nanospread.core.formatting import Finding, capital, count, counted, listed, of_100, percent, significant
from nanospread.core.types import Floats
from nanospread.pages import _style as style
from nanospread.pages.campaign import SHOWN, hill
from nanospread.pages.show import Metric
from nanospread.study.planning import ROSTER

LITTLE = 0.05  # a doubling that narrows the spread by less than this is not worth its labour [1]
SOURCES = {  # source of luck, as `risk.variance_split` names it -> in words
    "campaign": "the season and the feed",
    "niche": "each niche's luck",
    "recruitment": "who accepts and posts",
    "creator": "each creator's own sales",
    "post": "each post's luck",
    "orders": "the count of orders",
    "together": "several of these at once",
}
ALL_SHARE = "luck that all creators share"
KINDS = {  # what a source comes down to -> its sources, and what thins it out
    ALL_SHARE: (("campaign",), "more creators cannot remove it"),
    "the creators' own luck": (("creator", "post", "orders"), "more creators thin it out"),
    "the luck of whole niches": (("niche",), "more niches thin it out"),
    "luck in who posts": (("recruitment",), "more creators thin out only a part of it"),
    "luck of several sources": (("together",), "it belongs to none of them alone"),
}
RETURNS: dict[str, tuple[str, style.Writer]] = {
    "Return on investment: median": ("p50", percent),
    "10% of worlds below": ("p10", percent),
    "90% below": ("p90", percent),
}
MOST_HILLS = 6
INKS = {"campaign": style.NANO, "niche": style.NANO_LIGHT}  # what all creators share, those of a niche


class Floor(NamedTuple):
    """The line cv² = shared + own / N through the simulated spreads, with the standard error of `shared`.

    largest: the most creators that were simulated; a floor that lies beyond them was not seen.
    """

    shared: float
    own: float
    shared_se: float
    largest: float

    @property
    def exists(self) -> bool:
        """Whether the shared part is there beyond the simulation's own error."""
        return self.own > 0 and self.shared > 0 and self.shared > SURE * self.shared_se

    @property
    def seen(self) -> bool:
        """Whether it also lies within the counts simulated: one further out is only the line's."""
        return self.exists and enough(self) <= self.largest

    @property
    def most_bets(self) -> float:
        """The number of independent creators that no number of creators exceeds: 1 / rho."""
        return (self.shared + self.own) / self.shared


def floor(by_count: pd.DataFrame) -> Floor:
    """Return the least-squares line of cv² on 1/N, each point weighted by its own error.

    by_count: creators, cv, cv_se. Needs three points with an error for a standard error; with fewer the
    floor is not known and `exists` is False. Source: Var(mean) = sd² (rho + (1 - rho) / N).
    """
    rows = by_count.dropna(subset=["creators", "cv"])
    if len(rows) < 3:
        return Floor(math.nan, math.nan, math.inf, 0.0)
    cv, error = rows["cv"].to_numpy(dtype=float), rows["cv_se"].to_numpy(dtype=float)
    weight = 1 / np.maximum(2 * cv * error, 1e-9 * max(float(cv.max()) ** 2, 1e-12))
    x = np.column_stack([np.ones(len(rows)), 1 / rows["creators"].to_numpy(dtype=float)]) * weight[:, None]
    inverse = np.linalg.inv(x.T @ x)
    shared, own = inverse @ x.T @ (cv**2 * weight)
    # a bent curve misses the line by more than its error says: widen by the misfit
    misfit = float(np.mean((cv**2 * weight - x @ np.array([shared, own])) ** 2) * len(rows) / (len(rows) - 2))
    error_of_shared = math.sqrt(inverse[0, 0] * max(misfit, 1.0))
    return Floor(float(shared), float(own), error_of_shared, float(rows["creators"].max()))


def enough(line: Floor, *, cut: float = LITTLE) -> float:
    """Return the number of creators from which doubling narrows the spread by less than `cut` [1]."""
    remaining = (1 - cut) ** 2
    return max(1.0, line.own * (remaining - 0.5) / (line.shared * (1 - remaining)))


def spread_floor(by_count: pd.DataFrame) -> Finding:
    """Return from how many creators on more hardly narrow the outcome, and the floor where there is one."""
    rows = by_count.dropna(subset="cv").sort_values("creators")
    if rows.empty:
        return Finding.of("Without any orders there is no risk to spread")
    first, last = rows.iloc[0], rows.iloc[-1]
    fall = (
        f"With {counted(first['creators'], 'creator')} orders stray {percent(first['cv'])} from their "
        f"average, with {count(last['creators'])} still {percent(last['cv'])}."
    )
    line = floor(rows)
    if not line.seen:
        title = f"Up to {counted(last['creators'], 'creator')}, more always narrow the risk"
        return Finding(title, f"{title}. {fall}")
    stop, limit = count(_tens(enough(line))), percent(math.sqrt(line.shared))
    return Finding(
        f"Beyond about {stop} creators, risk hardly falls",
        f"Spread over about {stop} creators. {fall} It never falls below {limit}, because luck that all "
        f"share remains: any number of creators is only as safe as {significant(line.most_bets)} unrelated "
        "ones.",
    )


def _tens(number: float) -> float:
    """Return a number of creators as a person says it: whole, in tens from twenty on."""
    return math.ceil(number) if number < 20 else 10 * math.ceil(number / 10)


def enough_posts(by_count: pd.DataFrame, plans: pd.DataFrame) -> str:
    """Return whether the plan with the creators of the data has as many posts. plans: as `Study.plans`."""
    line, posts = floor(by_count), float(plans["posts_live"][ROSTER])
    if not line.seen:
        return ""
    about = f"The plan with the creators you have expects {significant(posts)} live posts"
    return f"{about}: {'enough' if posts >= enough(line) else 'more would make it safer'}."


def not_known(luck: float) -> Finding:
    """Return what part of the spread of profit no number of creators takes away, since it is not luck.

    luck: its share of the variance of profit [1], as `Run.information`'s shares have it.
    """
    title = f"{percent(1 - luck)} of the risk is what is not known"
    return Finding(title, f"{title}, not luck. No number of creators spreads that away; only results do.")


def niches(by_niches: pd.DataFrame) -> Finding:
    """Return whether spreading the same creators over more niches narrows the outcome (`risk.by_count`)."""
    rows = by_niches.dropna(subset="cv").sort_values("niches")
    if len(rows) < 2:
        return Finding.of("Only one number of niches was simulated")
    few, many = rows.iloc[0], rows.iloc[-1]
    gained = float(few["cv"] - many["cv"])
    before, after = (f"{percent(row['cv'])} with {counted(row['niches'], 'niche')}" for row in (few, many))
    between = f"the same creators' orders stray {before}, {after}"
    if abs(gained) <= SURE * math.hypot(few["cv_se"], many["cv_se"]):
        title = "More niches make no clear difference"
        return Finding(title, f"{title}: {between}.")
    more = "safer" if gained > 0 else "riskier"
    title = f"{capital(counted(many['niches'], 'niche'))} are {more} than {count(few['niches'])}"
    return Finding(title, f"{title}: {between}.")


def losses_by_creators(worlds: pd.DataFrame) -> Finding:
    """Return whether more creators lose money less often.

    worlds: world, creators, roi [1], as `simulate.spread`
    (ROI below 0 is a loss).
    """
    roi = worlds.pivot(index="world", columns="creators", values="roi")
    if roi.empty:
        return Finding.of("No number of creators was simulated")
    odds = {int(str(n)): float((roi[n] < 0).mean()) for n in roi}
    few, many = min(odds), max(odds)
    if few == many:
        return Finding.of(f"{_creators(few)} money in {of_100(odds[few])} simulated campaigns")
    fewer: Floats = (roi[few] < 0).to_numpy(dtype=float) - (roi[many] < 0).to_numpy(dtype=float)
    title, sentence = _compared(few, many, odds, risk.mean(fewer, batch=roi.index % risk.BATCHES))
    surer = "Most lose, and a narrower outcome makes that surer."
    return Finding(title, f"{sentence}. {surer}" if odds[many] > max(odds[few], 0.5) else f"{sentence}.")


def _compared(few: int, many: int, odds: dict[int, float], fall: Estimate) -> tuple[str, str]:
    """Return how often the fewest and the most creators lose, as a title and as a sentence."""
    before, after = of_100(odds[few]), of_100(odds[many])
    if _clear(fall) and fall.value > 0:
        title = f"{_creators(few)} money in {before}, {count(many)} in {after}"
        return title, f"{_creators(few)} money in {before} simulated campaigns, {count(many)} in {after}"
    change = "More creators lose more often" if _clear(fall) else "No clear fall in losses"
    title = f"{change}: {before} with {count(few)}, {after} with {count(many)}"
    return title, f"{title} creators"


def _creators(number: int) -> str:
    return "One creator loses" if number == 1 else f"{counted(number, 'creator')} lose"


def _clear(difference: Estimate) -> bool:
    """Return whether a difference is not 0, by two standard errors; nothing that is 0 is clear."""
    return difference.value != 0 and (clearly_above(difference, 0) or clearly_below(difference, 0))


def source_name(source: object) -> str:
    """Return a source of luck in words: campaign -> the season and the feed."""
    return SOURCES.get(str(source), str(source))


def variance_split(split: pd.DataFrame) -> Finding:
    """Return which kind of luck the spread of profit comes from, and whether more creators can remove it.

    split: source, share [1], se, as `risk.variance_split`. The error of sums and differences is the sum of
    the errors: shares sum to 1, so that they err against each other.
    """
    known = split.dropna(subset="share")
    if known.empty:
        return Finding.of("Profit is the same in every simulated campaign")
    kinds = [(kind, _share(known, sources), does) for kind, (sources, does) in KINDS.items()]
    ranked = sorted((each for each in kinds if each[1].value > 0), key=lambda each: -each[1].value)
    if not ranked:
        return Finding.of("No single kind of luck is told apart")
    (most, share, _), *others = ranked
    title = f"{percent(share.value)} of the risk is {most}"
    if others and share.value - others[0][1].value <= SURE * (share.se + others[0][1].se):
        title = "No kind of luck clearly carries most of the risk"
    rest = [f"{percent(own.value)} is {kind}{_parts(known, kind)}; {how}." for kind, own, how in ranked]
    return Finding(title, f"{title}. Of the variance of profit by luck alone: {' '.join(rest)}")


def _share(split: pd.DataFrame, sources: Sequence[str]) -> Estimate:
    rows = split[split["source"].isin(sources)]
    return Estimate(float(rows["share"].sum()), float(rows["se"].sum()))


def _parts(split: pd.DataFrame, kind: str) -> str:
    """Return the sources of a kind with their shares, where it has several, or the one where all share it."""
    rows = split[split["source"].isin(KINDS[kind][0]) & (split["share"] > 0)]
    if kind == ALL_SHARE:
        return f" ({source_name(rows['source'].iloc[0])})"
    shares = zip(rows["source"], rows["share"], strict=True)
    each = [f"{source_name(source)} {percent(share)}" for source, share in shares]
    return f" ({listed(each)})" if len(each) > 1 else ""


def shared_more(by_rho: pd.DataFrame, nano: str) -> Finding:
    """Return how often nano loses money if creators share no luck, and if they share the most of the sweep.

    by_rho: rho_campaign, arm, p_loss, as `risk.by_value`.
    """
    rows = by_rho[by_rho["arm"] == nano].sort_values("rho_campaign")
    if len(rows) < 2:
        return Finding.of("How much luck creators share is fixed by the brief")
    few, many = (of_100(float(rows["p_loss"].iloc[at])) for at in (0, -1))
    title = "How alike creators' luck is matters little"
    if abs(rows["p_loss"].iloc[-1] - rows["p_loss"].iloc[0]) > LITTLE:
        title = "The more luck creators share, the more often nano loses"
    share = percent(float(rows["rho_campaign"].iloc[-1]))
    return Finding(title, f"{title}. It loses in {few} without shared luck, in {many} if {share} is shared.")


def checked_rows(by_count: pd.DataFrame, *, n_worlds: int) -> pd.DataFrame:
    """Return how wide the outcome is for each number of creators of `risk.by_count`, named cv_orders_N."""
    rows = by_count[["creators", "cv", "cv_se"]].itertuples(index=False, name=None)
    return pd.DataFrame(
        [Metric.played("cv_orders_{number}", Estimate(cv, se), n_worlds, {"number": n}) for n, cv, se in rows]
    )


def spread_by_creators(by_count: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the relative spread against the number of creators, the independent 1/sqrt(N) line, and the floor.

    by_count: creators, cv (sd / mean of the outcome), cv_se. The floor is drawn only where `floor`
    sees one within the counts simulated; both lines come from the same fit.
    """
    rows = by_count[by_count["cv"] > 0].sort_values("creators")
    ax = style.axes(ax, 4.0)
    if rows.empty:
        return style.empty(ax, title, "no outcome that spreads was simulated")
    creators, cv, se = style.columns(rows, "creators", "cv", "cv_se")
    twice = 2 * np.nan_to_num(se)
    ax.errorbar(creators, cv, twice, color=style.NANO, linewidth=2.6, marker="o", markersize=6)
    alone = cv[0] * np.sqrt(creators[0] / creators)
    ax.plot(creators, alone, color=style.DARK, linewidth=1.6, linestyle=style.DASHED)
    ends = [
        style.EndLabel(creators[-1], cv[-1], "simulated", style.NANO),
        style.EndLabel(creators[-1], alone[-1], "if independent", style.DARK),
    ]
    ax.set(xscale="log", xlim=(creators[0] / 1.06, creators[-1] * 1.06))
    style.swept_ticks(ax.xaxis, creators.tolist())
    ax.grid(color=style.FAINT)
    line = floor(rows)
    lowest = min(float(alone.min()), float(cv.min()))
    if line.seen:
        level = math.sqrt(line.shared)
        style.rule(ax, level, f"floor {percent(level)}", vertical=False)
        lowest = min(lowest, level)
    ax.set(yscale="log", ylim=(lowest / 1.15, float(cv.max()) * 1.15))
    style.log_ticks(ax.yaxis, *ax.get_ylim())
    style.percents(ax.yaxis)
    numbers = style.table(rows.assign(alone=alone), "estimated", {
        "Creators": ("creators", count), "Spread (sd ÷ mean)": ("cv", percent),
        "standard error": ("cv_se", percent), "If independent": ("alone", percent),
    })  # fmt: skip
    return style.finished(
        ax, title, "Relative spread of the outcome against the number of creators, and of independent ones.",
        numbers,
        x="Creators who post (log scale)", y="Spread: sd ÷ mean (log scale)", ends=ends,
    )  # fmt: skip


def risk_by_niches(by_niches: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the range of ROI over worlds for each number of niches that the same creators come from."""
    rows = by_niches.sort_values("niches")
    ax = style.axes(ax, 3.6)
    if rows.empty:
        return style.empty(ax, title, "no number of niches was simulated")
    places = np.arange(len(rows), dtype=float)
    p10, p50, p90 = style.columns(rows, "p10", "p50", "p90")
    ax.vlines(places, p10, p90, color=style.NANO_FAINT, linewidth=16)
    ax.scatter(places, p50, 70, style.NANO, zorder=3)
    ax.axhline(0, color=style.DARK, linewidth=1.2, zorder=1.5)
    style.ticks_at(ax.xaxis, places.tolist(), [count(number) for number in rows["niches"]])
    ax.set(xlim=(-0.5, len(rows) - 0.6))
    style.percents(ax.yaxis)
    ax.grid(axis="y", color=style.FAINT)
    ends = style.band_ends(places[-1] + 0.4, p10[-1], p50[-1], p90[-1])
    numbers = style.table(rows, "estimated", {"Niches": ("niches", count)} | RETURNS)
    return style.finished(
        ax, title, "One bar per number of niches: the middle 80% of returns on investment, and the median.",
        numbers,
        x="Niches that the same number of creators come from", y="Return on investment", ends=ends, gap=30,
    )  # fmt: skip


def returns_by_creators(worlds: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the distribution of ROI over the worlds for each number of creators: full colour is a loss.

    Of more than six numbers of `simulation.spread` six are drawn, with both ends. The axis runs from the
    0.5 % to the 95 % quantile of the widest; what is outside the alt text says.
    """
    of = {int(str(n)): rows["roi"].to_numpy(dtype=float) for n, rows in worlds.groupby("creators")}
    drawn = {n: of[n] for n in _few(sorted(of))}
    ax = style.axes(ax, 1.3 + 0.72 * max(len(drawn), 2))
    if not drawn:
        return style.empty(ax, title, "no number of creators was simulated")
    span = max((_span(roi) for roi in drawn.values()), key=lambda ends: ends[1] - ends[0])
    for place, roi in enumerate(drawn.values()):
        words = f"median {percent(float(np.median(roi)))}, loses in {of_100(float((roi < 0).mean()))}"
        hill(ax, roi, -float(place), span, style.NANO, words)
    style.ticks_at(ax.yaxis, [0.3 - i for i in range(len(drawn))], [counted(n, "creator") for n in drawn])
    room = 0.04 * (span[1] - span[0] or 1.0)
    ax.set(xlim=(span[0] - room, span[1] + room), ylim=(-len(drawn) + 0.9, 0.95))
    ax.axvline(0, color=style.DARK, linewidth=1.2, zorder=3)
    style.percents(ax.xaxis)
    ax.locator_params(axis="x", nbins=6)
    ax.spines["left"].set_visible(False)
    numbers = style.quantiles(
        {counted(n, "creator"): roi for n, roi in drawn.items()}, "estimated",
        "Creators", "Return on investment", percent,
    )  # fmt: skip
    return style.finished(
        ax, title, "One hill per number of creators, the fewest on top: how often each return on investment "
        f"occurs over the worlds, full colour below 0, the median as a line. {_outside(drawn, span)}",
        numbers,
        x="Return on investment (full colour: a loss)",
    )  # fmt: skip


def _few(counts: Sequence[int]) -> list[int]:
    """Return at most `MOST_HILLS` of the counts, evenly through them, with both ends."""
    places = np.linspace(0, len(counts) - 1, min(len(counts), MOST_HILLS)).round()
    return [counts[int(at)] for at in places]


def _span(values: Floats) -> tuple[float, float]:
    """Return where the axis starts and ends: at two quantiles, or at 0 where they are on one side of it."""
    low, high = (float(np.quantile(values, at)) for at in SHOWN)
    return min(low, 0.0), max(high, 0.0)


def _outside(drawn: dict[int, Floats], span: tuple[float, float]) -> str:
    beyond = [
        f"{percent(share)} with {count(number)}"
        for number, roi in drawn.items()
        if (share := float(((roi < span[0]) | (roi > span[1])).mean())) > 0
    ]
    return f"Outside the axis lie {listed(beyond, most=MOST_HILLS)}." if beyond else "All are shown."


def variance_by_source(split: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw each source's share of the variance of profit, with two standard errors; accent: shared luck."""
    rows = split.dropna(subset="share").sort_values("share", ascending=False, kind="stable")
    ax = style.axes(ax, 1.4 + 0.42 * max(len(rows), 3))
    if rows.empty:
        return style.empty(ax, title, "profit is the same in every world")
    places = np.arange(len(rows), dtype=float)
    share, error = rows["share"].to_numpy(dtype=float), 2 * np.nan_to_num(rows["se"].to_numpy(dtype=float))
    ax.barh(places, share, height=0.62, color=[INKS.get(str(each), style.LIGHT) for each in rows["source"]])
    ax.hlines(places, share - error, share + error, color=style.MACRO, linewidth=1.8, zorder=3)
    for at, place, end in zip(share, places, share + error, strict=True):
        style.note(ax, percent(float(at)), (end, place), (6, 0), size=style.TEXT)
    style.ticks_at(ax.yaxis, places.tolist(), [capital(source_name(each)) for each in rows["source"]])
    ax.set(ylim=(len(rows) - 0.4, -0.6), xlim=(0, 1.15 * float((share + error).max())))
    style.by_row(ax)
    named = rows.assign(name=[capital(source_name(each)) for each in rows["source"]])
    numbers = style.table(named.assign(error=error), "estimated", {
        "Source of luck": ("name", str), "Share of the variance of profit": ("share", percent),
        "± two standard errors": ("error", percent),
    })  # fmt: skip
    return style.finished(
        ax, title, "One bar per source of luck: its share of the variance of profit, with two standard "
        "errors; in colour what creators share, all of them or those of a niche.", numbers,
        x="Share of the variance of profit (lines: ±2 standard errors)",
    )  # fmt: skip
