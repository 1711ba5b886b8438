"""All eggs in one basket or in many: one creator or a hundred, nano or macro in the same worlds, whose luck.

Every verdict is on a difference between paired worlds and needs two of its own standard errors.
"""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from nanospread.campaign import risk
from nanospread.campaign.risk import Estimate
from nanospread.core import errors
from nanospread.core.formatting import (
    SURE,
    UNKNOWN,
    Finding,
    arm_name,
    capital,
    clearly_above,
    clearly_below,
    count,
    counted,
    listed,
    money,
    percent,
    significant,  # fmt: skip
)
from nanospread.pages.findings.spread import enough, floor

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


def of_100(probability: float) -> str:
    """Return a probability [0-1] in hundredths of worlds: 0.271 -> 27 of 100, 0.001 -> under 1 of 100."""
    if math.isnan(probability):
        return UNKNOWN
    if probability < 0.005:
        return "under 1 of 100"
    return "over 99 of 100" if probability >= 0.995 else f"{math.floor(100 * probability + 0.5)} of 100"


def eggs(by_count: pd.DataFrame, worlds: pd.DataFrame) -> Finding:
    """Return whether more creators lose money less often, and from how many on it hardly helps any more.

    by_count: creators, cv, cv_se, as `risk.by_count`. worlds: world, creators, roi [1], as `simulate.spread`
    (ROI below 0 is a loss).
    """
    roi = worlds.pivot(index="world", columns="creators", values="roi")
    if roi.empty:
        return Finding("No number of creators was simulated", "No number of creators was simulated.")
    odds = {int(str(n)): float((roi[n] < 0).mean()) for n in roi}
    few, many = min(odds), max(odds)
    if few == many:
        title = f"{_creators(few)} money in {of_100(odds[few])} worlds"
        return Finding(title, f"{title}.")
    title, said = _compared(few, many, odds, _difference(roi[few] < 0, roi[many] < 0))
    return Finding(title, f"{said}. {_fewest(roi, odds)}{_narrowing(by_count)}")


def _compared(few: int, many: int, odds: dict[int, float], fall: Estimate) -> tuple[str, str]:
    """Return how often the fewest and the most creators lose, as a title and as a sentence."""
    before, after = of_100(odds[few]), of_100(odds[many])
    if _clear(fall) and fall.value > 0:
        title = f"{_creators(few)} money in {before} worlds, {counted(many, 'creator')} in {after}"
        return title, title
    said = "More creators lose more often" if _clear(fall) else "No clear fall in losses"
    alone, most = counted(few, "creator"), count(many)
    title = f"{said}: {before} with {alone}, {after} with {most}"
    return title, f"{said}: money is lost in {before} worlds with {alone}, in {after} with {most}"


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
        spans = f"{percent(first['cv'])} with {count(first['creators'])}, {percent(last['cv'])} with "
        spans += count(last["creators"])
        return (
            f"The outcome does not clearly narrow (spread {spans}): as far as this shows, all luck is shared."
        )
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
        return Finding("No world was simulated", "No world was simulated.")
    middle, bad = (risk.quantile(gain, q, batch=_batch(gain)) for q in (0.5, 0.1))
    name, size = arm_name(nano), money(abs(middle.value), currency)
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
    return SOURCES.get(str(source), str(source).replace("_", " "))


def variance(split: pd.DataFrame) -> Finding:
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
        return Finding("No single kind of luck is told apart", "No single kind of luck is told apart.")
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
    each = [
        f"{source_name(source)} {percent(share)}"
        for source, share in zip(rows["source"], rows["share"], strict=True)
    ]
    return f" ({listed(each)})" if len(each) > 1 else ""
