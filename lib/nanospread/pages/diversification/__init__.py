"""One creator or a hundred, one niche or many: how outcomes narrow, where that stops, and whose luck it is.

A verdict on a difference between paired worlds needs two of its own standard errors.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from nanospread.campaign import risk
from nanospread.campaign.risk import Estimate
from nanospread.core import errors
from nanospread.core.estimates import SURE, clearly_above, clearly_below
from nanospread.core.formatting import (
    Finding,
    capital,
    count,
    counted,
    listed,
    money,
    of_100,
    percent,
    significant,
)
from nanospread.pages.labels import label
from nanospread.pages.show import Metric

LITTLE = 0.05  # a doubling that narrows the spread by less than this is not worth its labour [1]
RIVAL = "macro"
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


def spread_floor(by_count: pd.DataFrame, *, cut: float = LITTLE, what: str = "orders") -> Finding:
    """Return how the relative spread narrows with the number of creators, and its floor where there is one.

    cut: the narrowing under which doubling the number is not worth it [1]. what: the outcome that spreads.
    """
    rows = by_count.dropna(subset="cv").sort_values("creators")
    if rows.empty:
        return Finding(f"No {what} in any world", f"No {what} in any world, so there is no spread to narrow.")
    first, last = rows.iloc[0], rows.iloc[-1]
    wide, narrow = percent(first["cv"]), percent(last["cv"])
    fall = (
        f"With {counted(first['creators'], 'creator')} {what} vary by {wide} of their mean between worlds, "
        f"with {count(last['creators'])} by {narrow}"
    )
    line = floor(rows)
    if not line.seen:
        return Finding(
            f"More creators keep narrowing the risk: {wide} spread with {count(first['creators'])}, "
            f"{narrow} with {count(last['creators'])}",
            f"{fall}. No floor shows up to {counted(last['creators'], 'creator')}.",
        )
    stop, limit = math.ceil(enough(line, cut=cut)), percent(math.sqrt(line.shared))
    return Finding(
        f"Risk stops falling at a spread of about {limit}: beyond {count(stop)} creators little is gained",
        f"{fall}. It does not fall below about {limit}: luck that all creators share is not spread away, so "
        f"any number of them is worth at most {significant(line.most_bets)} independent ones. From about "
        f"{counted(stop, 'creator')} on, doubling the number narrows the spread by less than {percent(cut)}.",
    )


def not_known(luck: pd.DataFrame, everything: pd.DataFrame) -> Finding:
    """Return how far orders still vary with the most creators, by luck alone and with what is not known.

    luck, everything: as `risk.by_count`, of worlds that draw luck alone, and beliefs too.
    """
    creators = int(everything["creators"].max())
    alone, both = (float(rows.set_index("creators")["cv"][creators]) for rows in (luck, everything))
    if not both > alone:
        return Finding.of("What is not known adds nothing to the spread that creators share")
    title = f"What is not known cannot be spread away: {percent(both)} of the mean remain"
    return Finding(
        title,
        f"With {counted(creators, 'creator')} orders vary by {percent(alone)} of their mean by luck alone, "
        f"by {percent(both)} with what is not known: only results take that away, no number of creators.",
    )


def return_range(by_count: pd.DataFrame) -> Finding:
    """Return between which ROI 8 of 10 worlds lie, with the fewest and the most creators."""
    rows = by_count.sort_values("creators")
    if rows.empty:
        return Finding.of("No number of creators was simulated")
    few, many = (
        f"{percent(row['p10'])} to {percent(row['p90'])} with {counted(row['creators'], 'creator')}"
        for row in (rows.iloc[0], rows.iloc[-1])
    )
    spans = few if len(rows) == 1 else f"{few}, {many}"
    text = f"In 8 of 10 worlds the return on investment is {spans}."
    return Finding(f"8 in 10 worlds return {spans}", text)


def niches(by_niches: pd.DataFrame, *, what: str = "orders") -> Finding:
    """Return whether spreading the same creators over more niches narrows the outcome (`risk.by_count`)."""
    rows = by_niches.dropna(subset="cv").sort_values("niches")
    if len(rows) < 2:
        return Finding.of("Only one number of niches was simulated")
    few, many = rows.iloc[0], rows.iloc[-1]
    gained = float(few["cv"] - many["cv"])
    before, after = (f"{percent(row['cv'])} with {counted(row['niches'], 'niche')}" for row in (few, many))
    between = f"{before}, {after}"
    if abs(gained) <= SURE * math.hypot(few["cv_se"], many["cv_se"]):
        return Finding(
            f"More niches make no clear difference: spread {between}",
            f"Spreading over more niches makes no clear difference: {what} vary by {between}.",
        )
    verb, effect = ("narrow", "safer") if gained > 0 else ("widen", "riskier")
    return Finding(
        f"More niches {verb} the risk: spread {between}",
        f"More niches make the same number of creators {effect}: {what} vary by {between}.",
    )


def losses_by_creators(by_count: pd.DataFrame, worlds: pd.DataFrame) -> Finding:
    """Return whether more creators lose money less often, and from how many on it hardly helps any more.

    by_count: creators, cv, cv_se, as `risk.by_count`. worlds: world, creators, roi [1], as `simulate.spread`
    (ROI below 0 is a loss).
    """
    roi = worlds.pivot(index="world", columns="creators", values="roi")
    if roi.empty:
        return Finding.of("No number of creators was simulated")
    odds = {int(str(n)): float((roi[n] < 0).mean()) for n in roi}
    few, many = min(odds), max(odds)
    if few == many:
        return Finding.of(f"{_creators(few)} money in {of_100(odds[few])} worlds")
    title, sentence = _compared(few, many, odds, _difference(roi[few] < 0, roi[many] < 0))
    return Finding(title, f"{sentence}. {_fewest(roi, odds)}{_narrowing(by_count)}")


def _compared(few: int, many: int, odds: dict[int, float], fall: Estimate) -> tuple[str, str]:
    """Return how often the fewest and the most creators lose, as a title and as a sentence."""
    before, after = of_100(odds[few]), of_100(odds[many])
    if _clear(fall) and fall.value > 0:
        title = f"{_creators(few)} money in {before} worlds, {counted(many, 'creator')} in {after}"
        return title, title
    change = "More creators lose more often" if _clear(fall) else "No clear fall in losses"
    alone, most = counted(few, "creator"), count(many)
    title = f"{change}: {before} with {alone}, {after} with {most}"
    return title, f"{change}: money is lost in {before} worlds with {alone}, in {after} with {most}"


def _creators(number: int) -> str:
    return "One creator loses" if number == 1 else f"{counted(number, 'creator')} lose"


def _difference(one: "pd.Series[Any]", other: "pd.Series[Any]") -> Estimate:
    """Return the mean of one minus the other over the same worlds."""
    away = one.to_numpy(dtype=float) - other.to_numpy(dtype=float)
    return risk.mean(away, batch=_batch(one))


def _batch(by_world: "pd.Series[Any]") -> "pd.Index[Any]":
    return by_world.index % risk.BATCHES


def _clear(difference: Estimate) -> bool:
    """Return whether a difference is not 0, by two standard errors; nothing that is 0 is clear."""
    return difference.value != 0 and (clearly_above(difference, 0) or clearly_below(difference, 0))


def _fewest(roi: pd.DataFrame, odds: dict[int, float]) -> str:
    """Return where losses are fewest if that is between the ends, and what a larger number has against it."""
    best, many = min(odds, key=lambda n: odds[n]), max(odds)
    rise = _difference(roi[many] < 0, roi[best] < 0)
    if not _clear(rise):
        return ""
    before, after = (risk.quantile(roi[n], 0.5, batch=_batch(roi[n])) for n in (best, many))
    falls = before.value - after.value > SURE * math.hypot(before.se, after.se)
    why = f": beyond, the return itself falls, from {percent(before.value)} in the middle world to "
    why += f"{percent(after.value)} with {count(many)}"
    surer = ": most worlds lose, and a narrower outcome makes that surer" if odds[many] > 0.5 else ""
    with_best = f"{counted(best, 'creator')} ({of_100(odds[best])})"
    return f"Losses are fewest with about {with_best}{why if falls else surer}. "


def _narrowing(by_count: pd.DataFrame) -> str:
    """Return from how many creators on one more hardly narrows the outcome, and why."""
    rows = by_count.dropna(subset=["cv", "cv_se"]).sort_values("creators")
    if len(rows) < 2:
        return "Where spreading stops to help is unknown."
    first, last = rows.iloc[0], rows.iloc[-1]
    if first["cv"] - last["cv"] <= SURE * math.hypot(first["cv_se"], last["cv_se"]):
        before, after = (f"{percent(row['cv'])} with {count(row['creators'])}" for row in (first, last))
        spread = f"spread {before}, {after}"
        return f"The outcome does not clearly narrow ({spread}): as far as this shows, all luck is shared."
    line = floor(rows)
    if not line.seen:
        return f"Up to {counted(last['creators'], 'creator')} no end shows: more still narrow the outcome."
    stop = significant(math.ceil(enough(line)))
    return f"More than about {stop} hardly narrow the outcome, since {ALL_SHARE} stays."


def gain_by_world(worlds: pd.DataFrame, nano: str) -> "pd.Series[float]":
    """Return nano's profit minus the macro's in each world [currency], by world.

    worlds: world, arm, profit, as `simulate.Outcomes.worlds`. Empty without worlds; worlds of only one of the
    two are left out.

    Raises: InputError for an arm that worlds lacks.
    """
    arms = worlds["arm"].astype(str)
    for arm in (nano, RIVAL):
        if len(worlds) and arm not in set(arms):
            raise errors.unknown("arm", arm, dict.fromkeys(arms))
    profit = {arm: worlds.loc[arms == arm].set_index("world")["profit"] for arm in (nano, RIVAL)}
    return (profit[nano] - profit[RIVAL]).dropna().astype(float).rename("gain")


def paired(worlds: pd.DataFrame, currency: str, *, nano: str = "nano_gift") -> Finding:
    """Return by how much nano is ahead of the macro in the middle world, and behind in the worst 1 of 10.

    worlds: world, arm, profit, as `simulate.Outcomes.worlds`: both arms in the same worlds. nano: its arm.

    Raises: as `gain_by_world`.
    """
    gain = gain_by_world(worlds, nano)
    if gain.empty:
        return Finding.of("No world was simulated")
    middle, bad = (risk.quantile(gain, q, batch=_batch(gain)) for q in (0.5, 0.1))
    name, size = label(nano), money(abs(middle.value), currency)
    ahead = risk.p_beats(gain, 0 * gain, batch=_batch(gain)).value
    both = f"{capital(name)} is ahead of the macro in {of_100(ahead)} of the same worlds."
    worst = _worst(bad, currency)
    if not _clear(middle):
        either = f"{money(middle.value, currency)} ± {count(SURE * middle.se)}"
        title = f"Too close to call in the middle world: {name} minus macro {either}"
        return Finding(title, f"{title}. {both} {worst}")
    title = f"In the middle world {name} earns {size} {'more' if middle.value > 0 else 'less'} than the macro"
    return Finding(title, f"{title}. {both} {worst}")


def _worst(bad: Estimate, currency: str) -> str:
    """Return what the 10 % quantile of the gain says."""
    size = money(abs(bad.value), currency)
    if not _clear(bad):
        return "In the 1 of 10 worlds that are worst for it, it is level with the macro or behind it."
    if bad.value > 0:
        return f"In 9 of 10 worlds it is ahead by {size} or more."
    return f"In the 1 of 10 worlds that are worst for it, it is behind by {size} or more."


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
        return Finding("Profit is the same in every world", "Profit is the same in every world: no luck.")
    kinds = [(kind, _share(known, sources), does) for kind, (sources, does) in KINDS.items()]
    ranked = sorted((each for each in kinds if each[1].value > 0), key=lambda each: -each[1].value)
    if not ranked:
        return Finding.of("No single kind of luck is told apart")
    (most, share, does), *others = ranked
    title = f"{percent(share.value)} of the spread is {most}: {does}"
    if others and share.value - others[0][1].value <= SURE * (share.se + others[0][1].se):
        title = f"Too close to call: {_of(most, share)} or {_of(*others[0][:2])}"
    rest = [f"{percent(own.value)} is {kind}{_parts(known, kind)}: {how}" for kind, own, how in ranked]
    return Finding(title, f"Of the variance of profit {'; '.join(rest)}.")


def _of(kind: str, share: Estimate) -> str:
    return f"{kind} ({percent(share.value)})"


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


def checked_rows(by_count: pd.DataFrame, *, n_worlds: int) -> pd.DataFrame:
    """Return how wide the outcome is for each number of creators of `risk.by_count`, named cv_orders_N."""
    rows = by_count[["creators", "cv", "cv_se"]].itertuples(index=False, name=None)
    return pd.DataFrame(
        [Metric.played("cv_orders_{number}", Estimate(cv, se), n_worlds, {"number": n}) for n, cv, se in rows]
    )
