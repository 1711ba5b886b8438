"""Who can answer and who does, flags beside those of luck, and what a flag is worth.

No sentence says that somebody bought anything: the numbers cannot.
"""

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from nanospread.core.formatting import Finding, count, counted, listed, percent, shortened, significant
from nanospread.creators.authenticity import CATALOGUE, LEAST_PEERS, LIMIT, MATERIAL, AssumedValue, flagged
from nanospread.pages.show import Metric

SOME = 0.05  # flags to expect, under which they are hardly any
RARE = 0.05  # luck brings so many flags in any component more seldom than this (Bonferroni)


def _row(summary: pd.DataFrame, component: str, tier: str) -> dict[str, Any] | None:
    of = summary[(summary["component"] == component) & (summary["tier"].astype(str) == tier)]
    return {str(name): value for name, value in of.iloc[0].items()} if len(of) else None


def answerable(
    shares: pd.DataFrame, capacity: AssumedValue, *, tier: str = "nano", versus: str = "macro"
) -> Finding:
    """Return of how many creators one person can answer the comments (`authenticity.answerable`), by tier."""
    of = {str(row["tier"]): row for row in shares.to_dict("records")}
    if tier not in of:
        return Finding.of(f"No {tier} post with a known number of comments")
    row, other = of[tier], of.get(versus)
    assumed = f"{significant(capacity.low)} to {significant(capacity.high)} comments a post"
    title = f"{percent(row['share'])} of {tier} creators could answer every comment"
    more = f", against {percent(other['share'])} of {versus} creators" if other else ""
    spread = f"{percent(row['low'])} to {percent(row['high'])}"
    return Finding(
        shortened(title + more),
        f"{title}{more}. This assumes that one person manages {significant(capacity.central)} comments a "
        f"post. With {assumed} it is {spread}.",
    )


def talk(summary: pd.DataFrame, *, tier: str = "nano", versus: str = "macro") -> Finding:
    """Return which part of the engagements are comments, and whether it differs from another tier's."""
    row, other = (_row(summary, "comment_share", name) for name in (tier, versus))
    if row is None:
        return Finding.of(f"No {tier} post with known likes and comments")
    title = f"{percent(row['median'])} of typical {tier} engagements are comments"
    text = f"{title}{_interval(row)}"
    if other is None or math.isnan(other["median_low"]) or math.isnan(row["median_low"]):
        return Finding(title, f"{text}.")
    middle = f"{versus}'s {percent(other['median'])}"
    if row["median_low"] > other["median_high"]:
        beside = f"more than {middle}"
    elif row["median_high"] < other["median_low"]:
        beside = f"less than {middle}"
    else:
        return Finding(
            shortened(f"{title}, about as for {versus}"),
            f"{text}. That is not clearly different from {middle}{_interval(other)}.",
        )
    return Finding(shortened(f"{title}, {beside}"), f"{text}. That is {beside}{_interval(other)}.")


def _interval(row: Mapping[str, Any]) -> str:
    if math.isnan(row["median_low"]):
        return f" ({counted(row['creators'], 'creator')}, too few for an interval)"
    return f" (95% interval {percent(row['median_low'])} to {percent(row['median_high'])})"


def answered(summary: pd.DataFrame, *, tier: str = "nano") -> Finding:
    """Return which part of their comments the tier's creators answer, as far as the export tells."""
    row = _row(summary, "reply_rate", tier)
    if row is None:
        none = f"How many comments {tier} creators answer is not in the export"
        return Finding(none, f"{none}, which has neither their replies nor the comments' texts.")
    title = f"A typical {tier} creator answers {percent(row['median'])} of comments"
    varies = f"It varies from {percent(row['p5'])} to {percent(row['p95'])}."
    return Finding(title, f"{title}{_interval(row)}. {varies}")


def disclosed(summary: pd.DataFrame, *, tier: str = "nano") -> Finding:
    """Return which part of the posts with signs of advertising the tier's creators label."""
    row = _row(summary, "disclosure", tier)
    if row is None:
        none = f"Whether {tier} creators label advertising is not in the export"
        return Finding(none, f"{none}, which has no captions with a sign of it.")
    title = f"A typical {tier} creator labels {percent(row['median'])} of posts that look like advertising"
    words = "The words gifted or partner alone do not count as a label."
    return Finding(shortened(title), f"{title}{_interval(row)}. {words}")


def not_exported(components: pd.DataFrame) -> Finding:
    """Return which of `authenticity.components` the export cannot tell, and what it would need."""
    known = components.groupby("component", sort=False)["n"].max()
    absent = [name for name in CATALOGUE if known.get(name, 0) == 0]
    if not absent:
        return Finding.of("The export contains everything these checks need")
    title = f"The export lacks {listed([CATALOGUE[name].called for name in absent], len(absent))}"
    needs = listed(list(dict.fromkeys(CATALOGUE[name].needs for name in absent)), len(absent))
    return Finding(shortened(title), f"{title}. These stay open, and need {needs}.")


def flag_rule() -> Finding:
    """Return when a creator is flagged: one rule for every component."""
    title = "A creator is flagged when a value is clearly outside what similar creators show"
    return Finding(
        title,
        f"{title}. The whole range of the value must lie more than {significant(LIMIT)} robust standard "
        f"deviations beyond the middle of similar creators, on the side that looks odd. It must also be "
        f"{percent(MATERIAL)} of the scale away. Similar creators have the same size and niche, or the same "
        f"size where these are under {LEAST_PEERS}. With fewer still, nobody is flagged.",
    )


def _expected(number: float) -> str:
    return f"about {significant(number)}" if number >= SOME else "hardly any"


def flags(components: pd.DataFrame) -> Finding:
    """Return how many creators are flagged, how many luck alone would flag, and for what."""
    number, expected, tested = flagged(components)
    if tested == 0:
        none = "Too few creators alike to flag anybody"
        return Finding(none, f"{none}, since a flag needs similar creators and enough posts.")
    many, are = count(number) if number else "None", "is" if number == 1 else "are"
    title = f"{many} of {counted(tested, 'creator')} {are} flagged"
    by_luck = f"chance {'alone would flag ' if expected >= SOME else ''}{_expected(expected)}"
    comparisons = counted(int(components["tested"].sum()), "comparison")
    return Finding(
        shortened(f"{title}, {by_luck}"),
        f"{title}. With {comparisons} made, {by_luck}. Nobody is left out of any number for being flagged.",
    )


def flags_beyond_luck(rows: pd.DataFrame) -> Finding:
    """Return which components of `authenticity.by_chance` have more flags than luck would bring."""
    if rows.empty:
        return Finding.of("Too few creators alike to flag anybody")
    beyond = rows[(rows["p"] < RARE / len(rows)) & (rows["flagged"] > 0)]
    if beyond.empty:
        title = "No check flags more creators than chance would"
        return Finding(title, f"{title}, so none of the flags need mean anything.")
    names = [CATALOGUE[str(name)].called for name in beyond["component"]]
    parts = [
        f"{name} {count(row['flagged'])}, by chance {_expected(row['expected'])}"
        for name, row in zip(names, beyond.to_dict("records"), strict=True)
    ]
    title = f"Chance alone does not explain the flags for {listed(names)}"
    return Finding(shortened(title), f"{title} ({listed(parts)}). The others may all be chance.")


def flag_worth(rates: pd.DataFrame, *, tier: str = "nano") -> Finding:
    """Return what a flag says about an account, from the assumed `authenticity.what_a_flag_tells`."""
    of = {row["case"]: row for row in rates[rates["tier"] == tier].to_dict("records")}
    low, central, high = (float(of[case]["bought_if_flagged"]) for case in ("worst", "central", "best"))
    missed = float(of["central"]["bought_if_not"])
    base = f"{percent(of['worst']['base_rate'])} to {percent(of['best']['base_rate'])}"
    title = "A flag is a question, not proof"
    return Finding(
        shortened(title),
        f"{title}. Published estimates of {tier} accounts with bought numbers range from {base}. Under them, "
        f"{percent(low)} to {percent(high)} of flagged creators would have bought some ({percent(central)} "
        f"in the usual case), and {percent(missed)} of the others. None of this is measured, since no "
        "account here is known to be fake or real.",
    )


def checked_rows(
    by_tier: pd.DataFrame, answerable: pd.DataFrame, flagged: tuple[int, float, int], *, tier: str = "nano"
) -> pd.DataFrame:
    """Return comment shares, answerable audiences, reply rate, and `authenticity.flagged` beside luck's."""
    medians = by_tier[
        (by_tier["component"] == "comment_share")
        | ((by_tier["component"] == "reply_rate") & (by_tier["tier"].astype(str) == tier))
    ]
    known = answerable[answerable["tier"].astype(str) == tier]
    number, expected, tested = flagged
    return pd.DataFrame(
        [
            *map(_median, medians.to_dict("records")),
            *map(_answerable, known.to_dict("records")),
            Metric.of("creators_flagged", number, "measured", n=tested),
            Metric.of("creators_flagged_by_chance", expected, "estimated", n=tested),
        ]
    )


def _median(row: Mapping[Hashable, Any]) -> Metric:
    name, ends = f"{row['component']}_median_{{tier}}", (row["median_low"], row["median_high"])
    return Metric.of(name, row["median"], "measured", *ends, n=row["creators"], words={"tier": row["tier"]})


def _answerable(row: Mapping[Hashable, Any]) -> Metric:
    """Return a tier's share of creators whom one person's answers suffice, which rests on an assumption."""
    ends = row["low"], row["high"]
    words = {"tier": row["tier"]}
    return Metric.of("answerable_{tier}", row["share"], "assumed", *ends, n=row["creators"], words=words)
